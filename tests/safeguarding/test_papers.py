"""What is kept with an alert: strategy meetings, and files that only those open who read what happened."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, connection, transaction
from django.http import Http404
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.actions.files import add_alert_file, files_of
from brokerage.safeguarding.actions.meetings import record_meeting
from brokerage.safeguarding.models import AlertFile, StrategyMeeting
from brokerage.safeguarding.paper_api import AlertFileOut, AlertFileRow, MeetingOut, MeetingRow
from brokerage.safeguarding.queries.alerts import received_alert
from brokerage.safeguarding.queries.meetings import meetings_of
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of
from tests.safeguarding.alerting import raised
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
MEETING: dict[str, Any] = {
    "held_on": TODAY,
    "chaired_by": "head of safeguarding",
    "attended": "police; the designated officer",
    "notes": "The rota was read.",
    "decisions": "Two more adults on every shift.",
}


def met(reference: str, who: str = "tessa", **changes: Any) -> StrategyMeeting:
    with acting(actor_of(who)) as actor:
        return record_meeting(actor, reference=reference, **{**MEETING, **changes})


def paper(name: str = "rota.txt", content: bytes = b"Two adults on every shift.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def kept(reference: str, who: str = "olive", **changes: Any) -> AlertFile:
    with acting(actor_of(who)) as actor:
        return add_alert_file(actor, reference=reference, upload=paper(**changes))


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def seen_by(who: str, reference: str) -> tuple[int, int]:
    """How many meetings and files of the alert this person's organisation reads."""
    with acting(actor_of(who)) as actor:
        return len(meetings_of(actor, received_alert(reference))), len(files_of(actor, reference))


def test_meetings_and_files_are_read_by_those_with_people_there_and_the_central_team() -> None:
    awarded("birch-house", who="oscar")
    reference = raised("edith", told_provider="Call us.").reference
    kept(reference, "edith")
    with acting(actor_of("carol")) as carol:
        record_meeting(carol, reference=reference, **MEETING)
    assert seen_by("edith", reference) == seen_by("carol", reference) == seen_by("olive", reference) == (1, 1)
    assert seen_by("bob", reference) == (0, 0)
    other = raised("olive", told_provider="Call us.").reference
    kept(other)
    met(other)
    assert seen_by("edith", other) == (0, 0), "of the region only"


@pytest.mark.parametrize("who", ["edith", "bob"])
def test_the_database_shows_neither_to_others(who: str) -> None:
    reference = raised("olive", told_provider="Call us.").reference
    kept(reference)
    met(reference)
    with acting(actor_of(who)) as actor:
        for table in ("safeguarding_strategymeeting", "safeguarding_alertfile"):
            if actor.is_provider:
                with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"SELECT count(*) FROM {table}")
            else:
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT count(*) FROM {table}")
                    assert cursor.fetchone()[0] == 0
    for change in ("UPDATE safeguarding_alertfile SET name = 'x'", "DELETE FROM safeguarding_strategymeeting"):
        with acting(actor_of("olive")), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_on": TODAY + dt.timedelta(days=1)}, "day_ahead"),
        ({"next_on": TODAY}, "next_before"),
        ({"notes": " "}, "notes_missing"),
        ({"decisions": "x" * 4001}, "text_too_long"),
        ({"attended": "Born on 3 May 2012."}, "names_a_person"),
    ],
)
def test_what_breaks_a_rule_of_meetings(changes: dict[str, Any], code: str) -> None:
    reference = raised().reference
    with pytest.raises(RuleBroken) as refusal:
        met(reference, **changes)
    assert refusal.value.code == code


def test_who_writes_meetings_and_adds_files() -> None:
    reference = raised().reference
    with pytest.raises(NotPermitted):
        met(reference, "olive")
    with pytest.raises(NotPermitted):
        met(reference, "bob")
    with pytest.raises(Http404):
        met(reference, "wendy")
    for who in ("edith", "carol"):
        with pytest.raises(Http404):
            kept(reference, who)
    with pytest.raises(RuleBroken):
        kept(reference, content=b"MZ\x90\x00", name="rota.exe")
    for _number in range(10):
        kept(reference)
    with pytest.raises(RuleBroken) as refusal:
        kept(reference)
    assert refusal.value.code == "too_many_files"


