"""Small secrets at rest (second factors, an identity provider's client secret), so that a copy of the database alone
opens nothing. The key is derived from SECRET_KEY; after a change, former keys stand in SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = b"brokerage.accounts.sealed_text"


class CannotUnseal(ValueError):
    """The text was sealed with a key that is gone, or is no sealed text."""


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest() for secret in map(str, secrets)]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def seal(text: str) -> str:
    """The text, encrypted and authenticated."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again. Raises `CannotUnseal`."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal("Sealed with another key") from error
