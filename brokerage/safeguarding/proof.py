"""Proof of delivery: who was told of an alert as a PDF, asked for on the page and drawn by a worker.

WeasyPrint is imported where it draws: web processes never need it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import translation

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.stored_files import StoredFile
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.safeguarding.models import AlertProof, AlertRecipient
from brokerage.safeguarding.queries.alerts import received_alert, roster_for
from brokerage.safeguarding.queries.lists import reasons_of

DRAW = "render_alert_proof"


@transaction.atomic
def ask_for_proof(actor: Actor, *, reference: str) -> AlertProof:
    """Have the PDF drawn as things stand now; while one is being drawn, that one. Http404 for whoever may not see who
    was told."""
    told = _known(actor, reference)
    hold_name(f"alert proof:{reference}:{actor.organisation_id}")
    waiting = AlertProof.objects.filter(reference=reference, made_at__isnull=True).first()
    if waiting is not None:
        return waiting
    proof = AlertProof(
        alert_id=told.alert_id,
        organisation_id=actor.organisation_id,
        reference=told.reference,
        asked_by_name=actor.name[:120],
        asked_at=database_now(),
    )
    proof.save(force_insert=True)
    entry = record("alert.proof_asked", subject=proof, actor=actor)
    payload = {"proof": str(proof.pk), "language": translation.get_language() or "en"}
    enqueue(DRAW, queue="documents", actor=actor, payload=payload, entry_id=entry.pk)
    return proof


def proof_of(actor: Actor, *, reference: str) -> AlertProof | None:
    """The PDF that was asked for last, drawn or not; None while nobody has asked. Http404 as `ask_for_proof`."""
    told = _known(actor, reference)
    return AlertProof.objects.filter(reference=told.reference).order_by("-asked_at").first()


@transaction.atomic
def read_proof(actor: Actor, *, reference: str) -> StoredFile | None:
    """The PDF drawn last, its reading recorded; None while there is none. Http404 as `ask_for_proof`."""
    told = _known(actor, reference)
    made = AlertProof.objects.filter(reference=told.reference, made_at__isnull=False).order_by("-made_at").first()
    if made is None:
        return None
    record("alert.proof_read", subject=made, actor=actor, data={"sha256": made.sha256})
    return StoredFile(made.stored_name, f"alert-{made.reference}-who-was-told.pdf", "application/pdf", made.size)


def _known(actor: Actor, reference: str) -> AlertRecipient:
    actor.require("alert.view")
    told = received_alert(reference)
    if not roster_for(actor, told.reference):
        raise Http404
    return told


@handles(DRAW)
def draw_proof(item: OutboxItem) -> None:
    """Draw what is asked for and keep it. Repeatable: what is drawn is not drawn again."""
    with system(item.organisation_id) as actor:
        if not (actor.is_authority or actor.is_central):
            return
        proof = AlertProof.objects.filter(pk=item.payload["proof"], made_at__isnull=True).first()
        if proof is None:
            return
        now = database_now()
        told = received_alert(proof.reference)
        context: dict[str, Any] = {
            "told": told,
            "about": told.content.get("about", ""),
            "lines": [(line, reasons_of(line)) for line in roster_for(actor, proof.reference)],
            "organisation": actor.organisation_name,
            "proof": proof,
            "made_at": now,
        }
    with translation.override(item.payload["language"]):
        pdf = _draw(render_to_string("safeguarding/proof.html", context), str(proof.pk))
    name = default_storage.save(f"alerts/{secrets.token_hex(20)}", ContentFile(pdf))
    try:
        with system(item.organisation_id):
            made = AlertProof.objects.filter(pk=proof.pk, made_at__isnull=True).update(
                made_at=now, stored_name=name, size=len(pdf), sha256=hashlib.sha256(pdf).hexdigest()
            )
    except Exception:
        default_storage.delete(name)
        raise
    if not made:
        default_storage.delete(name)


def _draw(html: str, identity: str) -> bytes:
    from contracts.ipa_pdf import write_pdf

    return write_pdf(html, identifier=hashlib.sha256(identity.encode()).digest()[:16])
