"""Reading agreements: the list, one with its signatures, and what its page may offer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from brokerage.core.tenants.actors import Actor
from contracts.actions.agreements import PERMISSION
from contracts.models import Agreement, Signature
from contracts.states import AGREEMENT_SIGNABLE, AGREEMENT_UNSIGNED
from placements.models import Placement
from providers.standing import Standing, warnings_at


def agreement_list(*, status: str = "") -> QuerySet[Agreement]:
    """The newest version of each of the side's agreements, newest first (row security narrows them); `status` narrows
    further."""
    # Asked of each row that is shown: "no newer one exists" would be joined with all of the side's agreements. The
    # planner expects hardly any row to equal an answer, and would sort them all first; a third to be no less than it.
    versions = Agreement.objects.filter(reference=OuterRef("reference")).order_by("-version").values("version")
    rows = Agreement.objects.filter(version__gte=Subquery(versions[:1])).order_by("-created_at", "-id")
    rows = rows.select_related("provider__organisation", "authority")
    return rows.filter(status=status) if status else rows


def counted_agreements(*, status: str = "") -> QuerySet[Agreement]:
    """As many rows as `agreement_list`: each agreement has one first version."""
    return agreement_list(status=status) if status else Agreement.objects.filter(version=1)


def agreement_by_reference(reference: str) -> Agreement:
    """The newest version of an agreement, or Http404."""
    found = (
        Agreement.objects.select_related("provider__organisation", "authority")
        .prefetch_related("signatures")
        .filter(reference=reference)
        .order_by("-version")
        .first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class SidesView:
    """One side's signature as its page shows it."""

    side: str
    label: str
    organisation: str
    signature: Signature | None


def sides_of(agreement: Agreement) -> list[SidesView]:
    """Both sides and whether each has signed."""
    by_side = {signature.side: signature for signature in agreement.signatures.all()}
    names = {"authority": agreement.authority.name, "provider": agreement.provider.legal_name}
    return [
        SidesView(side.value, str(side.label), names[side.value], by_side.get(side.value)) for side in Signature.Side
    ]


def has_signed(actor: Actor, agreement: Agreement) -> bool:
    """Whether this very person has signed for the side they act for."""
    return any(
        signature.side == actor.kind and signature.user_id == actor.user_id for signature in agreement.signatures.all()
    )


def may_sign(actor: Actor, agreement: Agreement) -> bool:
    """Whether the page offers this person to sign now."""
    permission = PERMISSION.get(actor.kind)
    return (
        permission is not None
        and actor.may(permission)
        and agreement.status in AGREEMENT_SIGNABLE
        and all(signature.side != actor.kind for signature in agreement.signatures.all())
    )


def warnings_before_signing(actor: Actor, agreement: Agreement) -> list[Standing]:
    """What whoever signs for the authority should know of the home first; nothing once both sides have signed."""
    if not actor.is_authority or agreement.status not in AGREEMENT_UNSIGNED:
        return []
    placement = Placement.objects.filter(pk=agreement.placement_id).first()
    return warnings_at(actor, placement.establishment_id, placement.household_id) if placement else []
