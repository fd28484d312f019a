"""Two of everything: what Harrow and Birch own, for others to knock at. Values for addresses, by parameter name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import ROLES_BY_KIND
from tests import scenarios
from tests.cast import actor_of, ident, user_of

#: A word of Harrow's that nobody else may ever read (a person's name), and one of Birch's (a price).
CANARIES = ("Quillfeather", "Zachariah", "Kestrel")


@dataclass
class World:
    """Values of the parameters of addresses, first of what Harrow (or Birch) owns."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Values for single routes that need another object than the rest.
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Routes whose parameters name nobody's secret (a kind of file, a vehicle of the region).
    shared: frozenset[str] = frozenset()

    def values_for(self, name: str) -> dict[str, Any]:
        return {**self.values["authority"], **self.own.get(name, {})}


def everything(who: str) -> Actor:
    """The person, holding every role of their kind of organisation: only tenancy is left to stop them."""
    actor = actor_of(who)
    with acting(actor):
        roles = [role.value for role in ROLES_BY_KIND[actor.kind]]
        Membership.objects.filter(user_id=user_of(who).pk, organisation_id=actor.organisation_id).update(roles=roles)
    return actor_of(who)


def nothing(who: str) -> Actor:
    """The person, with a membership that grants nothing."""
    actor = actor_of(who)
    with acting(actor):
        Membership.objects.filter(user_id=user_of(who).pk, organisation_id=actor.organisation_id).update(roles=[])
    return actor_of(who)


def build_world() -> World:
    """A draft, a published referral with an offer, a sealed agreement, memberships: all through real actions."""
    draft = scenarios.draft_referral()
    running = scenarios.invited("birch-house")
    offer = scenarios.submitted_offer(story=running)
    agreement = scenarios.sealed_agreement("birch-lodge")
    with acting(actor_of("adam")):
        member = Membership.objects.get(user_id=user_of("olive").pk)
    authority = {
        "reference": running.reference,
        "offer": offer.pk,
        "award": agreement.award_id,
        "release": running.releases["birch"].pk,
        "section": "needs",
        "pk": member.pk,
        "draft": draft.reference,
        "agreement": agreement.reference,
        "placement": agreement.placement_id,
        "establishment": ident("birch-house"),
        "household": ident("ALD-1"),
        "provider": ident("birch"),
        "invitation": running.invitations["birch-house"].pk,
    }
    drafts = ("referral_section", "referral_tasks", "referral_check", "referral_match", "referral_publish")
    own: dict[str, dict[str, Any]] = {f"placements:{name}": {"reference": draft.reference} for name in drafts}
    own |= {
        name: {"reference": agreement.reference}
        for name in ("contracts:agreement", "contracts:agreement_document", "contracts:agreement_sign")
    }
    return World({"authority": authority}, own, frozenset({"providers:import_columns"}))
