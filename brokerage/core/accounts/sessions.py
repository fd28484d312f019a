"""Django's sessions in PostgreSQL (`SESSION_ENGINE`). Every page loads one: the same query reads where it was last
used, which `SessionSeenMiddleware` would otherwise ask for by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone

_LOAD = """\
SELECT s.session_data, seen.user_id, seen.ip, seen.user_agent, seen.last_seen_at
FROM django_session s LEFT JOIN usersessions_usersession seen ON seen.session_key = s.session_key
WHERE s.session_key = %s AND s.expire_date > %s
"""


@dataclass(frozen=True)
class Seen:
    """Whose session it is, from where it was last used, with what, and when."""

    user_id: UUID
    ip: str
    user_agent: str
    last_seen_at: dt.datetime


class SessionStore(DatabaseStore):
    """`seen` is known once the session is loaded: None where it was not noted yet."""

    seen: Seen | None = None

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        data, user_id, ip, user_agent, last_seen_at = found
        self.seen = Seen(user_id, ip, user_agent, last_seen_at) if user_id is not None else None
        return self.decode(data)
