"""Django's sessions in PostgreSQL (`SESSION_ENGINE`). Every page loads one: the same query reads where it was last
used, and whether whoever uses it has a second factor, which the doors would otherwise ask for by themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from brokerage.core.steadfast import first_row

_LOAD = """\
SELECT s.session_data, seen.user_id, seen.ip, seen.user_agent, seen.last_seen_at,
  EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = seen.user_id AND a.type = ANY (%s))
FROM django_session s LEFT JOIN usersessions_usersession seen ON seen.session_key = s.session_key
WHERE s.session_key = %s AND s.expire_date > %s
"""


#: What counts as a second factor: an authenticator app or a passkey; recovery codes alone do not.
STRONG = [Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value]


@dataclass(frozen=True)
class Seen:
    """Whose session it is, from where it was last used, with what, and when; whether they had a second factor when it
    was loaded."""

    user_id: UUID
    ip: str
    user_agent: str
    last_seen_at: dt.datetime
    has_second_factor: bool


class SessionStore(DatabaseStore):
    """`seen` is known once the session is loaded: None where it was not noted yet."""

    seen: Seen | None = None

    def load(self) -> dict[str, Any]:
        found = first_row(_LOAD, [STRONG, self.session_key, timezone.now()])
        if found is None:
            self._session_key = None
            return {}
        data, *seen = found
        self.seen = Seen(*seen) if seen[0] is not None else None
        return self.decode(data)
