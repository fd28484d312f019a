"""Keeping secrets that stand in an address (the link of an invitation, of a document) out of every log."""

from __future__ import annotations

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

_SECRET = re.compile(
    r"(/accounts/invitation/|/documents/[0-9a-f-]{36}/|/password/reset/key/|/speak/|/siarad/)[^/\s?\"']+"
)
#: Pages where people speak without signing in: no log says from where, with what, or coming from which page.
_UNTRACED = ("/speak/", "/siarad/")
_TELLING = ("h", "l", "u", "f", "a")


def without_secrets(text: str) -> str:
    """The text with the secret part of such addresses replaced by `…`."""
    return _SECRET.sub(r"\1…", text)


class WithoutSecrets(logging.Filter):
    """For every handler: no log line carries such a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        clean = without_secrets(told)
        if clean != told:
            record.msg, record.args = clean, None
        return True


class AccessLog(Logger):
    """Gunicorn's access log, with the same care."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        told = {key: without_secrets(value) if isinstance(value, str) else value for key, value in found.items()}
        if str(environ.get("PATH_INFO", "")).startswith(_UNTRACED):
            told |= {key: "-" for key in told if key in _TELLING or key.startswith("{")}
        return told
