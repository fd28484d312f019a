"""What an authority records of each of its people in a closing home: looking, found, moved, went home."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.closures.actions.announcing import enqueue_change, settle
from brokerage.safeguarding.closures.models import ClosureResident
from brokerage.safeguarding.closures.states import CLOSURE_RUNNING, RESIDENT, RESIDENT_MOVE, RESIDENT_OPEN
from placements.models import Placement, Referral


@transaction.atomic
def record_next_home(
    actor: Actor,
    *,
    resident_id: UUID,
    status: str,
    referral: str = "",
    placement: str = "",
    ended_on: dt.date | None = None,
    note: str = "",
) -> ClosureResident:
    """Record how far the search for one person's next home is.

    `referral` and `placement` are references of ours about the same person. Refused when: the person has left already
    or the closure is over (NotNow); a home was found and its placement is not named (`placement_missing`), or it is
    another person's (`referral_unknown`, `placement_unknown`); they left and no day is given, or one ahead
    (`ended_on_missing`, `day_ahead`); it ended another way and nobody says how (`note_missing`).
    """
    actor.require("closure.track")
    hold_name(f"closure resident:{resident_id}")
    resident = ClosureResident.objects.select_related("closure").filter(pk=resident_id).first()
    if resident is None:
        raise Http404
    if resident.closure.status not in CLOSURE_RUNNING:
        raise NotNow("closure_over", _("This closure is over, or was withdrawn"))
    if status not in RESIDENT_MOVE:
        raise RuleBroken("status_missing", _("Choose how far it is"), "status")
    before = resident.status
    resident.status = RESIDENT.after(before, RESIDENT_MOVE[status])
    resident.referral_reference = _referral(resident, referral)
    resident.new_placement_reference = _placement(resident, placement)
    if status == "found" and not resident.new_placement_reference:
        raise RuleBroken("placement_missing", _("Choose the placement that was found"), "placement")
    if status == "other" and not note.strip():
        raise RuleBroken("note_missing", _("Say how it ended"), "note")
    now = database_now()
    resident.ended_on, resident.ended_at = None, None
    if status not in RESIDENT_OPEN:
        resident.ended_on, resident.ended_at = _day(ended_on), now
    if status == "looking" and resident.looking_at is None:
        resident.looking_at = now
    resident.found_at = (resident.found_at or now) if resident.new_placement_reference else None
    resident.note, resident.changed_by_name, resident.changed_at = note.strip(), actor.name[:120], now
    resident.save(
        update_fields=[
            *("status", "referral_reference", "new_placement_reference", "note", "looking_at", "found_at"),
            *("ended_on", "ended_at", "changed_by_name", "changed_at"),
        ]
    )
    entry = record(
        "closure.resident_changed",
        subject=resident,
        actor=actor,
        reference=resident.closure.reference,
        data={"before": before, "after": status, "placement": resident.placement_reference},
    )
    # The closure's lock: two last ones who leave at once complete it once.
    hold_name(f"closure:{resident.closure.reference}")
    if status not in RESIDENT_OPEN and settle(resident.closure):
        enqueue_change(actor, resident.closure, entry.pk, "closures.completed")
        resident.closure.refresh_from_db()
    return resident


def _person(resident: ClosureResident) -> UUID:
    return Placement.objects.values_list("person_id", flat=True).get(pk=resident.placement_id)


def _referral(resident: ClosureResident, text: str) -> str:
    reference = normalise_reference(text)
    if reference and not Referral.objects.filter(reference=reference, person_id=_person(resident)).exists():
        raise RuleBroken("referral_unknown", _("There is no referral of this person with this reference"), "referral")
    return reference


def _placement(resident: ClosureResident, text: str) -> str:
    reference = normalise_reference(text)
    found = Placement.objects.filter(reference=reference, person_id=_person(resident))
    if reference and not found.exclude(pk=resident.placement_id).exclude(status="cancelled").exists():
        raise RuleBroken(
            "placement_unknown", _("There is no other placement of this person with this reference"), "placement"
        )
    return reference


def _day(day: dt.date | None) -> dt.date:
    if day is None:
        raise RuleBroken("ended_on_missing", _("Enter the day they left"), "ended_on")
    if day > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "ended_on")
    return day
