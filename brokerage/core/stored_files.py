"""Files that people add: checked, kept under random names, handed out by a link that is one person's and soon ends.

Who may see a file is for its owner's actions to say; nothing here asks.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, TimestampSigner
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase

from brokerage.core.tenants.actors import Actor
from brokerage.core.uploads import CheckedUpload, check_size, check_upload
from brokerage.core.virus_scanner import scan

#: A link to a file ends after five minutes, and is one person's.
LINK_SECONDS = 300
_SIGNER = TimestampSigner(salt="stored_files")


@dataclass(frozen=True)
class StoredFile:
    """A file that may be handed out now."""

    stored_name: str
    name: str
    content_type: str
    size: int


def keep(upload: UploadedFile, *, folder: str) -> tuple[CheckedUpload, str]:
    """Check a file and keep it; what was found, and its random name in the store. The caller deletes it when its own
    transaction fails. Refused: see `uploads.check_upload` and `virus_scanner.scan`."""
    check_size(upload.size or 0, upload.name or "", limit=settings.UPLOAD_MAX_BYTES)
    content = upload.read()
    passed = check_upload(upload.name or "", content, limit=settings.UPLOAD_MAX_BYTES)
    scan(content)
    return passed, default_storage.save(f"{folder}/{secrets.token_hex(20)}", ContentFile(content))


def open_stored(stored: StoredFile) -> BinaryIO:
    """The stored file, open for reading. Http404 when the store has lost it."""
    try:
        return cast(BinaryIO, default_storage.open(stored.stored_name, "rb"))
    except FileNotFoundError:
        raise Http404("The file is not in the store.") from None


def sign(actor: Actor, file_id: UUID) -> str:
    """The end of a link to a file: who and which are inside the signature, only time and signature are shown."""
    signed = _SIGNER.sign(f"{actor.user_id}/{file_id}")
    return signed.removeprefix(f"{actor.user_id}/{file_id}:")


def is_signed(actor: Actor, file_id: UUID, signature: str) -> bool:
    """Whether the signature was made for this person and file within the last five minutes."""
    try:
        _SIGNER.unsign(f"{actor.user_id}/{file_id}:{signature}", max_age=LINK_SECONDS)
    except BadSignature:
        return False
    return True


def file_response(stored: StoredFile) -> HttpResponseBase:
    """A stored file as an attachment that a browser neither runs nor guesses about. Http404 when the store lost it."""
    response = FileResponse(
        open_stored(stored), as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
