"""What needs doing now at an authority, by what the person may do. A fixed number of queries for each role."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokerage.core.money import pounds
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.home.lists import Box, Entry, WorkList, together, work_list
from brokerage.reports import spend
from contracts.models import Agreement, Signature
from contracts.queries.awards import awards_to_decide
from contracts.states import AGREEMENT_SIGNABLE
from placements.models import Award, Clarification, Offer, Placement, Referral
from placements.queries.referrals import visible_referrals
from placements.states import OFFER_STANDING, REFERRAL_OVER

#: Closing within this is "today".
SOON = dt.timedelta(hours=24)


def work_of(actor: Actor, now: dt.datetime) -> list[WorkList]:
    """The lists of every job the person does, the most pressing job first."""
    lists: list[WorkList] = []
    is_placing = actor.may("referral.publish")
    if actor.may("award.approve"):
        lists.append(approvals(actor))
    signing = [to_sign(actor)] if actor.may("agreement.sign_authority") else []
    signing += [unsigned(actor)] if is_placing else []
    agreements = together(*signing) if signing else []
    if actor.may("agreement.sign_authority"):
        lists.append(agreements.pop(0))
    if is_placing:
        late, soon, asked, begun = together(closed(actor, now), closing(actor, now), questions(actor), drafts(actor))
        lists += [late, soon, asked, offers(actor, now), begun, awards(actor), starting(actor, now), *agreements]
    elif actor.may("referral.draft"):
        lists += together(drafts(actor), own_referrals(actor))
    return lists


def figures_of(actor: Actor) -> list[dict[str, Any]]:
    """Key figures for those who watch spend; two queries."""
    if not actor.may("spend.view"):
        return []
    _sources, money = spend.by_source(spend.living(""))
    _open, running, closed_ones = spend.open_referrals("")
    off = money.off_vehicle_percent
    return [
        {
            "label": _("Committed a week"),
            "value": pounds(money.weekly),
            "hint": ngettext("%(count)d person placed", "%(count)d people placed", money.people)
            % {"count": money.people},
            "url": address(actor, "reports:spend"),
        },
        {
            "label": _("Outside the vehicles"),
            "value": "–" if off is None else f"{off}%",
            "hint": _("%(weekly)s of it spot") % {"weekly": pounds(money.spot_weekly)},
        },
        {
            "label": _("Open referrals"),
            "value": str(running),
            "hint": _("%(count)s closed without an award") % {"count": closed_ones},
        },
    ]


def _referral_entry(actor: Actor, name: str) -> Any:
    def entry(referral: Referral) -> Entry:
        return Entry(
            referral.reference,
            address(actor, name, reference=referral.reference),
            _kind_and_person(referral),
            referral.closes_at if referral.status == "published" else None,
        )

    return entry


def _kind_and_person(referral: Referral) -> str:
    parts = [referral.get_category_display()]
    if referral.age is not None and referral.sex:
        parts.append(_("%(sex)s, %(age)s") % {"sex": referral.get_sex_display().lower(), "age": referral.age})
    return ", ".join(str(part) for part in parts)


def drafts(actor: Actor) -> Box:
    """The person's own drafts, the newest change first."""
    rows = visible_referrals(actor).filter(status="draft", officer_id=actor.user_id)
    return Box(
        _("Drafts to finish"),
        rows.defer("answers"),
        ("-updated_at", "pk"),
        _referral_entry(actor, "placements:referral_tasks"),
        empty=_("You have no drafts."),
        url=f"{address(actor, 'placements:referral_list')}?status=draft",
    )


def own_referrals(actor: Actor) -> Box:
    """A social worker's referrals that are not over."""
    rows = visible_referrals(actor).exclude(status__in=[*REFERRAL_OVER, "draft"])

    def entry(referral: Referral) -> Entry:
        return Entry(
            referral.reference,
            address(actor, "placements:referral", reference=referral.reference),
            _kind_and_person(referral),
            state=referral.status,
            state_label=referral.get_status_display(),
        )

    return Box(
        _("Your referrals"),
        rows.defer("answers"),
        ("-created_at", "pk"),
        entry,
        empty=_("None of your referrals is running."),
        url=address(actor, "placements:referral_list"),
    )


