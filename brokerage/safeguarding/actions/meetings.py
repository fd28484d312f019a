"""Strategy meetings about an alert, written down by whoever raised it or a central team that was told of it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.guard import require_nobody_named
from brokerage.safeguarding.models import AlertRecipient, StrategyMeeting
from brokerage.safeguarding.queries.alerts import received_alert

#: Of those told, who writes a meeting down.
WRITERS = frozenset({"raised", "central"})


@transaction.atomic
def record_meeting(
    actor: Actor,
    *,
    reference: str,
    held_on: dt.date,
    chaired_by: str,
    attended: str,
    notes: str,
    decisions: str,
    next_on: dt.date | None = None,
    is_checked: bool = False,
) -> StrategyMeeting:
    """Write a strategy meeting down. It is not changed afterwards.

    Refused when: the actor's organisation neither raised the alert nor is a central team told of it (Http404); it is
    still to be held (`day_ahead`), or the next one is not after it (`next_before`); a text is missing, too long or
    names a person.
    """
    actor.require("meeting.manage", "alert.confirm")
    told = received_alert(reference)
    if not may_write_meeting(actor, told):
        raise Http404
    if held_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "held_on")
    if next_on is not None and next_on <= held_on:
        raise RuleBroken("next_before", _("The next meeting must be after this one"), "next_on")
    texts = {"chaired_by": chaired_by, "attended": attended, "notes": notes, "decisions": decisions}
    for name, text in texts.items():
        if not text.strip():
            raise RuleBroken(f"{name}_missing", str(MISSING[name]), name)
        if len(text) > (160 if name == "chaired_by" else LONGEST):
            raise RuleBroken("text_too_long", _("This text is too long"), name)
        require_nobody_named(text, field=name, provider_id=told.provider_id, is_checked=is_checked)
    meeting = StrategyMeeting(
        alert_id=told.alert_id,
        held_by_id=actor.organisation_id,
        held_by_name=actor.organisation_name[:200],
        held_on=held_on,
        next_on=next_on,
        written_by_name=actor.name[:120],
        written_at=database_now(),
        **{name: text.strip() for name, text in texts.items()},
    )
    meeting.save(force_insert=True)
    record("alert.meeting_recorded", subject=meeting, actor=actor, reference=told.reference)
    return meeting


MISSING = {
    "chaired_by": _("Say who was in the chair, as role and organisation"),
    "attended": _("Say who came, as organisations and roles"),
    "notes": _("Say what was said"),
    "decisions": _("Say what was decided"),
}


def may_write_meeting(actor: Actor, told: AlertRecipient) -> bool:
    """Whether the actor's organisation writes meetings about this alert, and the actor for it."""
    is_ours = bool(WRITERS & set(told.reasons)) and (actor.is_authority or actor.is_central)
    return is_ours and actor.may("meeting.manage", "alert.confirm")
