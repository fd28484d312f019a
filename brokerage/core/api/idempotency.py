"""A repeated request has one effect: the answer is kept in the transaction of the effect, and given again.

Eight at once wait for the first; a crash before the commit leaves neither effect nor answer. Refusals are not kept:
nothing happened, and the request may be mended and sent again.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from brokerage.core.api.models import KeptAnswer
from brokerage.core.api.problems import Problem
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor

#: How long an answer is kept.
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def key_of(request: HttpRequest) -> str:
    """The request's Idempotency-Key, or nothing; raises `Problem` when it cannot be one."""
    key = str(request.headers.get("Idempotency-Key", ""))
    if key and not _KEY.fullmatch(key):
        message = "Idempotency-Key is 1 to 200 visible ASCII characters, such as a UUID."
        raise Problem(422, "invalid_idempotency_key", message)
    return key


def fingerprint_of(request: HttpRequest) -> str:
    """What makes two requests the same: method, address, a file's name, and body."""
    named = request.headers.get("Content-Disposition", "")
    words = f"{request.method}\n{request.get_full_path()}\n{named}\n".encode() + request.body
    return hashlib.sha256(words).hexdigest()


def recall(actor: Actor, key: str, fingerprint: str) -> HttpResponse | None:
    """The answer given to this key before. Waits for a request under way with the same key.

    Raises `Problem` (422 `idempotency_key_reused`) when the key came with another request.
    """
    hold_name(f"idempotency:{actor.client_id}:{key}")
    kept = KeptAnswer.objects.filter(client_id=actor.client_id, key=key).first()
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key was used with another request.")
    response = HttpResponse(kept.body.encode(), status=kept.status, content_type="application/json")
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def keep(actor: Actor, key: str, fingerprint: str, response: HttpResponse) -> None:
    """Keep the answer, in the transaction of its effect."""
    assert actor.client_id is not None, "only clients come through this door"
    KeptAnswer(
        organisation_id=actor.organisation_id,
        client_id=actor.client_id,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        headers={name: response[name] for name in ("Location", "ETag") if response.has_header(name)},
        body=response.content.decode(),
        created_at=database_now(),
    ).save(force_insert=True)
