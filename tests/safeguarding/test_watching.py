"""What follows an alert: welfare checks collected and reminded of, and one timeline for each reader."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client

from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions.answers import record_check
from brokerage.safeguarding.api import CollectedChecks
from brokerage.safeguarding.checks import tell_of_late_checks
from brokerage.safeguarding.event_shapes import AlertEventRow
from brokerage.safeguarding.models import AlertRecipient, WelfareCheck
from brokerage.safeguarding.queries.alerts import Told, collected_checks, roster
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of
from tests.closures.closing import announced
from tests.safeguarding.alerting import answered, raised
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def planned() -> tuple[str, WelfareCheck]:
    """An alert with Harrow's answer, and its one check."""
    awarded("birch-house")
    reference = raised().reference
    answered(reference)
    with acting(actor_of("olive")):
        return reference, WelfareCheck.objects.get()


def found(check: WelfareCheck, *, is_safe: bool) -> None:
    with acting(actor_of("olive")) as olive:
        record_check(olive, check_id=check.pk, found="Bruises.", is_safe=is_safe, done_on=TODAY)


def test_checks_are_counted_for_the_raiser_and_the_central_team_alone() -> None:
    reference, check = planned()
    assert check.due_on == TODAY + dt.timedelta(days=3)
    found(check, is_safe=False)
    for who in ("olive", "carol"):
        with acting(actor_of(who)):
            (line,) = collected_checks(reference)
        assert (line.organisation_name, line.planned, line.done, line.safe, line.unsafe, line.late, line.to_do) == (
            *("Harrow", 1, 1, 0, 1, 0),
            0,
        )
    for who in ("edith", "nia", "wendy"):
        with acting(actor_of(who)):
            assert collected_checks(reference) == []
    with acting(actor_of("bob")), pytest.raises(Error), transaction.atomic():
        collected_checks(reference)
    machine = client_of("carol")
    (counted,) = fits(CollectedChecks, machine.get(f"/alerts/{reference}/collected-checks").json())["items"]
    assert counted["unsafe_count"] == 1


def test_the_pages_show_numbers_and_what_to_do(sign_in: SignIn) -> None:
    reference, check = planned()
    found(check, is_safe=False)
    own = sign_in("olive").get(f"/o/harrow/alerts/{reference}/")
    assert "Not safe: act now." in words(own) and "Raise another alert" in words(own)
    assert re.search(r"/o/harrow/referrals/[^/]+/copy/", own.content.decode())
    central = words(sign_in("carol").get(f"/o/west-london-central/alerts/{reference}/who-was-told/"))
    assert "Welfare checks" in central and "Bruises" not in central and check.placement_reference not in central


def late(step: int = 1) -> OutboxItem:
    with acting(actor_of("olive")):
        told = AlertRecipient.objects.get()
        organisation = told.organisation_id
    payload = {"recipient": str(told.pk), "step": step}
    return OutboxItem(organisation_id=organisation, queue="alerts", kind="check_reminder", payload=payload)


def reminded() -> list[Any]:
    """The organisations that are to be told of late checks."""
    with worker():
        queued = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        notices = [notice for payload in queued for notice in payload["notices"]]
    return [one["organisation_id"] for one in notices if one["template"] == "safeguarding.checks_late"]


def test_nobody_moves_the_day_of_a_check() -> None:
    planned()
    with acting(actor_of("olive")), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE safeguarding_welfarecheck SET due_on = due_on + 30")


def test_late_checks_are_told_once_a_day_until_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    _reference, check = planned()
    with worker():
        (item,) = OutboxItem.objects.filter(kind="check_reminder")
        assert item.available_at.date() == TODAY + dt.timedelta(days=4)
    tell_of_late_checks(late())
    assert not reminded()
    monkeypatch.setattr("brokerage.safeguarding.checks.database_today", lambda: TODAY + dt.timedelta(days=4))
    for _twice in range(2):
        tell_of_late_checks(late())
    assert reminded() == [str(actor_of("olive").organisation_id)]
    with worker():
        steps = OutboxItem.objects.filter(kind="check_reminder").values_list("payload__step", flat=True)
        assert sorted(steps) == [1, 2]
    found(check, is_safe=True)
    tell_of_late_checks(late(2))
    with worker():
        assert OutboxItem.objects.filter(kind="check_reminder").count() == 2


