"""Who is signed in: allauth's ways of proving it; reading the person again on each page is a statement made once."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from brokerage.core.accounts.models import User
from brokerage.core.tenants.directory import MEMBERSHIPS
from brokerage.core.tenants.kept_queries import KeptQuery, given

#: With what almost every page asks next: for whom the person may act.
_PERSON = KeptQuery(lambda: User.objects.filter(pk=given("pk")).annotate(memberships_read=MEMBERSHIPS))


class Backend(AuthenticationBackend):
    """The one backend (`AUTHENTICATION_BACKENDS`)."""

    def get_user(self, user_id: Any) -> User | None:
        """Whoever a session is of, unless they may no longer sign in."""
        person = _PERSON.first(pk=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
