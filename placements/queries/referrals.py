"""What pages read of referrals: who sees which, the list, the buttons by status, the timeline."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import require_context
from brokerage.core.tenants.kept_plans import KeptPlan
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import Role
from brokerage.core.tenants.rowsecurity import AUTHORITY
from brokerage.core.web import address
from placements.completeness import missing
from placements.models import Referral, ReferralDocument
from placements.questions import section

EVENTS_AT_MOST = 60

#: What each recorded act is called in a timeline.
EVENTS: dict[str, Any] = {
    "referral.created": _("Draft started"),
    "referral.copied": _("Draft copied from an earlier referral"),
    "referral.section_saved": _("Section saved"),
    "referral.sections_saved": _("Several sections saved"),
    "referral.siblings_linked": _("Linked with brothers and sisters"),
    "referral.disclosures_confirmed": _("Disclosure check: finds confirmed as harmless"),
    "referral.published": _("Published to providers"),
    "referral.extended": _("Closing time extended"),
    "referral.closing_passed": _("Closing time passed"),
    "referral.widened": _("Search widened"),
    "referral.invited": _("More providers invited"),
    "referral.amended": _("Amended and sent to providers again"),
    "referral.not_placed": _("Ended without a placement"),
    "referral.withdrawn": _("Withdrawn"),
    "release.full_papers_opened": _("Full papers opened to a shortlisted provider"),
    "document.added": _("Document added"),
    "document.removed": _("Document removed"),
    "document.read": _("Document read"),
    "clarification.answered": _("Question answered"),
    "award.made": _("Offer chosen"),
    "award.approval_asked": _("Approval asked for"),
    "award.approved": _("Award approved"),
    "award.confirmed": _("Award confirmed"),
    "award.refused": _("Award refused"),
    "award.taken_back": _("Award taken back"),
    "award.fell_through": _("Award fell through"),
    "placement.spot_recorded": _("Spot placement recorded"),
    "placement.started": _("Moved in"),
    "placement.rescheduled": _("Start moved to another day"),
    "placement.cancelled": _("Placement cancelled before it began"),
    "placement.ended": _("Placement ended"),
    "placement.host_notified": _("Host authority told"),
}


def visible_referrals(actor: Actor) -> QuerySet[Referral]:
    """The referrals this person may see: the authority's, or (social workers) those they drafted or are named on."""
    actor.require("referral.view", "referral.view_own")
    referrals: QuerySet[Referral] = Referral.objects.filter(authority_id=actor.organisation_id)
    if not actor.may("referral.view"):
        referrals = referrals.filter(Q(officer_id=actor.user_id) | Q(social_worker_id=actor.user_id))
    return referrals


def _of_all() -> QuerySet[Referral]:
    """For whoever may see all of the authority's (`visible_referrals`)."""
    return Referral.objects.filter(authority_id=given("authority"), reference=given("reference"))


_ID = KeptQuery(lambda: _of_all().order_by().values_list("pk")[:1])
_WITH_PERSON = KeptQuery(lambda: _of_all().select_related("person", "sibling_group")[:1])


def referral_id_of(actor: Actor, reference: str) -> UUID:
    """The id of that referral, for whoever may see it: what its lock is named by; Http404 otherwise."""
    if actor.may("referral.view"):
        rows = _ID.tuples(authority=actor.organisation_id, reference=reference)
    else:
        rows = list(visible_referrals(actor).filter(reference=reference).order_by().values_list("pk")[:1])
    if not rows:
        raise Http404("No such referral.")
    found: UUID = rows[0][0]
    return found


def referral_of(actor: Actor, reference: str) -> Referral:
    """The referral with that reference as the actor may see it; Http404 otherwise."""
    if actor.may("referral.view"):
        found = _WITH_PERSON.first(authority=actor.organisation_id, reference=reference)
    else:
        rows = visible_referrals(actor).filter(reference=reference)
        found = rows.select_related("person", "sibling_group").first()
    if found is None:
        raise Http404("No such referral.")
    return found


@dataclass(frozen=True)
class Paper:
    """A document as a page names it."""

    pk: str
    name: str
    kind: str
    size: int

    @property
    def kind_label(self) -> str:
        return str(ReferralDocument.Kind(self.kind).label)


@dataclass(frozen=True)
class Opened:
    """A referral with what its page says of it, all of one moment."""

    referral: Referral
    #: The database's clock.
    now: dt.datetime
    #: A placement is planned and has not begun.
    is_planned: bool
    documents: list[Paper]


