"""Reminders to sign: queued when an agreement opens for signing, told to the side that has not signed by then.

Each looks again when its time comes; it may run twice and tells once.
"""

from __future__ import annotations

from brokerage.core import locks
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_today, morning_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.working_days import add_working_days
from contracts.actions.agreements import PERMISSION, to_authority, to_provider
from contracts.models import Agreement, Signature
from contracts.states import AGREEMENT_SIGNABLE

KIND = "remind_signature"
#: Working days of waiting after which a side is reminded; bank holidays are the same in England and Wales.
AFTER_DAYS = (2, 5)
TELL = {Signature.Side.AUTHORITY.value: to_authority, Signature.Side.PROVIDER.value: to_provider}


def remind_of_signing(actor: Actor, agreement: Agreement) -> None:
    """Have whoever may sign reminded. Part of the act that opens the agreement for signing."""
    today = database_today()
    for days in AFTER_DAYS:
        enqueue(
            KIND,
            queue="default",
            actor=actor,
            payload={"agreement": str(agreement.pk), "working_days": days},
            available_at=morning_of(add_working_days(today, days)),
        )


@handles(KIND)
def tell_of_signing(item: OutboxItem) -> None:
    """Tell the signatories of each side that has not signed, unless the agreement no longer waits."""
    data = {"working_days": item.payload["working_days"]}
    with system(item.organisation_id) as actor:
        found = Agreement.objects.filter(pk=item.payload["agreement"]) if actor.is_authority else None
        referral_id = found.values_list("referral_id", flat=True).first() if found is not None else None
        if found is None or referral_id is None:
            return
        locks.hold(referrals=[referral_id])
        agreement = found.get()
        if agreement.status not in AGREEMENT_SIGNABLE:
            return
        known = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(agreement.pk))
        if known.filter(kind="agreement.signing_reminded", data=data).exists():
            return
        signed = set(agreement.signatures.values_list("side", flat=True))
        record(
            "agreement.signing_reminded",
            subject=agreement,
            actor=actor,
            data=data,
            notify=[
                tell("contracts.signature_waits", agreement, PERMISSION[side])
                for side, tell in TELL.items()
                if side not in signed
            ],
        )
