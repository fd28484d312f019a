"""Repeated requests in real transactions: eight at once, a lost answer, a crash, and what happens without the lock."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client as Browser

from brokerage.core.api import door, idempotency, operations
from brokerage.core.api.models import KeptAnswer
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from placements.models import Referral
from tests.api import probes
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of
from tests.concurrency.test_publishing import at_once

LAMP = {"word": "Lamp"}


@pytest.fixture(autouse=True)
def _probes(settings: Any, committed: str) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.api.probes"
    cache.clear()
    yield
    cache.clear()


def effects() -> int:
    with acting(actor_of("adam")):
        return Entry.objects.filter(kind=probes.KIND).count()


def kept() -> int:
    with acting(actor_of("adam")):
        return KeptAnswer.objects.count()


def sent(machine: Machine, key: str = "once", path: str = "/things", body: Any = None) -> Any:
    """One request over its own connection, faults as answers."""
    own = Machine(machine.token, machine.client_id, Browser(raise_request_exception=False))
    return own.post(path, LAMP if body is None else body, key=key)


def test_eight_at_once_have_one_effect_and_get_one_answer() -> None:
    machine = client_of("olive")
    answers = at_once(*[lambda: sent(machine)] * 8)
    assert {answer.status_code for answer in answers} == {201}, [answer.content for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert Counter(answer.get("Idempotency-Replayed") for answer in answers) == {None: 1, "true": 7}
    assert effects() == 1 and kept() == 1


def test_eight_keys_at_once_have_eight_effects() -> None:
    machine = client_of("olive")
    answers = at_once(*[lambda key=str(number): sent(machine, key) for number in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert effects() == 8 and kept() == 8


def test_the_same_key_of_two_clients_does_not_wait_nor_mix() -> None:
    mine, other = client_of("olive"), client_of("olive")
    answers = at_once(lambda: sent(mine), lambda: sent(other))
    assert [answer.get("Idempotency-Replayed") for answer in answers] == [None, None]
    assert effects() == 2


def test_of_two_bodies_at_once_one_is_refused() -> None:
    machine = client_of("olive")
    answers = at_once(lambda: sent(machine), lambda: sent(machine, body={"word": "Bed"}))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert effects() == 1


def test_without_the_lock_both_have_their_effect_until_an_index_stands_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = client_of("olive")
    together = threading.Barrier(2)
    acted: list[int] = []

    def recall(actor: Any, key: str, fingerprint: str) -> Any:
        found = KeptAnswer.objects.filter(client_id=actor.client_id, key=key).first()
        together.wait(20)
        return found

    real = probes.done

    def done(call: Any, word: str) -> int:
        acted.append(1)
        return real(call, word)

    monkeypatch.setattr(idempotency, "recall", recall)
    monkeypatch.setattr(probes, "done", done)
    answers = at_once(lambda: sent(machine), lambda: sent(machine))
    assert len(acted) == 2, "both found nothing kept and went to work"
    assert sorted(answer.status_code for answer in answers) == [201, 500], "one ran into the index"
    assert effects() == 1


def test_without_lock_and_index_there_are_two_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = client_of("olive")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE api_keptanswer DROP CONSTRAINT answer_kept_once")
    together = threading.Barrier(2)

    def recall(actor: Any, key: str, fingerprint: str) -> None:
        together.wait(20)

    monkeypatch.setattr(idempotency, "recall", recall)
    answers = at_once(lambda: sent(machine), lambda: sent(machine))
    assert [answer.status_code for answer in answers] == [201, 201] and effects() == 2


def test_an_answer_lost_on_its_way_is_given_again() -> None:
    """The effect is committed; the client hears nothing and asks again, with a new connection."""
    machine = client_of("olive")
    lost = sent(machine)
    assert effects() == 1
    del lost
    connection.close()
    again = sent(machine)
    assert again.status_code == 201 and again["Idempotency-Replayed"] == "true" and again.json()["number"] == 1
    assert effects() == 1


@pytest.mark.parametrize("when", ["before the effect", "after the effect", "after the answer was kept", "at commit"])
def test_a_crash_before_the_commit_leaves_neither_effect_nor_answer(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = client_of("olive")

    class Crash(BaseException):
        """Like a process that ends: nothing here catches it."""

    def crash(*_given: Any, **_named: Any) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        if when == "before the effect":
            broken.setattr(probes, "done", crash)
        elif when == "after the effect":
            broken.setattr(idempotency, "keep", crash)
        elif when == "after the answer was kept":
            real = idempotency.keep

            def keep(*given: Any) -> None:
                real(*given)
                raise Crash

            broken.setattr(idempotency, "keep", keep)
        else:
            real_set = door.transaction.get_rollback

            def ending(*given: Any) -> bool:
                # The server's side of the connection goes while the transaction is still open.
                if not real_set(*given):
                    connection.connection.close()
                raise Crash

            broken.setattr(door.transaction, "get_rollback", ending)
        with pytest.raises(Crash):
            sent(machine)
        connection.close()
    assert effects() == 0 and kept() == 0
    again = sent(machine)
    assert again.status_code == 201 and "Idempotency-Replayed" not in again
    assert effects() == 1


def test_a_killed_connection_is_told_and_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = client_of("olive")
    real = operations.idempotency.keep

    def keep(*given: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        _kill(pid)
        real(*given)

    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "keep", keep)
        answer = sent(machine)
    assert answer.status_code == 503 and answer.json()["code"] == "unavailable" and answer["Retry-After"]
    connection.close()
    assert effects() == 0 and sent(machine).status_code == 201 and effects() == 1


def _kill(pid: int) -> None:
    superuser = psycopg2.connect(os.environ["SUPERUSER_DATABASE_URL"])
    try:
        superuser.autocommit = True
        with superuser.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        superuser.close()


def test_eight_real_drafts_at_once_are_one(settings: Any) -> None:
    settings.ROOT_URLCONF = "brokerage.urls"
    machine = client_of("olive")
    body = {
        "category": "residential",
        "urgency": "planned",
        "new_person": {
            "case_number": "C-1",
            "given_name": "Zachariah",
            "family_name": "Quillfeather",
            "date_of_birth": f"{TODAY.year - 14}-01-01",
            "sex": "male",
            "home_postcode": "HA1 2AA",
        },
    }
    answers = at_once(*[lambda: sent(machine, path="/referrals", body=body)] * 8)
    assert {answer.status_code for answer in answers} == {201}, [answer.content for answer in answers]
    assert len({answer.json()["reference"] for answer in answers}) == 1
    with acting(actor_of("olive")):
        assert Referral.objects.count() == 1
