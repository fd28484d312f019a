"""What a provider's pages read: its releases, its own invitations and offers. Never the referral, never a rival.

Whether a referral waits for an answer is computed from the closing time and the provider's own rows, so that no page
depends on a task having run, and nothing on it moves when another provider acts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.pages.long_lists import count_up_to
from brokerage.core.vocabulary import Need, Sex
from dpv.eligibility import problem_text, problems_of
from dpv.models import Ceiling
from dpv.queries.ceilings import ceilings_in_force
from placements.models import Clarification, Decline, Invitation, Offer, Release
from placements.queries.offer_terms import age_in, needs_in, siblings_in
from placements.states import INVITATION, OFFER, OFFER_LIVE

Text = str | Promise
#: Releases with their `tab`, which type checkers cannot follow through functions.
Releases = QuerySet[Any]

TABS: dict[str, Text] = {
    "awaiting": _("Awaiting your answer"),
    "answered": _("Answered"),
    "deciding": _("Being decided"),
    "closed": _("Closed"),
}
_RUNNING, _OVER = (Release.State.OPEN, Release.State.WAITING), (Release.State.WON, Release.State.CLOSED)
#: An offer in one of these is an answer; one that needs confirming again is not.
_ANSWERING = ("submitted", "accepted")


def releases_by_tab(now: dt.datetime, *, is_row_by_row: bool = False) -> Releases:
    """The acting provider's releases, each annotated with the `tab` it belongs to at `now`.

    `is_row_by_row` is for a list that reads few of many: PostgreSQL else answers the question of all at once.
    """
    offers = Offer.objects.filter(invitation_id=OuterRef("pk"), status__in=_ANSWERING)
    unanswered = (
        Invitation.objects.filter(release_id=OuterRef("pk"), status__in=("open", "offered"))
        .annotate(is_offered=Exists(offers))
        .filter(is_offered=False)
    )
    awaits = IsNull(Subquery(unanswered.values("pk")[:1]), False) if is_row_by_row else Exists(unanswered)
    releases: Releases = Release.objects.annotate(
        tab=Case(
            When(state__in=_OVER, then=Value("closed")),
            When(Q(state=Release.State.WAITING) | Q(closes_at__lte=now), then=Value("deciding")),
            When(awaits, then=Value("awaiting")),
            default=Value("answered"),
            output_field=CharField(),
        )
    )
    return releases


def filtered(releases: Releases, filters: Mapping[str, Any]) -> Releases:
    """Narrowed by `category`, `urgency` and `establishment` (one of the provider's own), each optional."""
    for name in ("category", "urgency"):
        if filters.get(name):
            releases = releases.filter(**{name: filters[name]})
    if filters.get("establishment"):
        invited = Invitation.objects.filter(release_id=OuterRef("pk"), establishment_id=filters["establishment"])
        releases = releases.filter(Exists(invited))
    return releases


def tab_counts(releases: Releases) -> dict[str, int]:
    """How many releases each tab holds; of the closed, which are kept for years, as far as `count_up_to` counts."""
    counted = dict(releases.filter(state__in=_RUNNING).order_by().values_list("tab").annotate(Count("pk")))
    counted["closed"] = count_up_to(releases.filter(state__in=_OVER))
    return {tab: counted.get(tab, 0) for tab in TABS}


def listed(releases: Releases, tab: str) -> Releases:
    """One tab's releases with their invitations and offers: least time left first, closed ones latest first."""
    order = ("-closed_at", "-updated_at", "pk") if tab == "closed" else ("closes_at", "pk")
    return (
        # The state first: an index finds what runs among years of what is over.
        releases.filter(tab=tab, state__in=_OVER if tab == "closed" else _RUNNING)
        .order_by(*order)
        .prefetch_related(*_asked(Invitation.objects.all()))
    )


@dataclass(frozen=True)
class Answer:
    """How one of the provider's own establishments stands towards a referral."""

    invitation: Invitation
    offer: Offer | None
    state: str
    label: Text

    @property
    def establishment(self) -> str:
        return self.invitation.establishment.name


def answer_of(invitation: Invitation) -> Answer:
    """From the invitation and its offers (prefetched): a sealed offer leaves the invitation open, so both are asked."""
    offers = list(invitation.offers.all())
    live = next((offer for offer in offers if offer.status in OFFER_LIVE), None)
    last = live or next((offer for offer in offers if offer.status != "withdrawn"), None)
    if last is not None and (invitation.status != "declined" or last.status != "draft"):
        return Answer(invitation, last, last.status, OFFER.label(last.status))
    return Answer(invitation, last, invitation.status, INVITATION.label(invitation.status))


def summary_of(release: Release) -> str:
    """A referral in a line: age, sex, area and the first needs, all of them redacted facts."""
    content = release.content
    parts: list[str] = []
    if age_in(release) is not None:
        parts.append(str(_("Aged %(age)s") % {"age": content["age"]}))
    if content.get("sex") in Sex.values:
        parts.append(str(Sex(content["sex"]).label).lower())
    if content.get("outward"):
        parts.append(str(_("near %(outward)s") % {"outward": content["outward"]}))
    needs = [str(Need(need).label) for need in needs_in(release)]
    if needs:
        parts.append("; ".join(needs[:3]) + (" …" if len(needs) > 3 else ""))
    return ", ".join(parts)


@dataclass(frozen=True)
class OwnPlace:
    """One invited establishment on the opportunity page."""

    answer: Answer
    ceiling: Ceiling | None
    problem: Text
    households: tuple[Any, ...]
    decline: Decline | None
    problem_code: str = ""


@dataclass(frozen=True)
class Opportunity:
    """Everything the page of one referral shows to one provider."""

    release: Release
    is_open: bool
    is_readable: bool
    places: tuple[OwnPlace, ...]
    facts: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    answered: list[dict[str, Any]]
    waiting: list[Clarification]


def opportunity_of(reference: str, now: dt.datetime) -> Opportunity:
    """The acting provider's view of a referral. Raises Release.DoesNotExist for what it was never invited to."""
    release = listed_one(reference)
    is_readable = release.state != Release.State.CLOSED
    invitations = invitations_of(release)
    today = timezone.localdate(now)
    admissions = [invitation.admission_id for invitation in invitations]
    age = age_in(release)
    ceilings = ceilings_in_force(admissions, age, today) if is_readable else {}
    problems = problems_of(admissions, today, age=age) if is_readable else {}
    declines = {
        decline.invitation_id: decline
        for decline in Decline.objects.filter(invitation__in=invitations, withdrawn_at__isnull=True)
    }
    waiting = Clarification.objects.filter(release=release, answered_at__isnull=True) if is_readable else []
    return Opportunity(
        release=release,
        is_open=release.is_open_for_offers(now),
        is_readable=is_readable,
        places=tuple(_place(invitation, ceilings, problems, declines) for invitation in invitations),
        facts=_facts(release) if is_readable else [],
        documents=documents_of(release),
        answered=[
            {**item, "answered_at": parse_datetime(item.get("answered_at") or "")} for item in release.clarifications
        ],
        waiting=list(waiting),
    )


def listed_one(reference: str) -> Release:
    """A release by the reference people read out, with its invitations, households and offers."""
    return Release.objects.prefetch_related(
        *_asked(Invitation.objects.select_related("lot", "vehicle")), "invitations__households__household"
    ).get(reference=reference)


def _asked(invitations: QuerySet[Invitation]) -> tuple[Prefetch[Any] | str, ...]:
    """The invitations of releases with their homes and offers. The homes by themselves: joined, PostgreSQL reads all
    that each of them was ever invited to."""
    return (
        Prefetch("invitations", invitations.order_by("pk")),
        "invitations__establishment",
        Prefetch("invitations__offers", Offer.objects.order_by("-created_at")),
    )


def invitations_of(release: Release) -> list[Invitation]:
    """A listed release's invitations, by the names of their homes."""
    return sorted(release.invitations.all(), key=lambda invitation: invitation.establishment.name)


def documents_of(release: Release) -> list[dict[str, Any]]:
    """The documents that the release lists and its stage opens."""
    if release.state == Release.State.CLOSED:
        return []
    return [paper for paper in release.documents if paper.get("stage", 2) <= release.stage]


def _place(
    invitation: Invitation,
    ceilings: Mapping[UUID, Ceiling],
    problems: Mapping[UUID, list[str]],
    declines: Mapping[UUID, Decline],
) -> OwnPlace:
    codes = problems.get(invitation.admission_id, [])
    return OwnPlace(
        answer=answer_of(invitation),
        ceiling=ceilings.get(invitation.admission_id),
        problem=problem_text(codes[0]) if codes else "",
        households=tuple(invitation.households.all()),
        decline=declines.get(invitation.pk),
        problem_code=codes[0] if codes else "",
    )


def _facts(release: Release) -> list[dict[str, Any]]:
    content = release.content
    months, weeks = content.get("planned_months"), content.get("expected_weeks")
    miles = content.get("max_miles")
    siblings = siblings_in(release)
    area = content.get("outward") or ""
    needed_on = dt.date.fromisoformat(content["needed_on"]) if content.get("needed_on") else None
    rows: list[tuple[Text, Any]] = [
        (_("Kind of home"), release.get_category_display()),
        (_("Age"), content.get("age")),
        (_("Sex"), Sex(content["sex"]).label if content.get("sex") in Sex.values else ""),
        (_("Needs and risks"), "\n".join(str(Need(need).label) for need in needs_in(release))),
        (
            _("Area"),
            _("%(area)s, up to %(miles)s miles away") % {"area": area, "miles": miles} if area and miles else area,
        ),
        (_("Needed"), release.get_urgency_display()),
        (_("Needed on"), date_format(needed_on, "j F Y") if needed_on else ""),
        (_("Expected stay"), _("%(count)s weeks") % {"count": weeks} if weeks else ""),
        (_("Planned length"), _("%(count)s months") % {"count": months} if months else ""),
        (_("Brothers and sisters"), _("%(count)s children together") % {"count": siblings} if siblings > 1 else ""),
        (_("Lives alone"), _("Must be the only person placed") if content.get("needs_solo") else ""),
        (_("Single-sex home"), _("Needed") if content.get("single_sex_home") else ""),
    ]
    return [{"key": key, "value": value} for key, value in rows if value or value == 0]