def closing(actor: Actor, now: dt.datetime) -> Box:
    """Referrals that close within a day."""
    rows = visible_referrals(actor).filter(status="published", closes_at__gt=now, closes_at__lte=now + SOON)
    return Box(
        _("Closing within 24 hours"),
        rows.defer("answers"),
        ("closes_at", "pk"),
        _referral_entry(actor, "placements:referral"),
        empty=_("No referral closes in the next 24 hours."),
        url=f"{address(actor, 'placements:referral_list')}?status=published",
    )


def closed(actor: Actor, now: dt.datetime) -> Box:
    """Referrals that have closed and wait for a choice: with offers to compare, or with none."""
    rows = visible_referrals(actor).filter(status="published", closes_at__lte=now)

    def entry(referral: Any) -> Entry:
        if referral.standing:
            hint = ngettext("%(count)d offer to compare", "%(count)d offers to compare", referral.standing)
            page = "contracts:compare"
            return Entry(
                referral.reference,
                address(actor, page, reference=referral.reference),
                hint % {"count": referral.standing},
            )
        return Entry(
            referral.reference,
            address(actor, "placements:referral_change", reference=referral.reference),
            _("No offer: give more time, widen the search, invite more or record a spot placement"),
        )

    return Box(
        _("Closed without an award"),
        rows.defer("answers"),
        ("closes_at", "pk"),
        entry,
        empty=_("No closed referral waits for a choice."),
        url=f"{address(actor, 'placements:referral_list')}?status=published",
        counted={"standing": Count("offers", filter=Q(offers__status__in=OFFER_STANDING))},
    )


def questions(actor: Actor) -> Box:
    """Referrals with questions nobody has answered, the longest waiting first."""
    waiting = Clarification.objects.filter(referral_id=OuterRef("pk"), answered_at__isnull=True)
    rows = visible_referrals(actor).filter(Exists(waiting), status="published")
    unanswered = Q(clarifications__answered_at__isnull=True)

    def entry(referral: Any) -> Entry:
        words = ngettext("%(count)d question, since %(day)s", "%(count)d questions, since %(day)s", referral.asked)
        return Entry(
            referral.reference,
            address(actor, "placements:referral_questions", reference=referral.reference),
            words % {"count": referral.asked, "day": day(referral.since)},
            referral.closes_at,
        )

    return Box(
        _("Questions to answer"),
        rows.defer("answers"),
        ("since", "pk"),
        entry,
        empty=_("Every question has been answered."),
        counted={
            "asked": Count("clarifications", filter=unanswered),
            "since": Min("clarifications__asked_at", filter=unanswered),
        },
    )


def offers(actor: Actor, now: dt.datetime) -> WorkList:
    """Offers on referrals that are still open, the newest first."""
    rows = (
        Offer.objects.filter(status__in=OFFER_STANDING, referral__status="published", referral__closes_at__gt=now)
        .select_related("referral", "establishment", "household")
        .defer("referral__answers")
        .order_by("-submitted_at", "pk")
    )

    def entry(offer: Offer) -> Entry:
        home = offer.household.code if offer.household else offer.establishment.name
        weekly = pounds(offer.weekly_total) if offer.weekly_total is not None else ""
        return Entry(
            offer.referral.reference,
            address(actor, "contracts:compare", reference=offer.referral.reference),
            _("%(home)s, %(weekly)s a week") % {"home": home, "weekly": weekly},
            offer.referral.closes_at,
        )

    return work_list(_("New offers"), rows, entry, empty=_("No offers on open referrals yet."))


