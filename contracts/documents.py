"""The agreement's document: drawn by a worker after the award, drawn again with both signatures and sealed.

Both handlers are repeatable: killed between any two steps, the next worker starts again and ends with one document.
WeasyPrint (a second and 80 MB) is imported where it draws: web processes never need it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.accounts.proof import METHODS as PROOF_METHODS
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import system
from contracts import models
from contracts.actions.agreements import BY_CLIENT, to_authority, to_provider
from contracts.models import Agreement
from contracts.reminders import remind_of_signing
from contracts.sealing import load_sealing_key, seal_pdf
from contracts.states import AGREEMENT
from contracts.terms import AgreementTerms, SealPanel, Signature, read_terms
from contracts.terms_costs import Side

#: How a signer proved who they are, as the document prints it.
METHODS = {**PROOF_METHODS, BY_CLIENT: _("API client with its own secret")}


class NotSigned(Exception):
    """An agreement without both signatures on its terms is never sealed, whatever its status says."""


@handles("render_ipa")
def render_agreement(item: OutboxItem) -> None:
    """Draw the unsigned document and open the agreement for signing."""
    agreement = _read(item.organisation_id, item.payload["agreement"])
    if agreement is None or agreement.status != "drawn_up":
        return
    pdf = render_ipa(read_terms(agreement.terms))
    name = _store(agreement, "unsealed", pdf)
    with system(item.organisation_id) as actor:
        locks.hold(referrals=[agreement.referral_id])
        agreement = Agreement.objects.get(pk=agreement.pk)
        if agreement.status != "drawn_up":
            return
        agreement.status = AGREEMENT.after(agreement.status, "open_for_signing")
        agreement.unsealed_file = name
        agreement.unsealed_sha256 = hashlib.sha256(pdf).hexdigest()
        agreement.rendered_at = database_now()
        agreement.save(update_fields=["status", "unsealed_file", "unsealed_sha256", "rendered_at"])
        record(
            "agreement.rendered",
            subject=agreement,
            actor=actor,
            data={"unsealed_sha256": agreement.unsealed_sha256},
            notify=[
                to_authority("contracts.ready_to_sign", agreement, "agreement.sign_authority"),
                to_provider("contracts.ready_to_sign", agreement, "agreement.sign_provider"),
            ],
        )
        remind_of_signing(actor, agreement)


@handles("seal_ipa")
def seal_agreement(item: OutboxItem) -> None:
    """Draw the document with both signatures, seal it, keep it."""
    # Read as whoever asked for it: only a party has an agreement sealed.
    agreement = _read(item.organisation_id, item.payload["agreement"])
    if agreement is None or agreement.status != "signed" or agreement.signed_at is None:
        return
    authority_id = agreement.authority_id
    with system(authority_id):
        rows = list(agreement.signatures.filter(terms_hash=agreement.terms_hash).order_by("at"))
    if {row.side for row in rows} != set(models.Signature.Side.values):
        raise NotSigned(f"agreement {agreement.pk} is called signed and is not")
    signatures = [_printed(agreement, row) for row in rows]
    pdf = render_ipa(
        read_terms(agreement.terms),
        signatures=signatures,
        seal_panel=SealPanel(check_at=f"{settings.BASE_URL}/verify/", sealed_by=settings.SEALED_BY),
    )
    key = load_sealing_key(os.environ, Path(settings.VAR_DIR))
    sealed = seal_pdf(
        pdf,
        key=key,
        reason=f"Agreement {agreement.reference} version {agreement.version}",
        location=settings.BASE_URL,
        moment=agreement.signed_at,
    )
    name = _store(agreement, "sealed", sealed)
    with system(authority_id) as actor:
        locks.hold(referrals=[agreement.referral_id])
        agreement = Agreement.objects.get(pk=agreement.pk)
        if agreement.status != "signed":
            return
        agreement.status = AGREEMENT.after(agreement.status, "seal")
        agreement.sealed_file = name
        agreement.sealed_sha256 = hashlib.sha256(sealed).hexdigest()
        agreement.seal_certificate = key.fingerprint
        agreement.sealed_at = database_now()
        agreement.save(update_fields=["status", "sealed_file", "sealed_sha256", "seal_certificate", "sealed_at"])
        record(
            "agreement.sealed",
            subject=agreement,
            actor=actor,
            # `unsealed_sha256` on the agreement stays that of the document both sides read before signing.
            data={"sealed_sha256": agreement.sealed_sha256, "signed_sha256": hashlib.sha256(pdf).hexdigest()},
            notify=[
                to_authority("contracts.sealed", agreement, "agreement.view", agreement.placement.category),
                to_provider("contracts.sealed", agreement, "agreement.view"),
            ],
        )


def render_ipa(
    terms: AgreementTerms, *, signatures: Sequence[Signature] = (), seal_panel: SealPanel | None = None
) -> bytes:
    """`ipa_pdf.render_ipa`, imported when it is first needed."""
    from contracts import ipa_pdf

    return ipa_pdf.render_ipa(terms, signatures=signatures, seal_panel=seal_panel)


def _read(authority_id: UUID, agreement_id: str) -> Agreement | None:
    with system(authority_id):
        return Agreement.objects.filter(pk=agreement_id).first()


def _store(agreement: Agreement, kind: str, content: bytes) -> str:
    """Under the content's own hash: a repeated run finds its file there already."""
    name = f"agreements/{agreement.pk}/{kind}-{hashlib.sha256(content).hexdigest()[:16]}.pdf"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return name


def _printed(agreement: Agreement, row: models.Signature) -> Signature:
    terms = agreement.terms
    side = cast(Side, row.side)
    organisation = terms["authority"]["name"] if side == "authority" else terms["provider"]["legal_name"]
    return Signature(
        side=side,
        name=row.name,
        role=row.role,
        organisation=organisation,
        signed_at=row.at,
        method=_method_label(row.method, agreement.language),
        evidence_hash=row.evidence_hash,
        client=row.client_name,
    )


def _method_label(method: str, language: str) -> str:
    with translation.override(language):
        return str(METHODS.get(method, method))
