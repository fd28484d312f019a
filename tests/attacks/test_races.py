"""The same thing asked twice in one moment."""

from __future__ import annotations

import threading

from django.db import connection
from django.test import Client

from brokerage.core.accounts.models import User
from brokerage.core.tenants import actions
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from tests.cast import actor_of

PASSWORD = "correct-horse-battery-9"


def test_an_invitation_accepted_four_times_at_once_makes_one_member(committed: str) -> None:
    with acting(actor_of("adam")) as adam:
        asked = actions.invite_person(adam, email="new@example.org", name="New", roles=["finance_officer"])
    path = f"/accounts/invitation/{actions.token_of(asked.pk)}/"
    answers: list[int] = []

    def accept() -> None:
        try:
            # Exceptions of one thread would be raised in another's client.
            client = Client(raise_request_exception=False)
            answers.append(client.post(path, {"name": "New Person", "password": PASSWORD}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4 and set(answers) <= {200, 302, 410}, answers
    user = User.objects.get(email="new@example.org")
    with acting(actor_of("adam")):
        assert Membership.objects.get(user=user).roles == ["finance_officer"]
