"""An alert that waits for a second person is not forgotten: others are asked again, and where there are none, pages,
the API and a message say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from brokerage.core.accounts.models import User
from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, system, worker
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding import waiting
from brokerage.safeguarding.actions.alerts import confirm_alert, dismiss_alert
from brokerage.safeguarding.models import Alert
from tests.api.clients import client_of
from tests.cast import actor_of, ident
from tests.safeguarding.alerting import raised
from tests.safeguarding.test_pages import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
KIND = "alert_confirm_reminder"
ALONE = "nobody else here may send"


def queued() -> OutboxItem:
    with worker():
        return OutboxItem.objects.filter(kind=KIND).latest("available_at")


def ask(step: int = 0) -> None:
    """Do the reminder that waits, as if it were this step."""
    item = queued()
    item.payload["step"] = step or item.payload["step"]
    outbox._handlers[KIND](item)


def asked(template: str) -> dict[str, str]:
    """Who has a message of this template -> where its link leads."""
    with worker():
        rows = Message.objects.filter(template=f"safeguarding.{template}", channel="email")
        paths = dict(rows.values_list("user_id", "path"))
    return {user.email.split("@")[0]: paths[user.pk] for user in User.objects.filter(pk__in=paths)}


def leave_alone(*kept: str) -> None:
    """Nobody of Harrow but these may decide on alerts."""
    with system(actor_of("olive").organisation_id) as harrow:
        leads = Membership.objects.filter(
            organisation_id=harrow.organisation_id,
            roles__overlap=["team_manager", "nominated_officer", "director", "commissioner"],
        )
        leads.exclude(user_id__in=[actor_of(who).user_id for who in kept]).update(roles=["finance_officer"])


def high() -> Alert:
    return raised(severity="high")


def test_everybody_else_who_may_send_it_is_asked_again_after_half_an_hour_then_each_hour(sign_in: SignIn) -> None:
    alert = raised("tessa", severity="high")
    assert queued().available_at - alert.raised_at == dt.timedelta(minutes=30)
    ask()
    paths = asked("still_to_confirm")
    assert set(paths) == {"nora", "dora", "connie"}, "not whoever raised it"
    for who, path in paths.items():
        assert "Send it to everybody who must know" in words(sign_in(who).get(path))
    with worker():
        assert all(Message.objects.filter(template="safeguarding.still_to_confirm").values_list("is_urgent", flat=True))
    ahead = queued()
    assert ahead.payload["step"] == 2
    assert dt.timedelta(minutes=59) < ahead.available_at - ahead.created_at <= dt.timedelta(hours=1)


def test_a_reminder_done_twice_asks_nobody_twice() -> None:
    high()
    item = queued()
    for _time in range(2):
        outbox._handlers[KIND](item)
    with worker():
        assert Message.objects.filter(template="safeguarding.still_to_confirm", channel="email").count() == 4
        assert OutboxItem.objects.filter(kind=KIND).count() == 2


@pytest.mark.parametrize("sends", [True, False])
def test_it_ends_when_it_is_sent_or_not(sends: bool) -> None:
    alert = high()
    with acting(actor_of("tessa")) as actor:
        if sends:
            confirm_alert(actor, reference=alert.reference)
        else:
            dismiss_alert(actor, reference=alert.reference, reason="It is another home of that name.")
    ask()
    assert not asked("still_to_confirm") and queued().payload["step"] == 1


def test_an_alert_that_is_sent_at_once_asks_nobody() -> None:
    raised(severity="high", is_immediate_danger=True)
    raised(severity="low")
    with worker():
        assert not OutboxItem.objects.filter(kind=KIND).exists()


def test_whoever_raised_it_is_told_that_it_is_not_sent(sign_in: SignIn) -> None:
    alert = high()
    with acting(actor_of("tessa")) as actor:
        dismiss_alert(actor, reference=alert.reference, reason="It is another home of that name.")
    with worker():
        item = OutboxItem.objects.filter(kind="notify").latest("created_at")
    outbox._handlers["notify"](item)
    paths = asked("not_sent")
    assert set(paths) == {"olive"}
    assert "another home of that name" in words(sign_in("olive").get(paths["olive"]))


def test_where_nobody_else_may_send_it_pages_say_so(sign_in: SignIn) -> None:
    page = f"/o/harrow/alerts/new/?establishment={ident('birch-house')}"
    assert ALONE not in words(sign_in("tessa").get(page)).lower()
    leave_alone("tessa")
    assert ALONE in words(sign_in("tessa").get(page)).lower()
    assert ALONE not in words(sign_in("olive").get(page)).lower(), "Tessa may"
    alert = raised("tessa", severity="high")
    assert ALONE in words(sign_in("tessa").get(f"/o/harrow/alerts/{alert.reference}/"))


def times_alone() -> int:
    with worker():
        return Message.objects.filter(template="safeguarding.nobody_confirms", channel="email").count()


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def pass_(days: int) -> None:
        monkeypatch.setattr(waiting, "database_now", lambda: database_now() + dt.timedelta(days=days))

    return pass_


def test_where_nobody_else_may_send_it_whoever_raised_it_hears_so_three_times_a_day_apart(
    sign_in: SignIn, days_pass: Callable[[int], None]
) -> None:
    leave_alone("tessa")
    alert = raised("tessa", severity="high")
    ask()
    paths = asked("nobody_confirms")
    assert paths == {"tessa": f"/o/harrow/alerts/{alert.reference}/"} and not asked("still_to_confirm")
    assert ALONE in words(sign_in("tessa").get(paths["tessa"]))
    ask()
    assert times_alone() == 1
    # A message bears the real time: each is more than a day before these.
    for day, times in ((2, 2), (4, 3), (9, 3)):
        days_pass(day)
        ask()
        assert times_alone() == times
    step = queued().payload["step"]
    with system(actor_of("olive").organisation_id) as harrow:
        Membership.objects.filter(organisation_id=harrow.organisation_id, user_id=actor_of("nora").user_id).update(
            roles=["nominated_officer"]
        )
    ask()
    assert set(asked("still_to_confirm")) == {"nora"}, "whoever comes later is asked"
    assert queued().payload["step"] == step + 1


def test_whoever_is_left_alone_later_hears_so_at_once() -> None:
    raised("tessa", severity="high")
    ask()
    assert asked("still_to_confirm") and not times_alone()
    leave_alone("tessa")
    ask()
    assert times_alone() == 1


def test_nobody_is_reminded_once_another_alert_about_the_same_home_was_sent(
    days_pass: Callable[[int], None],
) -> None:
    leave_alone("tessa")
    raised("tessa", severity="high")
    raised("tessa", severity="high", is_immediate_danger=True, establishment_id=ident("birch-lodge"))
    ask()
    assert times_alone() == 1 and queued().payload["step"] == 2
    raised("tessa", severity="high", is_immediate_danger=True)
    days_pass(2)
    ask()
    assert times_alone() == 1 and queued().payload["step"] == 2


def test_the_api_says_whether_there_is_a_second_person() -> None:
    def answer(who: str) -> object:
        body = {
            "provider_id": str(ident("birch")),
            "kind": "allegation",
            "severity": "high",
            "what_happened": "Two of the night staff did not come.",
            "action_taken": "The regulator knows.",
        }
        return client_of(who).post("/alerts", body).json()["has_second_person"]

    assert answer("tessa") is True
    leave_alone("tessa")
    assert answer("olive") is True and answer("tessa") is False
