"""Files of an alert: added by whoever raised it, read by those who read what happened, by a link that soon ends.

Kept under random names in the file store; their own names live in the table. Never the provider's to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.audit.record import record
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.stored_files import StoredFile, is_signed, keep, sign
from brokerage.core.tenants.actors import Actor
from brokerage.core.uploads import CheckedUpload
from brokerage.safeguarding.actions.alerts import AlertFacts, raise_alert
from brokerage.safeguarding.guard import require_nobody_named
from brokerage.safeguarding.models import Alert, AlertFile, AlertRecipient

#: Files of one alert.
AT_MOST = 10
#: Files are added while somebody may still act on them.
OPEN = ("awaiting_confirmation", "live")


@transaction.atomic
def raise_alert_with_files(actor: Actor, *, facts: AlertFacts, files: Sequence[UploadedFile]) -> Alert:
    """Raise an alert with its files, all or nothing: see `raise_alert` and `add_alert_file`. Refusals of a file are on
    "attachments". They are checked before anything is held or told, so that a slow scanner keeps nobody waiting."""
    actor.require("alert.raise")
    too_many = _("An alert can have %(count)s files") % {"count": AT_MOST}
    if len(files) > AT_MOST:
        raise RuleBroken("too_many_files", too_many, "attachments")
    kept: list[tuple[CheckedUpload, str]] = []
    try:
        for upload in files:
            try:
                kept.append(keep(upload, folder="alerts"))
                _require_harmless_name(kept[-1][0], facts.provider_id, facts.is_checked)
            except RuleBroken as refused:
                raise RuleBroken(refused.code, refused.message, "attachments") from refused
        alert = raise_alert(actor, facts=facts)
        # The same alert sent twice is one, and so is the same file.
        known = set(AlertFile.objects.filter(alert=alert).values_list("sha256", flat=True))
        for passed, stored in kept:
            if passed.sha256 in known:
                default_storage.delete(stored)
                continue
            if len(known) >= AT_MOST:
                raise RuleBroken("too_many_files", too_many, "attachments")
            known.add(passed.sha256)
            _add(actor, alert, passed, stored)
    except Exception:
        for _passed, stored in kept:
            default_storage.delete(stored)
        raise
    return alert


@transaction.atomic
def add_alert_file(actor: Actor, *, reference: str, upload: UploadedFile, is_checked: bool = False) -> AlertFile:
    """Check and keep a file of an alert that waits or is live; it cannot be taken out again.

    For the organisation that raised it (Http404 otherwise). Refused: see `uploads.check_upload` and
    `virus_scanner.scan`; too many (`too_many_files`); a name that tells who a person is (`names_a_person`); an alert
    that is over (NotNow, `alert_over`).
    """
    actor.require("alert.raise")
    hold_name(f"alert:{reference}")
    alert = None if actor.is_provider else Alert.objects.filter(reference=reference).first()
    if alert is None or alert.raised_by_id != actor.organisation_id:
        raise Http404
    if alert.status not in OPEN:
        raise NotNow("alert_over", _("This alert is closed, or was not sent"))
    if AlertFile.objects.filter(alert=alert).count() >= AT_MOST:
        raise RuleBroken("too_many_files", _("An alert can have %(count)s files") % {"count": AT_MOST}, "file")
    passed, stored = keep(upload, folder="alerts")
    try:
        _require_harmless_name(passed, alert.provider_id, is_checked)
        return _add(actor, alert, passed, stored)
    except Exception:
        default_storage.delete(stored)
        raise


def link_to_alert_file(actor: Actor, *, reference: str, file_id: UUID) -> str:
    """A signature with which this person may fetch the file for five minutes. Http404 if it is not theirs to see."""
    return sign(actor, alert_file(actor, reference, file_id).pk)


@transaction.atomic
def read_alert_file(actor: Actor, *, reference: str, file_id: UUID, signature: str) -> StoredFile:
    """The file, after checking the link and that the person may still see it; the reading is recorded."""
    if not is_signed(actor, file_id, signature):
        raise Http404("The link has ended.")
    return hand_out(actor, reference, file_id)


@transaction.atomic
def hand_out(actor: Actor, reference: str, file_id: UUID) -> StoredFile:
    """The file itself for whoever may see it; the reading is recorded."""
    found = alert_file(actor, reference, file_id)
    _record("alert.file_read", actor, reference, found)
    return StoredFile(found.stored_name, found.name, found.content_type, found.size)


def alert_file(actor: Actor, reference: str, file_id: UUID) -> AlertFile:
    """One file of the alert, as row security shows it. Raises Http404."""
    actor.require("alert.view")
    found = {row.pk: row for row in files_of(actor, reference)}.get(file_id)
    if found is None:
        raise Http404("No such file.")
    return found


def files_of(actor: Actor, reference: str) -> list[AlertFile]:
    """The files of the alert that the organisation may read: none for a provider or one that is told less."""
    if not (actor.is_authority or actor.is_central):
        return []
    # By id: who was told does not read the alert itself.
    told = AlertRecipient.objects.filter(reference=reference).values_list("alert_id", flat=True)
    own = Alert.objects.filter(reference=reference).values_list("pk", flat=True)
    return list(AlertFile.objects.filter(alert_id__in={*told, *own}).order_by("uploaded_at", "pk"))


def _require_harmless_name(passed: CheckedUpload, provider_id: UUID, is_checked: bool) -> None:
    """Everybody who reads what happened reads what its files are called."""
    require_nobody_named(passed.name, field="file", provider_id=provider_id, is_checked=is_checked)


def _add(actor: Actor, alert: Alert, passed: CheckedUpload, stored: str) -> AlertFile:
    row: AlertFile = AlertFile.objects.create(
        alert=alert,
        raised_by_id=actor.organisation_id,
        name=passed.name,
        content_type=passed.content_type,
        size=passed.size,
        sha256=passed.sha256,
        stored_name=stored,
        uploaded_by_name=actor.name[:120],
    )
    _record("alert.file_added", actor, alert.reference, row)
    return row


def _record(kind: str, actor: Actor, reference: str, row: AlertFile) -> None:
    """Size only: a file's name may tell who somebody is."""
    record(kind, subject=row, actor=actor, reference=reference, data={"file": str(row.pk), "size": row.size})