def test_closing_shows_what_is_not_done_and_ends_no_check(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, check = planned()
    page = f"/o/harrow/alerts/{reference}/close/"
    told = len(roster_of(reference))
    shown = words(sign_in("tessa").get(page))
    assert f"{told - 1} organisations have not answered" in shown
    assert "1 welfare check is not done" in shown and "0 people were found not safe" in shown
    assert sign_in("tessa").post(page, {"outcome": "The home is safe."}).status_code == 302
    monkeypatch.setattr("brokerage.safeguarding.checks.database_today", lambda: TODAY + dt.timedelta(days=4))
    tell_of_late_checks(late(40))
    assert reminded() == [str(actor_of("olive").organisation_id)]
    with worker():
        assert OutboxItem.objects.filter(kind="check_reminder", payload__step=41).exists()
    own = sign_in("olive").get(f"/o/harrow/alerts/{reference}/")
    assert "Record the check" in words(own)
    found(check, is_safe=False)


def roster_of(reference: str) -> list[Told]:
    with acting(actor_of("olive")):
        return roster(reference)


def test_people_found_not_safe_are_counted_before_closing(sign_in: SignIn) -> None:
    reference, check = planned()
    found(check, is_safe=False)
    shown = words(sign_in("tessa").get(f"/o/harrow/alerts/{reference}/close/"))
    assert "0 welfare checks are not done" in shown and "1 person was found not safe" in shown


def test_the_timeline_shows_each_what_it_may(sign_in: SignIn) -> None:
    reference, check = planned()
    found(check, is_safe=True)
    announced()
    own = words(sign_in("olive").get(f"/o/harrow/alerts/{reference}/"))
    for step in ("Alert raised", "Sent to everybody", "have answered", "Welfare check planned", "Closure announced"):
        assert step in own, step
    central = words(sign_in("carol").get(f"/o/west-london-central/alerts/{reference}/"))
    assert "You were told" in central and "1 planned, 1 done, 0 not safe." in central
    assert check.placement_reference not in central
    other = words(sign_in("edith").get(f"/o/ealing/alerts/{reference}/"))
    assert "You were told" in other and "have answered" not in other and "Closure announced" not in other


def test_the_api_lists_the_same_timeline_for_each() -> None:
    reference, check = planned()
    found(check, is_safe=True)
    announced()

    def kinds(who: str, *scopes: str) -> list[str]:
        answer = client_of(who, scopes=scopes or None).get(f"/alerts/{reference}/timeline")
        assert answer.status_code == 200, answer.content
        rows = fits(AlertEventRow, answer.json())["items"]
        assert [row["at"] for row in rows] == sorted(row["at"] for row in rows), "the oldest first"
        said = str(rows)
        assert (check.placement_reference in said) is (who == "olive") and "Bruises" not in said
        return [row["kind"] for row in rows]

    own = set(kinds("olive"))
    assert own >= {"raised", "sent", "answered", "organisations_told", "answers", "check_planned", "closure_announced"}
    assert "closure_announced" not in kinds("olive", "alerts:read"), "closures are another scope"
    assert {"told", "checks", "organisations_told"} <= set(kinds("carol")) and "check_planned" not in kinds("carol")
    assert kinds("edith") == ["told"]
    for who in ("nia", "bob"):
        assert client_of(who).get(f"/alerts/{reference}/timeline").status_code == 404


def test_an_alert_that_waits_has_a_timeline_for_its_raiser_alone() -> None:
    reference = raised(severity="high").reference
    rows = client_of("olive").get(f"/alerts/{reference}/timeline").json()["items"]
    assert [row["kind"] for row in rows] == ["raised"]
    for who in ("edith", "carol", "bob"):
        assert client_of(who).get(f"/alerts/{reference}/timeline").status_code == 404
