"""Signatures of webhooks: Standard Webhooks (https://www.standardwebhooks.com), HMAC-SHA256, `v1`."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Sequence

from standardwebhooks.webhooks import Webhook as Signer

PREFIX = "whsec_"
#: Bytes of a secret (the standard allows 24 to 64).
LENGTH = 32


def new_secret() -> str:
    """A fresh secret as receivers enter it: `whsec_…`."""
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def headers(message_id: str, at: dt.datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of one message, signed with every key (two while one is being replaced). `at` is aware."""
    at = at.astimezone(dt.UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(message_id, at, body.decode()) for key in keys),
    }
