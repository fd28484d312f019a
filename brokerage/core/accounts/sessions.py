"""Django's sessions in PostgreSQL (`SESSION_ENGINE`). Every page loads one: the same query reads where it was last
used, whose it is, for whom they may act, and whether they have a second factor: what the doors would ask one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from brokerage.core.accounts.models import User
from brokerage.core.steadfast import first_row
from brokerage.core.tenants.directory import remember_memberships
from brokerage.core.tenants.kept_plans import KeptPlan
from brokerage.core.tenants.rowsecurity import LOGIN

#: What counts as a second factor: an authenticator app or a passkey; recovery codes alone do not.
STRONG = [Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value]

#: The person is whoever the session was noted of, none before that.
LOADED = KeptPlan(
    "loaded_session",
    takes=("varchar", "timestamptz", "varchar[]"),
    gives="session_data text, ip inet, user_agent varchar, last_seen_at timestamptz, has_second_factor boolean,"
    " person accounts_user, memberships jsonb",
    role=LOGIN,
    query="""\
SELECT s.session_data, seen.ip, seen.user_agent, seen.last_seen_at,
  EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = seen.user_id AND a.type = ANY ($3)),
  u, memberships_of_user(u.id)
FROM django_session s LEFT JOIN usersessions_usersession seen ON seen.session_key = s.session_key
  LEFT JOIN accounts_user u ON u.id = seen.user_id
WHERE s.session_key = $1 AND s.expire_date > $2""",
)
_FIELDS = {field.attname: field.column for field in User._meta.concrete_fields}
_LOAD = (
    "SELECT s.session_data, s.ip, s.user_agent, s.last_seen_at, s.has_second_factor, s.memberships::text, "
    + ", ".join(f"(s.person).{column}" for column in _FIELDS.values())
    + f" FROM {LOADED.asked} s"
)


@dataclass(frozen=True)
class Seen:
    """Whose session it is, from where it was last used, with what, and when; whether they had a second factor when it
    was loaded."""

    person: User
    ip: str
    user_agent: str
    last_seen_at: dt.datetime
    has_second_factor: bool


class SessionStore(DatabaseStore):
    """`seen` is known once the session is loaded: None where it was not noted yet."""

    seen: Seen | None = None

    def load(self) -> dict[str, Any]:
        self.seen = None
        found = first_row(_LOAD, [self.session_key, timezone.now(), STRONG])
        if found is None:
            self._session_key = None
            return {}
        data, ip, user_agent, last_seen_at, has_second_factor, memberships, *columns = found
        person = User.from_db("default", list(_FIELDS), columns)
        if person.pk is not None:
            remember_memberships(person, memberships)
            self.seen = Seen(person, ip, user_agent, last_seen_at, has_second_factor)
        return self.decode(data)

    def flush(self) -> None:
        super().flush()
        self.seen = None
