"""Brothers and sisters: one referral each, tied in a group, so that offers may cover one, some or all."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.references import new_reference
from brokerage.core.tenants.actors import Actor
from placements.models import Referral, SiblingGroup
from placements.queries.referrals import referral_of


@transaction.atomic
def link_siblings(actor: Actor, *, references: Sequence[str]) -> SiblingGroup:
    """Tie referrals of brothers and sisters together, so that offers may cover one, some or all.

    Groups that are already there become one. Refused for fewer than two people or for a referral that is over.
    """
    actor.require("referral.draft")
    found = [referral_of(actor, reference) for reference in dict.fromkeys(references)]
    locks.hold(referrals=[referral.pk for referral in found])
    found = [referral_of(actor, referral.reference) for referral in found]
    if len({referral.person_id for referral in found}) < 2:
        raise RuleBroken("siblings_too_few", _("Name referrals of at least two different people"), "reference")
    if any(referral.status not in ("draft", "published") for referral in found):
        raise RuleBroken("sibling_is_over", _("Only drafts and published referrals can be linked"), "reference")
    groups = [referral.sibling_group for referral in found if referral.sibling_group is not None]
    group: SiblingGroup = (
        groups[0] if groups else SiblingGroup(authority_id=actor.organisation_id, reference=new_reference("S"))
    )
    if not groups:
        group.save(force_insert=True)
    Referral.objects.filter(sibling_group__in=[other.pk for other in groups[1:]]).update(sibling_group=group)
    for referral in found:
        if referral.sibling_group_id != group.pk:
            referral.sibling_group = group
            referral.save(update_fields=["sibling_group"])
        record("referral.siblings_linked", subject=referral, actor=actor, data={"group": group.reference})
    return group