def test_a_closed_alert_takes_no_files_and_a_waiting_one_does() -> None:
    waiting = raised(severity="high")
    kept(waiting.reference)
    with acting(actor_of("tessa")) as tessa:
        assert len(files_of(tessa, waiting.reference)) == 1, "the second person reads them"
    live = raised(severity="low").reference
    with acting(actor_of("tessa")) as tessa:
        close_alert(tessa, reference=live, outcome="Unfounded.")
    with pytest.raises(NotNow):
        kept(live)


def test_the_pages(sign_in: SignIn) -> None:
    reference = raised(told_provider="Call us.").reference
    officer, manager, central = sign_in("olive"), sign_in("tessa"), sign_in("carol")
    path = f"/o/harrow/alerts/{reference}/"
    assert "Choose a file" in words(officer.post(f"{path}files/new/", {}))
    assert "The file is added." in words(officer.post(f"{path}files/new/", {"file": paper()}, follow=True))
    day = {"held_on_day": str(TODAY.day), "held_on_month": str(TODAY.month), "held_on_year": str(TODAY.year)}
    typed = {**{name: text for name, text in MEETING.items() if name != "held_on"}, **day}
    wrong = words(manager.post(f"{path}meetings/new/", {**typed, "notes": ""}))
    assert "Say what was said" in wrong and "Two more adults" in wrong
    assert "The meeting is recorded." in words(manager.post(f"{path}meetings/new/", typed, follow=True))
    shown = words(central.get(f"/o/west-london-central/alerts/{reference}/"))
    assert "The rota was read." in shown and "rota.txt" in shown and "Strategy meeting on" in shown
    with acting(actor_of("olive")):
        row = AlertFile.objects.get()
    file = central.get(f"/o/west-london-central/alerts/{reference}/files/{row.pk}/", follow=True)
    assert b"".join(file.streaming_content) == b"Two adults on every shift."
    with acting(actor_of("carol")):
        assert Entry.objects.filter(kind="alert.file_read", subject_reference=reference).count() == 1
    link = file.redirect_chain[-1][0]
    assert sign_in("olive").get(link.replace("west-london-central", "harrow")).status_code == 404
    for who, slug in (("edith", "ealing"), ("bob", "birch")):
        other = sign_in(who)
        assert other.get(f"/o/{slug}/alerts/{reference}/files/{row.pk}/").status_code == 404
        seen = words(other.get(f"/o/{slug}/alerts/{reference}/"))
        assert "rota" not in seen and "Strategy" not in seen
        assert other.get(f"/o/{slug}/alerts/{reference}/meetings/new/").status_code in (403, 404)


def test_through_the_api() -> None:
    reference = raised().reference
    harrow, central, ealing = client_of("olive"), client_of("carol"), client_of("edith")
    kept_file = harrow.upload(f"/alerts/{reference}/files", b"Two adults.", name="rota.txt")
    assert kept_file.status_code == 201, kept_file.content
    key = fits(AlertFileRow, kept_file.json())["id"]
    assert len(fits(AlertFileOut, central.get(f"/alerts/{reference}/files").json())["items"]) == 1
    assert ealing.get(f"/alerts/{reference}/files").json()["items"] == []
    assert ealing.get(f"/alerts/{reference}/files/{key}").status_code == 404
    assert b"".join(central.get(f"/alerts/{reference}/files/{key}").streaming_content) == b"Two adults."
    said = {**MEETING, "held_on": TODAY.isoformat()}
    made = central.post(f"/alerts/{reference}/meetings", said)
    assert fits(MeetingRow, made.json())["organisation"] == "West London Central Team"
    assert len(fits(MeetingOut, harrow.get(f"/alerts/{reference}/meetings").json())["items"]) == 1
    assert ealing.get(f"/alerts/{reference}/meetings").json()["items"] == []
    assert ealing.post(f"/alerts/{reference}/meetings", said).status_code in (403, 404)
