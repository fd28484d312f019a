"""What the database itself refuses of alerts, whoever writes the SQL; and two at once have one effect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions import alerts, answers
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from tests.cast import actor_of, ident
from tests.safeguarding.alerting import CANARY, answered, facts, raised
from tests.scenarios import awarded


def run(who: str, statement: str, *values: Any) -> int:
    """How many rows the statement touched, as the person's organisation."""
    with acting(actor_of(who)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def refused(who: str, statement: str, *values: Any) -> str:
    with pytest.raises(DatabaseError) as error:
        run(who, statement, *values)
    return str(error.value)


@pytest.mark.django_db
def test_nobody_forges_the_life_of_an_alert() -> None:
    waiting = raised(severity="high").pk
    send = "UPDATE safeguarding_alert SET status = 'live', sent_at = now() WHERE id = %s"
    assert "second person" in refused("olive", send, waiting)
    assert "does not move" in refused("tessa", "UPDATE safeguarding_alert SET status = status WHERE id = %s", waiting)
    close = "UPDATE safeguarding_alert SET status = 'closed', sent_at = now(), closed_at = now() WHERE id = %s"
    assert "does not move" in refused("tessa", close, waiting)
    for column in ("what_happened", "severity", "raised_by_user_id", "reference", "told_provider", "raised_by_id"):
        assert "permission denied" in refused("tessa", f"UPDATE safeguarding_alert SET {column} = NULL")
    assert "permission denied" in refused("olive", "DELETE FROM safeguarding_alert")
    assert run("edith", send, waiting) == 0
    with acting(actor_of("tessa")) as actor:
        reference = alerts.confirm_alert(actor, reference=Alert.objects.get(pk=waiting).reference).reference
        alerts.close_alert(actor, reference=reference, outcome="Unfounded.")
    assert "does not move" in refused("tessa", "UPDATE safeguarding_alert SET outcome = 'Other' WHERE id = %s", waiting)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"severity": "high"}, {"status": "closed"}, {"raised_by_user_id": None}])
def test_nobody_writes_an_alert_that_was_never_raised_so(change: dict[str, Any]) -> None:
    with acting(actor_of("olive")) as actor:
        alert = alerts.raise_alert(actor, facts=facts())
        alert.pk, alert.reference, alert.closed_at = ident("forged"), "S-FORG-ED00", alert.sent_at
        for name, value in change.items():
            setattr(alert, name, value)
        with pytest.raises(DatabaseError, match="no alert begins so"), transaction.atomic():
            alert.save(force_insert=True)


@pytest.mark.django_db
def test_nobody_writes_who_was_told_or_reads_what_others_were() -> None:
    alert = raised()
    for who in ("olive", "edith", "carol", "bob"):
        for words in ("reasons = '{resident}'", "content = '{}'", "closed_at = now()", "told_at = now()"):
            assert "permission denied" in refused(who, f"UPDATE safeguarding_alertrecipient SET {words}")
        assert "permission denied" in refused(who, "DELETE FROM safeguarding_alertrecipient")
        with acting(actor_of(who)) as actor:
            assert not AlertRecipient.objects.exclude(organisation_id=actor.organisation_id).exists()
    assert "permission denied" in refused("bob", "SELECT * FROM safeguarding_alert")
    for who in ("edith", "nia", "wendy"):
        assert run(who, "SELECT * FROM safeguarding_alert") == 0
        assert run(who, "SELECT * FROM alert_roster(%s)", alert.reference) == 0
    for name in ("alert_tell(%s)", "alert_roster(%s)"):
        assert "permission denied" in refused("bob", f"SELECT {name}", str(alert.pk))
    assert "not yours" in refused("carol", "SELECT alert_tell(%s)", str(alert.pk))


@pytest.mark.django_db
def test_telling_again_tells_nobody_twice() -> None:
    alert = raised()
    with worker():
        before = Message.objects.count()
    for _again in range(3):
        run("olive", "SELECT alert_tell(%s)", alert.pk)
    with worker():
        assert Message.objects.count() == before
        assert set(Message.objects.values_list("template", flat=True)) == {"safeguarding.alert"}


@pytest.mark.django_db
def test_an_answer_is_given_once_and_not_taken_back() -> None:
    alert = raised()
    undo = "UPDATE safeguarding_alertrecipient SET acknowledged_at = NULL, response = '' WHERE reference = %s"
    assert "row-level security" in refused("edith", undo, alert.reference)
    answered(alert.reference, "edith")
    assert run("edith", undo, alert.reference) == 0
    again = "UPDATE safeguarding_alertrecipient SET acknowledged_at = now(), response = 'Other' WHERE reference = %s"
    assert run("edith", again, alert.reference) == 0