def awards(actor: Actor) -> WorkList:
    """The person's own choices that wait for an approver."""
    rows = Award.objects.filter(status="awaiting_approval", made_by_id=actor.user_id).select_related("referral")

    def entry(award: Award) -> Entry:
        return Entry(
            award.referral.reference,
            address(actor, "contracts:approval", award=award.pk),
            _("%(weekly)s a week, chosen %(day)s") % {"weekly": pounds(award.weekly_total), "day": day(award.made_at)},
        )

    return work_list(
        _("Waiting for approval"),
        rows.defer("referral__answers").order_by("made_at", "pk"),
        entry,
        empty=_("None of your awards waits for approval."),
    )


def approvals(actor: Actor) -> WorkList:
    """Awards that this person may approve now."""

    def entry(award: Award) -> Entry:
        return Entry(
            award.referral.reference,
            address(actor, "contracts:approval", award=award.pk),
            _("%(weekly)s a week, chosen by %(name)s")
            % {"weekly": pounds(award.weekly_total), "name": award.made_by_name},
        )

    return work_list(
        _("Awards to approve"),
        awards_to_decide(actor).prefetch_related(None),
        entry,
        empty=_("No award waits for you."),
        url=address(actor, "contracts:approval_list"),
    )


def to_sign(actor: Actor) -> Box:
    """Agreements without the authority's signature."""
    return agreements_to_sign(actor, Signature.Side.AUTHORITY)


def agreements_to_sign(actor: Actor, side: str) -> Box:
    """Agreements that wait for a side's signature, the earliest start first."""
    signed = Signature.objects.filter(agreement_id=OuterRef("pk"), side=side)
    rows = Agreement.objects.filter(~Exists(signed), status__in=AGREEMENT_SIGNABLE)
    rows = rows.select_related("provider", "authority").defer("terms")

    def entry(agreement: Agreement) -> Entry:
        other = agreement.authority.name if actor.is_provider else agreement.provider.legal_name
        return Entry(
            agreement.reference,
            address(actor, "contracts:agreement", reference=agreement.reference),
            _("%(other)s, starts %(day)s") % {"other": other, "day": day(agreement.starts_on)},
        )

    return Box(
        _("Agreements to sign"),
        rows,
        ("starts_on", "pk"),
        entry,
        empty=_("No agreement waits for your signature."),
        url=address(actor, "contracts:agreement_list"),
    )


def unsigned(actor: Actor) -> Box:
    """Agreements that either side still has to sign."""
    rows = Agreement.objects.filter(status__in=AGREEMENT_SIGNABLE)
    rows = rows.select_related("provider", "authority").defer("terms")

    def entry(agreement: Agreement) -> Entry:
        return Entry(
            agreement.reference,
            address(actor, "contracts:agreement", reference=agreement.reference),
            _("%(other)s, starts %(day)s") % {"other": agreement.provider.legal_name, "day": day(agreement.starts_on)},
            state=agreement.status,
            state_label=agreement.get_status_display(),
        )

    return Box(
        _("Agreements not signed yet"),
        rows,
        ("starts_on", "pk"),
        entry,
        empty=_("Every agreement is signed."),
        url=address(actor, "contracts:agreement_list"),
    )


def starting(actor: Actor, now: dt.datetime) -> WorkList:
    """Placements due to have begun: somebody confirms the day, or says that it fell through."""
    rows = Placement.objects.filter(status="planned", planned_start_on__lte=localdate(now))
    rows = rows.select_related("establishment")

    def entry(placement: Placement) -> Entry:
        home = placement.establishment.name if placement.establishment else placement.provider_name
        return Entry(
            placement.reference,
            address(actor, "placements:placement", reference=placement.reference),
            _("%(home)s, due %(day)s") % {"home": home, "day": day(placement.planned_start_on)},
        )

    return work_list(
        _("Moves to confirm"),
        rows.order_by("planned_start_on", "pk"),
        entry,
        empty=_("No move waits to be confirmed."),
        url=f"{address(actor, 'placements:placement_list')}?status=planned",
    )
