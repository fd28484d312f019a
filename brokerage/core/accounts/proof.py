"""A fresh proof of who one is, before signing and before releasing full papers.

Our own check: allauth counts a person without password or second factor as proven. A sign-in counts as a proof while
it is fresh; a remembered session does not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: Session methods (allauth's names) that prove a person, and what an agreement prints.
METHODS = {
    "password": _("Password"),
    "mfa": _("Second factor"),
    "code": _("Code sent by e-mail"),
    "socialaccount": _("The organisation's identity provider"),
}


@dataclass(frozen=True)
class Proof:
    """When and how a person last proved who they are."""

    at: dt.datetime
    method: str

    @property
    def label(self) -> str:
        return str(METHODS[self.method])


class ProofNeeded(Exception):
    """The page needs a fresh proof; the door sends the person to prove it and back to `path`."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def latest_proof(request: HttpRequest) -> Proof | None:
    """The newest proof in this session, however old."""
    proofs = [
        Proof(dt.datetime.fromtimestamp(record["at"], tz=dt.UTC), _method(record))
        for record in get_authentication_records(request, request.user)
        if _method(record) in METHODS and isinstance(record.get("at"), (int, float))
    ]
    return max(proofs, key=lambda proof: proof.at, default=None)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the newest proof is under five minutes old (`FRESH_PROOF_SECONDS`)."""
    proof = latest_proof(request)
    if proof is None:
        return False
    age = (timezone.now() - proof.at).total_seconds()
    return -5 <= age <= settings.FRESH_PROOF_SECONDS


def require_fresh(request: HttpRequest, *, back_to: str | None = None) -> Proof:
    """The fresh proof; raises `ProofNeeded`, which the door turns into the page that asks for one."""
    proof = latest_proof(request)
    if proof is None or not is_fresh(request):
        raise ProofNeeded(back_to or request.get_full_path())
    return proof


def _method(record: dict[str, object]) -> str:
    method = str(record.get("method", ""))
    # Only an identity provider that was told to ask again counts, and it says when it did (auth_time).
    if method == "socialaccount" and not record.get("reauthenticated"):
        return ""
    return method