@pytest.mark.django_db
def test_a_check_belongs_to_an_alert_of_ones_own_and_is_recorded_once() -> None:
    awarded("birch-house")
    alert = raised()
    answered(alert.reference)
    with acting(actor_of("olive")):
        check = WelfareCheck.objects.get()
    check.pk, check.authority_id = ident("forged"), actor_of("edith").organisation_id
    with pytest.raises(DatabaseError, match="row-level security"), acting(actor_of("edith")):
        check.save(force_insert=True)
    assert "permission denied" in refused("olive", "UPDATE safeguarding_welfarecheck SET plan = 'None'")
    done = "UPDATE safeguarding_welfarecheck SET found = 'Well', is_safe = true, done_on = current_date"
    assert (run("olive", done), run("olive", done), run("edith", done)) == (1, 0, 0)


@pytest.mark.django_db
def test_closing_keeps_what_each_was_told_and_why() -> None:
    awarded("birch-house")
    alert = raised()
    with acting(actor_of("olive")):
        before = AlertRecipient.objects.get()
        assert "starting" in before.reasons
    assert run("olive", "UPDATE placements_placement SET status = 'cancelled'") == 1
    with acting(actor_of("tessa")) as actor:
        alerts.close_alert(actor, reference=alert.reference, outcome="Unfounded.")
    with acting(actor_of("olive")):
        after = AlertRecipient.objects.get()
    assert set(after.reasons) == set(before.reasons) and after.told_at == before.told_at
    assert after.content["what_happened"] and after.content["outcome"] == "Unfounded."
    with acting(actor_of("edith")):
        ealing = AlertRecipient.objects.get()
    assert CANARY not in str(ealing.content) and ealing.content["outcome"] == "Unfounded."


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, each in a thread of its own and all begun together."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def act(number: int, one: Callable[[], Any]) -> None:
        barrier.wait(20)
        try:
            found[number] = one()
        except Exception as error:
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_raising_twice_at_once_raises_one(committed: str) -> None:
    first, second = at_once(raised, raised)
    assert first.reference == second.reference
    with acting(actor_of("olive")):
        assert Alert.objects.count() == 1
    with worker():
        told = list(Message.objects.values_list("organisation_id", "user_id", "channel"))
    assert len(told) == len(set(told))


def test_without_the_lock_two_are_raised(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: it is the lock that makes them one."""
    looked = threading.Barrier(2)
    before = alerts._raised_again

    def look(*words: Any, **named: Any) -> Any:
        found = before(*words, **named)
        looked.wait(20)
        return found

    monkeypatch.setattr(alerts, "_hold", lambda _name: None)
    monkeypatch.setattr(alerts, "_raised_again", look)
    at_once(raised, raised)
    with acting(actor_of("olive")):
        assert Alert.objects.count() == 2


def test_answering_twice_at_once_answers_once(committed: str) -> None:
    awarded("birch-house")
    reference = raised().reference
    outcomes = at_once(lambda: answered(reference), lambda: answered(reference))
    codes = sorted(getattr(outcome, "code", "done") for outcome in outcomes)
    assert codes == ["alert_answered", "done"]
    with acting(actor_of("olive")):
        assert WelfareCheck.objects.count() == 1


def test_two_different_second_persons_send_once(committed: str) -> None:
    reference = raised(severity="high").reference

    def send(who: str) -> Any:
        with acting(actor_of(who)) as actor:
            return alerts.confirm_alert(actor, reference=reference)

    outcomes = at_once(lambda: send("tessa"), lambda: send("nora"))
    assert sorted(getattr(outcome, "code", "done") for outcome in outcomes) == ["alert_not_now", "done"]


def test_without_the_lock_an_answer_is_kept_once_by_the_database(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: both have read that nobody answered; the database lets one through."""
    reference = raised().reference
    looked = threading.Barrier(2)
    before = answers.received_alert

    def look(name: str) -> Any:
        found = before(name)
        looked.wait(20)
        return found

    monkeypatch.setattr(answers, "received_alert", look)
    monkeypatch.setattr(answers, "hold_name", lambda _name: None)
    outcomes = at_once(lambda: answered(reference, "edith"), lambda: answered(reference, "edith"))
    assert [isinstance(outcome, DatabaseError) for outcome in outcomes].count(True) == 1
