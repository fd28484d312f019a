"""The certificate of an insurance policy: kept by the provider, read by authorities and central teams.

Handed out by a link that soon ends; every reading is recorded with the reader's organisation.
"""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.stored_files import StoredFile, is_signed, keep, sign
from brokerage.core.tenants.actors import Actor
from providers.models import Insurance

READERS = {
    "provider": ("profile.manage", "inbox.view"),
    "authority": ("dpv.view", "referral.match"),
    "central": ("providers.verify", "dpv.view"),
}


def put_certificate(policy: Insurance, upload: UploadedFile) -> str:
    """Check and keep the file as the policy's certificate, in the place of an earlier one; the caller saves the row.

    Returns its name in the store, to be deleted if the transaction fails. Refused: see `stored_files.keep`.
    """
    passed, stored = keep(upload, folder="certificates")
    earlier = policy.certificate_stored
    policy.certificate_name, policy.certificate_type = passed.name, passed.content_type
    policy.certificate_size, policy.certificate_sha256 = passed.size, passed.sha256
    policy.certificate_stored, policy.certificate_added_at = stored, database_now()
    if earlier:
        transaction.on_commit(lambda: default_storage.delete(earlier))
    return stored


def link_to_certificate(actor: Actor, *, policy_id: UUID) -> str:
    """A signature with which this person may fetch the certificate for five minutes. Http404 if not theirs to see."""
    return sign(actor, _policy(actor, policy_id).pk)


@transaction.atomic
def read_certificate(actor: Actor, *, policy_id: UUID, signature: str) -> StoredFile:
    """The certificate, after checking the link and that the person may still see it; the reading is recorded."""
    policy = _policy(actor, policy_id)
    if not is_signed(actor, policy_id, signature):
        raise Http404("The link has ended.")
    record("insurance.certificate_read", subject=policy, actor=actor, data={"sha256": policy.certificate_sha256})
    return StoredFile(
        policy.certificate_stored, policy.certificate_name, policy.certificate_type, policy.certificate_size
    )


def _policy(actor: Actor, policy_id: UUID) -> Insurance:
    if actor.kind not in READERS:
        raise Http404("Not for this kind of organisation.")
    actor.require(*READERS[actor.kind])
    found: Insurance | None = Insurance.objects.filter(pk=policy_id).exclude(certificate_stored="").first()
    if found is None:
        raise Http404("No such certificate.")
    return found
