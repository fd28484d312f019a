"""What a long-lived process checks before it serves anybody."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured when the process would sign with a key that everybody knows."""
    if settings.SECRET_KEY_IS_UNSET:
        raise ImproperlyConfigured("Set SECRET_KEY to a long random text: without it nothing signed here is safe.")
