"""A provider says why it does not bid, and may take that back before closing. The coded reason is the record of
unmet need, as important as an offer."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import DeclineReason
from placements.actions.offers import require_open
from placements.models import Decline, Invitation, Offer
from placements.redaction import find_disclosures
from placements.states import INVITATION, OFFER_STANDING

#: The longest note in characters; the form says the same.
LONGEST_NOTE = 1000


@transaction.atomic
def decline_invitation(actor: Actor, *, invitation_id: UUID, reason: str, note: str = "") -> Decline:
    """Decline for one establishment, with a coded reason. A draft is kept, in case the provider thinks again.

    Declining twice changes nothing. Refused when the referral is not open (NotNow); when an offer of this
    establishment stands (NotNow, `offer_stands`: withdraw it first); without a known reason (`reason_missing`); when
    "other" has no note (`note_missing`); when the note is too long or names somebody (`discloses_person`).
    """
    actor.require("offer.decline")
    invitation = _hold(invitation_id)
    earlier = Decline.objects.filter(invitation=invitation, withdrawn_at__isnull=True).first()
    if earlier is not None and invitation.status == "declined":
        return earlier
    now = database_now()
    require_open(invitation.release, invitation, now)
    if Offer.objects.filter(invitation=invitation, status__in=OFFER_STANDING).exists():
        raise NotNow("offer_stands", _("You have made an offer of this establishment. Withdraw it before you decline."))
    status = INVITATION.after(invitation.status, "decline")
    note = note.strip()
    if reason not in DeclineReason.values:
        raise RuleBroken("reason_missing", _("Select why you decline"), "reason")
    if reason == DeclineReason.OTHER and not note:
        raise RuleBroken("note_missing", _("Say why in a few words"), "note")
    if len(note) > LONGEST_NOTE or "\x00" in note:
        raise RuleBroken("text_too_long", _("Use 1,000 characters or fewer"), "note")
    found = [finding for finding in find_disclosures(note) if finding.kind not in ("school", "address")]
    if found:
        raise RuleBroken("discloses_person", _("Take out “%(text)s”") % {"text": found[0].text}, "note")
    # Asked afresh after an amendment, the earlier decline is history.
    Decline.objects.filter(invitation=invitation, withdrawn_at__isnull=True).update(withdrawn_at=now)
    decline = Decline(
        authority_id=invitation.authority_id,
        provider_id=invitation.provider_id,
        referral_id=invitation.referral_id,
        invitation=invitation,
        establishment_id=invitation.establishment_id,
        reason=reason,
        note=note,
        declined_by_name=actor.name,
        declined_at=now,
    )
    decline.save(force_insert=True)
    invitation.status = status
    invitation.answered_at = now
    invitation.save(update_fields=["status", "answered_at"])
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=invitation.authority_id)
    reference = invitation.release.reference
    record(
        "invitation.declined",
        subject=decline,
        actor=actor,
        reference=reference,
        data={"reason": reason, "establishment": str(invitation.establishment_id)},
        notify=[
            Notice(
                "placements.declined",
                invitation.authority_id,
                reference,
                f"/o/{slug}/referrals/{reference}/",
                permissions=("offer.view",),
                category=invitation.release.category,
            )
        ],
    )
    return decline


@transaction.atomic
def take_back_decline(actor: Actor, *, invitation_id: UUID) -> Invitation:
    """Be asked again, before closing. Doing it twice changes nothing. Refused when it is not open (NotNow)."""
    actor.require("offer.decline")
    invitation = _hold(invitation_id)
    if invitation.status == "open":
        return invitation
    now = database_now()
    require_open(invitation.release, invitation, now)
    if invitation.status != "declined":
        raise NotNow("not_declined", _("You have not declined for this establishment."))
    invitation.status = INVITATION.after(invitation.status, "ask_again")
    invitation.answered_at = None
    invitation.save(update_fields=["status", "answered_at"])
    Decline.objects.filter(invitation=invitation, withdrawn_at__isnull=True).update(withdrawn_at=now)
    record(
        "invitation.decline_taken_back",
        subject=invitation,
        actor=actor,
        reference=invitation.release.reference,
        data={"establishment": str(invitation.establishment_id)},
    )
    return invitation


def _hold(invitation_id: UUID) -> Invitation:
    found = Invitation.objects.filter(pk=invitation_id).values_list("admission_id", "referral_id").first()
    if found is None:
        raise Http404
    locks.hold(admissions=[found[0]], referrals=[found[1]])
    return Invitation.objects.select_related("release").get(pk=invitation_id)
