"""Whether a PDF is a genuine agreement: its seal first, then whether the agreement still stands.

Answers that and nothing else: no name, no party, no reference is told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.context import public
from contracts.actions.agreements import open_document
from contracts.models import Agreement
from contracts.sealing import load_trusted_certificates
from contracts.sealing_check import verify_pdf

TEXTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "genuine": (_("Genuine"), _("This agreement was sealed by this service and has not been changed since.")),
    "not_in_force": (
        _("Genuine, but no longer in force"),
        _("This agreement was sealed here and has not been changed since, but it was cancelled or replaced."),
    ),
    "altered": (_("Changed"), _("This document was sealed and then changed. Do not rely on it.")),
    "not_ours": (_("Not ours"), _("This document was sealed by somebody else. Do not rely on it.")),
    "not_sealed": (_("Not sealed"), _("This document carries no seal. A working copy binds nobody.")),
    "unreadable": (_("Not readable"), _("This is not a PDF that can be read.")),
}


@dataclass(frozen=True)
class Answer:
    """The verdict (a key of `TEXTS`) and, for a genuine one, when it was sealed."""

    verdict: str
    sealed_at: dt.datetime | None = None

    @property
    def is_genuine(self) -> bool:
        return self.verdict in ("genuine", "not_in_force")

    @property
    def title(self) -> str | Promise:
        return TEXTS[self.verdict][0]

    @property
    def text(self) -> str | Promise:
        return TEXTS[self.verdict][1]


@dataclass(frozen=True)
class StoredCheck:
    """The answer for an agreement's own stored document, its hash, and whether that is the hash kept at sealing."""

    answer: Answer
    sha256: str
    is_as_sealed: bool


def check_stored(agreement: Agreement) -> StoredCheck:
    """Check the document we hold of an agreement. Raises Http404 while none has been drawn."""
    with open_document(agreement) as document:
        pdf = document.read()
    digest = hashlib.sha256(pdf).hexdigest()
    return StoredCheck(
        check_agreement(pdf), digest, bool(agreement.sealed_sha256) and digest == agreement.sealed_sha256
    )


def check_agreement(pdf: bytes) -> Answer:
    """Check a PDF's seal against our certificates (retired ones included), and the agreement's standing."""
    trusted = load_trusted_certificates(os.environ, Path(settings.VAR_DIR))
    found = verify_pdf(pdf, trusted)
    if not found.is_genuine:
        return Answer(found.verdict)
    with public(), connection.cursor() as cursor:
        cursor.execute("SELECT status, sealed_at FROM sealed_agreement(%s)", [hashlib.sha256(pdf).hexdigest()])
        row = cursor.fetchone()
    if row is not None and row[0] in ("cancelled", "superseded"):
        return Answer("not_in_force", row[1])
    return Answer("genuine", found.sealed_at)
