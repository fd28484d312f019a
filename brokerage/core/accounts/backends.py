"""Who is signed in: allauth's ways of proving it; who that is, on each page, was read with the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from brokerage.core.accounts.models import User
from brokerage.core.accounts.sessions import Seen
from brokerage.core.tenants.kept_queries import KeptQuery, given

_PERSON = KeptQuery(lambda: User.objects.filter(pk=given("pk")))
#: The session whose person Django asks for: it hands over no more than the person's id.
_session: ContextVar[Any] = ContextVar("session", default=None)


@contextmanager
def read_along(session: Any) -> Iterator[None]:
    """Meanwhile a person asked for is taken from the session, where it was read with it."""
    token = _session.set(session)
    try:
        yield
    finally:
        _session.reset(token)


class Backend(AuthenticationBackend):
    """The one backend (`AUTHENTICATION_BACKENDS`)."""

    def get_user(self, user_id: Any) -> User | None:
        """Whoever a session is of, unless they may no longer sign in."""
        seen: Seen | None = getattr(_session.get(), "seen", None)
        person = seen.person if seen is not None and seen.person.pk == user_id else _PERSON.first(pk=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
