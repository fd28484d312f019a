"""What the database itself refuses of incidents, whoever writes the SQL; and two reports at once are one episode."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.incidents.actions import answers, reports
from brokerage.safeguarding.incidents.models import Incident, IncidentEntry
from brokerage.safeguarding.incidents.queries import residents
from tests.cast import actor_of, ident
from tests.firewall.finding import living
from tests.incidents.reporting import facts, left, one_of_each, reported, resident, returned

TABLES = ("incidents_incident", "incidents_incidententry")


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
def test_each_side_reads_its_own_and_nobody_else_any() -> None:
    ours, theirs = reported(resident()), reported(resident(who="edith"))
    read = "SELECT id FROM incidents_incident"
    assert [run(who, read) for who in ("olive", "edith", "bob", "cecil", "nia")] == [1, 1, 2, 0, 0]
    for table in TABLES:
        assert "permission denied" in refused("carol", f"SELECT id FROM {table}")
    one = "SELECT id FROM incidents_incident WHERE id = %s"
    assert run("olive", one, theirs.pk) == 0 and run("edith", one, ours.pk) == 0
    assert "permission denied" in refused("olive", "SELECT * FROM incident_residents()")
    assert run("cecil", "SELECT * FROM incident_residents()") == 0


@pytest.mark.django_db
def test_an_internal_entry_is_the_authoritys_alone() -> None:
    incident = reported(resident())
    said = (ident("entry"), incident.pk, incident.authority_id, incident.provider_id)
    write = (
        "INSERT INTO incidents_incidententry (id, incident_id, authority_id, provider_id, side, move, text,"
        " is_internal, by_name, at) VALUES (%s, %s, %s, %s, %s, '', 'Words.', %s, 'Somebody', now())"
    )
    assert run("olive", write, *said, "authority", True) == 1
    read = "SELECT id FROM incidents_incidententry"
    assert run("olive", read) == 1 and run("bob", read) == 0
    other = (ident("other entry"), *said[1:])
    for who, side, is_internal in (
        ("bob", "authority", False),
        ("bob", "provider", True),
        ("olive", "provider", False),
        ("edith", "authority", False),
        ("cecil", "provider", False),
    ):
        refused(who, write, *other, side, is_internal)
    for table in TABLES:
        for who in ("olive", "bob"):
            assert "permission denied" in refused(who, f"DELETE FROM {table}")
    assert "permission denied" in refused("olive", "UPDATE incidents_incidententry SET text = 'Other.'")


@pytest.mark.django_db
def test_what_was_reported_is_never_changed() -> None:
    reported(resident())
    for column in ("what_happened", "kind", "happened_at", "placement_id", "authority_id", "reported_by_name"):
        for who in ("olive", "bob"):
            assert "permission denied" in refused(who, f"UPDATE incidents_incident SET {column} = {column}")
    assert "permission denied" in refused("bob", "UPDATE incidents_incident SET acknowledged_at = now()")


@pytest.mark.django_db
def test_nobody_forges_the_life_of_an_incident() -> None:
    told = one_of_each(resident())
    move = "UPDATE incidents_incident SET status = %s WHERE id = %s"
    close = "UPDATE incidents_incident SET status = 'closed', closed_at = now() WHERE id = %s"
    for name in ("return", "offer", "acknowledge"):
        with pytest.raises(DatabaseError):
            run("olive", close, told[name].pk)
    assert "does not move so" in refused("olive", move, "interview_settled", told["return"].pk)
    assert "does not move so" in refused(
        "olive",
        "UPDATE incidents_incident SET status = 'withdrawn', closed_at = now() WHERE id = %s",
        told["return"].pk,
    )
    with pytest.raises(DatabaseError):
        run("bob", move, "missing", told["return"].pk)
    assert run("bob", close, told["close"].pk) == 0
    assert run("edith", close, told["close"].pk) == 0
    again = "UPDATE incidents_incident SET acknowledged_at = now(), acknowledged_by_name = 'Other' WHERE id = %s"
    assert "stays" in refused("olive", again, told["follow_up"].pk)
    settled = "UPDATE incidents_incident SET interview_outcome = 'declined' WHERE id = %s"
    assert "stays" in refused("olive", settled, told["close"].pk)
    with acting(actor_of("olive")) as olive:
        answers.close_incident(olive, reference=told["close"].reference, outcome="Over.")
    assert run("olive", "UPDATE incidents_incident SET outcome = 'Other' WHERE id = %s", told["close"].pk) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"status": "returned"},
        {"reported_by_user_id": None},
        {"authority_id": ident("ealing")},
        {"provider_id": ident("cedar")},
        {"establishment_id": ident("birch-lodge")},
        {"agreement_reference": "A-0000-0000"},
        {"needs_interview": False},
    ],
)
def test_nobody_reports_what_is_not_so(change: dict[str, Any]) -> None:
    incident = returned(reported(resident()))
    incident.pk, incident.reference, incident.status = ident("forged"), "E-F0RG-ED00", "missing"
    incident.returned_at, incident.was_harmed, incident.interview_due_at = None, None, None
    with acting(actor_of("bob")):
        for name, value in change.items():
            setattr(incident, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            incident.save(force_insert=True)


@pytest.mark.django_db
def test_nobody_reports_of_somebody_elses_resident_or_of_who_left_long_ago() -> None:
    agreement = resident()
    incident = reported(agreement, kind="allegation")
    incident.pk, incident.reference = ident("forged"), "E-F0RG-ED00"
    for who in ("cecil", "olive"):
        with acting(actor_of(who)), pytest.raises(DatabaseError), transaction.atomic():
            incident.save(force_insert=True)
    left(agreement, days_ago=31)
    with acting(actor_of("bob")), pytest.raises(DatabaseError, match="nobody of yours"), transaction.atomic():
        incident.save(force_insert=True)


@pytest.mark.django_db
def test_the_database_holds_one_open_episode_even_without_the_lock() -> None:
    incident = reported(resident())
    incident.pk, incident.reference = ident("forged"), "E-F0RG-ED00"
    with acting(actor_of("bob")), pytest.raises(DatabaseError, match="incident_one_episode_open"), transaction.atomic():
        incident.save(force_insert=True)


def test_two_reports_at_once_are_one_episode(committed: str) -> None:
    agreement = resident()
    gate = threading.Barrier(2)
    found: list[str] = []

    def report(number: int) -> None:
        try:
            gate.wait(10)
            with acting(actor_of("bob")) as bob:
                said = facts(agreement, what_happened=f"Report {number}.")
                found.append(reports.report_incident(bob, facts=said).status)
        except RuleBroken as refusal:
            found.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=report, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == ["already_missing", "missing"]
    with acting(actor_of("olive")):
        assert Incident.objects.count() == 1 and not IncidentEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"authority_id": ident("harrow")},
        {"agreement_reference": "N-00000-00000"},
        {"establishment_id": ident("birch-lodge")},
        {"provider_id": ident("cedar")},
    ],
)
def test_a_stay_without_an_agreement_is_held_to_its_placement(change: dict[str, Any]) -> None:
    living("birch-house", who="edith")
    with acting(actor_of("bob")):
        (stay,) = residents()
    incident = reported(stay.agreement_reference, kind="allegation")
    incident.pk, incident.reference = ident("forged"), "E-F0RG-ED00"
    with acting(actor_of("bob")):
        for name, value in change.items():
            setattr(incident, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            incident.save(force_insert=True)


@pytest.mark.django_db
def test_an_agreement_is_not_left_out_of_a_report() -> None:
    incident = reported(resident(), kind="allegation")
    incident.pk, incident.reference, incident.agreement = ident("forged"), "E-F0RG-ED00", None
    with acting(actor_of("bob")), pytest.raises(DatabaseError), transaction.atomic():
        incident.save(force_insert=True)
