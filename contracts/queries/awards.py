"""Awards as pages show them: those that wait for the actor, one award with its approvals, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from brokerage.core.money import pounds
from brokerage.core.tenants.actors import Actor
from contracts.costs import estimated_value, gates_reached, weeks_until_gate
from dpv.rules import VehicleRules
from placements.actions.awards import BAND_PERMISSIONS
from placements.models import Approval, Award
from placements.states import AWARD_LIVE

#: One of these lets somebody decide on awards.
APPROVERS_PERMISSIONS = tuple(BAND_PERMISSIONS.values())
#: Who gives each approval, as pages say it.
APPROVERS: Mapping[str, str | Promise] = {
    Approval.Kind.MONEY.value: _("a team manager"),
    Approval.Kind.OUT_OF_AREA.value: _("the nominated officer"),
    Approval.Kind.AT_A_DISTANCE.value: _("the director"),
}
WHY: Mapping[str, str | Promise] = {
    Approval.Kind.MONEY.value: _("the weekly price is above your limit"),
    Approval.Kind.OUT_OF_AREA.value: _("the home is out of your area, in an adjoining authority"),
    Approval.Kind.AT_A_DISTANCE.value: _("the home is at a distance, beyond every adjoining authority"),
}
#: The same, as those read it who did not choose.
WHY_TOLD: Mapping[str, str | Promise] = {
    **WHY,
    Approval.Kind.MONEY.value: _("the weekly price is above the officer’s limit"),
}
GATES: Mapping[str, str | Promise] = {
    "procurement_threshold": _("the procurement threshold"),
    "key_decision_limit": _("your authority’s key decision limit"),
}


@dataclass(frozen=True)
class Gate:
    """A value limit that a call-off reaches over its stay, in pounds, and the week in which it does."""

    name: str
    limit: Decimal
    week: int | None

    @property
    def text(self) -> str:
        return gettext("Reaches %(gate)s of %(limit)s in week %(week)s") % {
            "gate": GATES[self.name],
            "limit": pounds(self.limit),
            "week": self.week,
        }


def gates_of(rules: VehicleRules, weekly: Decimal | None, weeks: int | None) -> list[Gate]:
    """The value gates that this weekly price reaches over the expected weeks; none without a known length."""
    if weekly is None or not weeks:
        return []
    limits = {name: getattr(rules, name) for name in gates_reached(rules, estimated_value(weekly, weeks))}
    return [Gate(name, limit, weeks_until_gate(weekly, limit)) for name, limit in limits.items()]


def approvals_explained(needs: list[str]) -> list[str]:
    """A sentence for each approval needed: who gives it and why."""
    return [gettext("Needs %(who)s: %(why)s") % {"who": APPROVERS[kind], "why": WHY[kind]} for kind in needs]


def awards_waiting(actor: Actor) -> list[Award]:
    """The awards that wait for an approval this actor may give, oldest first."""
    return list(awards_to_decide(actor))


def awards_to_decide(actor: Actor) -> QuerySet[Award]:
    """The same as a query: what `may_decide` says of one award, asked of all."""
    mine = Q(pk__in=[])
    for kind, permission in BAND_PERMISSIONS.items():
        if actor.may(permission):
            given = Approval.objects.filter(award=OuterRef("pk"), kind=kind, is_approved=True)
            outstanding = Q(Q(needs__contains=[kind]), ~Exists(given))
            if kind == Approval.Kind.MONEY and actor.weekly_limit is not None:
                outstanding &= Q(weekly_total__lte=actor.weekly_limit)
            mine |= outstanding
    waiting = Award.objects.filter(mine, status="awaiting_approval")
    if actor.hands:
        own = Q(made_by_id__in=actor.hands) | Q(made_secret_by_id__in=actor.hands)
        waiting = waiting.exclude(own)
    return (
        waiting.select_related("referral", "offer__establishment", "offer__household", "provider__organisation")
        .prefetch_related("approvals")
        .order_by("made_at", "id")
    )


def awards_made(actor: Actor) -> QuerySet[Award]:
    """The officer's own awards that still wait."""
    return (
        Award.objects.filter(status="awaiting_approval", made_by_id=actor.user_id)
        .select_related("referral", "offer__establishment", "offer__household", "provider__organisation")
        .prefetch_related("approvals")
        .order_by("made_at")
    )


def waits_for(award: Award) -> list[str]:
    """The kinds still outstanding; uses prefetched approvals."""
    given = {approval.kind for approval in award.approvals.all() if approval.is_approved}
    return [kind for kind in award.needs if kind not in given] if award.status == "awaiting_approval" else []


def may_decide(actor: Actor, award: Award) -> list[str]:
    """The outstanding kinds that this actor may approve or refuse: never on an award of their own."""
    if award.is_made_by(actor):
        return []
    limit = actor.weekly_limit
    return [
        kind
        for kind in waits_for(award)
        if actor.may(BAND_PERMISSIONS[kind])
        and not (kind == Approval.Kind.MONEY and limit is not None and award.weekly_total > limit)
    ]


def award_of(award_id: UUID) -> Award:
    """One award with everything its page shows. Raises Http404."""
    award = (
        Award.objects.select_related(
            "referral",
            "offer__establishment",
            "offer__household",
            "offer__vehicle",
            "offer__lot",
            "offer__rules",
            "provider__organisation",
            "placement",
        )
        .prefetch_related("approvals", "agreements")
        .filter(pk=award_id)
        .first()
    )
    if award is None:
        raise Http404
    return award


def live_award(referral_id: UUID) -> Award | None:
    """The award a referral has now, if any."""
    return Award.objects.filter(referral_id=referral_id, status__in=AWARD_LIVE).first()