#: One round trip; the person is not read, as the page does not show who it is.
OPENED = KeptPlan(
    "opened_referral",
    takes=("uuid", "text", "boolean", "uuid"),
    gives="referral placements_referral, read_at timestamptz, is_planned boolean, papers json[]",
    role=AUTHORITY,
    query="""\
SELECT r, clock_timestamp(),
  EXISTS (SELECT FROM placements_placement p WHERE p.referral_id = r.id AND p.status = 'planned'),
  ARRAY(SELECT json_build_array(d.id, d.name, d.kind, d.size) FROM placements_referraldocument d
    WHERE d.referral_id = r.id AND d.removed_at IS NULL ORDER BY d.uploaded_at)
FROM placements_referral r
WHERE r.authority_id = $1 AND r.reference = $2 AND ($3 OR r.officer_id = $4 OR r.social_worker_id = $4)""",
)
_OPENED = f"SELECT (o.referral).*, o.read_at, o.is_planned, o.papers FROM {OPENED.asked} o"


def opened_referral(actor: Actor, reference: str) -> Opened:
    """What `referral_of` finds, with its documents and the moment; Http404 otherwise."""
    actor.require("referral.view", "referral.view_own")
    values = [actor.organisation_id, reference, actor.may("referral.view"), actor.user_id]
    found: Any = next(iter(Referral.objects.raw(_OPENED, values)), None)
    if found is None:
        raise Http404("No such referral.")
    return Opened(found, found.read_at, found.is_planned, [Paper(*paper) for paper in found.papers])


def listed(
    actor: Actor, *, status: str = "", category: str = "", mine: bool = False, person: UUID | None = None
) -> QuerySet[Referral]:
    """Referrals for the list, newest first, without anything that names a person."""
    referrals = visible_referrals(actor)
    if status:
        referrals = referrals.filter(status=status)
    if category:
        referrals = referrals.filter(category=category)
    if person is not None:
        referrals = referrals.filter(person_id=person)
    if mine:
        referrals = referrals.filter(Q(officer_id=actor.user_id) | Q(social_worker_id=actor.user_id))
    return referrals.defer("answers").order_by("-created_at", "reference")


def siblings_of(actor: Actor, referral: Referral) -> list[Referral]:
    """The other referrals of the sibling group, as far as the actor may see them."""
    if referral.sibling_group_id is None:
        return []
    group = visible_referrals(actor).filter(sibling_group_id=referral.sibling_group_id).exclude(pk=referral.pk)
    return list(group.defer("answers").order_by("reference"))


def social_workers(actor: Actor) -> list[tuple[UUID, str]]:
    """(user id, name) of the authority's social workers, by name."""
    members = Membership.objects.filter(
        organisation_id=actor.organisation_id, is_active=True, roles__contains=[Role.SOCIAL_WORKER.value]
    )
    return [(user_id, name) for user_id, name in members.order_by("user__name").values_list("user_id", "user__name")]


@dataclass(frozen=True)
class Button:
    """A next act as a link: its words, where it leads, and how it looks."""

    label: Any
    url: str
    variant: str = ""


#: (label, address, statuses, permissions, variant); the first that fits is the page's main button.
_BUTTONS: list[tuple[Any, str, tuple[str, ...], tuple[str, ...], str]] = [
    (_("Continue the draft"), "placements:referral_tasks", ("draft",), ("referral.draft",), ""),
    (_("Check for disclosures"), "placements:referral_check", ("draft",), ("referral.draft",), "secondary"),
    (_("Find matching homes"), "placements:referral_match", ("draft",), ("referral.match",), "secondary"),
    (_("Publish"), "placements:referral_publish", ("draft",), ("referral.publish",), "secondary"),
    (_("Compare offers"), "contracts:compare", ("published", "awaiting_approval", "awarded"), ("offer.view",), ""),
    (
        _("Providers and answers"),
        "placements:referral_providers",
        ("published", "awaiting_approval"),
        ("offer.view",),
        "secondary",
    ),
    (_("Questions from providers"), "placements:referral_questions", ("published",), ("referral.answer",), "secondary"),
    (_("Extend, widen or amend"), "placements:referral_change", ("published",), ("referral.amend",), "secondary"),
    (
        _("Record a spot placement"),
        "placements:referral_spot",
        ("draft", "published"),
        ("placement.spot",),
        "secondary",
    ),
    (_("Documents"), "placements:referral_documents", ("draft", "published"), ("referral.draft",), "secondary"),
    (
        _("Link brothers and sisters"),
        "placements:referral_siblings",
        ("draft", "published"),
        ("referral.draft",),
        "secondary",
    ),
    (_("Copy"), "placements:referral_copy", (), ("referral.draft",), "secondary"),
    (
        _("Withdraw"),
        "placements:referral_withdraw",
        ("draft", "published", "awaiting_approval"),
        ("referral.withdraw", "referral.draft"),
        "secondary",
    ),
]


