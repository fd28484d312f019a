"""Reading the environment for `brokerage.settings`: flags, days, the addresses of databases, how to log."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def read_flag(name: str, default: str = "0") -> bool:
    """Whether the variable says yes."""
    return os.environ.get(name, default).lower() in ("1", "true", "yes", "on")


def read_day(name: str, default: str) -> dt.date | None:
    """The day that the variable names; None where it is empty. Raises ValueError."""
    text = os.environ.get(name, default)
    return dt.date.fromisoformat(text) if text else None


def read_database(url: str, **extra: Any) -> dict[str, Any]:
    """A Django database entry from `postgres://user:password@host:port/name?host=/socket/dir`."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "brokerage",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "OPTIONS": {"connect_timeout": 5, **query},
        "CONN_HEALTH_CHECKS": True,
        **extra,
    }