def buttons(actor: Actor, referral: Referral) -> list[Button]:
    """The acts this person may do next on the referral, the main one first. Pages that do not exist are left out."""
    found = []
    for label, name, statuses, permissions, variant in _BUTTONS:
        if (statuses and referral.status not in statuses) or not actor.may(*permissions):
            continue
        if name == "placements:referral_withdraw" and not may_withdraw(actor, referral):
            continue
        if name == "placements:referral_publish" and missing(referral):
            continue
        try:
            url = address(actor, name, reference=referral.reference)
        except NoReverseMatch:
            continue
        found.append(Button(label, url, variant))
    return sorted(found, key=lambda button: button.variant != "")


def may_withdraw(actor: Actor, referral: Referral) -> bool:
    """Who drafts may throw away a draft; what providers have seen is withdrawn by those who run referrals."""
    needed = ("referral.withdraw", "referral.draft") if referral.status == "draft" else ("referral.withdraw",)
    return actor.may(*needed)


def where_it_stands(referral: Referral, now: dt.datetime, *, is_planned: bool) -> Any:
    """One sentence on what the referral waits for; `is_planned` where a placement is planned and has not begun."""
    if referral.status == "published":
        closed = referral.closes_at is not None and referral.closes_at <= now
        return _("Offers are closed. Compare them and choose.") if closed else _("Open for offers.")
    if referral.status == "placed" and is_planned:
        return _("A placement is planned. The person has not moved in yet.")
    return {
        "draft": _("This is a draft. Nobody outside your organisation can see it."),
        "awaiting_approval": _("An offer is chosen and waits for approval."),
        "awarded": _("An offer is accepted. The agreement is being made."),
        "placed": _("The person has moved in."),
        "not_placed": _("It ended without a placement."),
        "withdrawn": _("It was withdrawn."),
    }.get(referral.status, "")


#: Newest first, with room for saves in a row. The subjects are gathered once, before the index of entries is asked for
#: them.
TIMELINE = KeptPlan(
    "timeline_of_referral",
    takes=("uuid", "uuid"),
    gives="kind varchar, actor_user_id uuid, actor_name varchar, section text, at timestamptz",
    role=AUTHORITY,
    query=f"""\
SELECT e.kind, e.actor_user_id, e.actor_name, e.data ->> 'section', e.at
FROM audit_entry e
WHERE e.organisation_id = $1 AND e.subject_id = ANY (ARRAY(
  SELECT $2::text
  UNION ALL SELECT a.id::text FROM placements_award a WHERE a.referral_id = $2
  UNION ALL SELECT c.id::text FROM placements_clarification c WHERE c.referral_id = $2
  UNION ALL SELECT p.id::text FROM placements_placement p WHERE p.referral_id = $2
  UNION ALL SELECT r.id::text FROM placements_release r WHERE r.referral_id = $2
))
ORDER BY e.at DESC LIMIT {EVENTS_AT_MOST * 4}""",
)


def timeline(referral: Referral) -> list[dict[str, Any]]:
    """What happened to the referral, newest first, from the audit trail; saves of one section in a row count once."""
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TIMELINE.asked}", [referral.authority_id, referral.pk])
        entries = cursor.fetchall()
    events: list[dict[str, Any]] = []
    last: tuple[Any, ...] = ()
    for kind, user_id, name, code, at in entries:
        here = (kind, user_id, code)
        if kind == "referral.section_saved" and here == last:
            continue
        last = here
        title = EVENTS.get(kind) or kind.replace(".", ": ").replace("_", " ").capitalize()
        if code:
            title = f"{title}: {_section_title(code)}"
        events.append({"title": title, "by": name, "at": at, "text": "", "url": ""})
        if len(events) == EVENTS_AT_MOST:
            break
    return events


def _section_title(code: str) -> str:
    try:
        return str(section(code).title)
    except KeyError:
        return code
