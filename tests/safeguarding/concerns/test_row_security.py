"""What the database itself refuses of concerns, suggestions and complaints, whoever writes the SQL."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.concerns.actions import concerns
from brokerage.safeguarding.concerns.models import Complaint, ComplaintEntry, Concern, Suggestion
from tests.cast import actor_of, ident
from tests.safeguarding.concerns.noting import complained, did, in_mediation, noted, suggestions_of, three_noted
from tests.safeguarding.test_row_security import at_once, refused, run

DECIDE = "UPDATE concerns_concern SET status = 'looked_at', decided_at = now() WHERE id = %s"


@pytest.mark.django_db
def test_who_reads_and_decides_on_a_concern() -> None:
    concern = noted()
    own = noted(what="For us.", is_shared=False)
    read = "SELECT * FROM concerns_concern WHERE id = %s"
    assert [run(who, read, concern.pk) for who in ("olive", "carol", "edith", "nia", "wendy")] == [1, 1, 0, 0, 0]
    assert [run(who, read, own.pk) for who in ("olive", "carol", "edith")] == [1, 0, 0]
    for statement in (read, DECIDE):
        assert "permission denied" in refused("bob", statement, concern.pk)
    assert [run(who, DECIDE, concern.pk) for who in ("edith", "wendy")] == [0, 0]
    assert run("carol", DECIDE, own.pk) == 0
    for column in ("what", "seen_on", "region_id", "provider_id", "organisation_id", "written_by_user_id"):
        assert "permission denied" in refused("carol", f"UPDATE concerns_concern SET {column} = NULL")
        assert "permission denied" in refused("olive", f"UPDATE concerns_concern SET {column} = NULL")
    assert "permission denied" in refused("olive", "DELETE FROM concerns_concern")
    assert run("olive", DECIDE, concern.pk) == 1
    assert "does not move" in refused("olive", "UPDATE concerns_concern SET status = 'open' WHERE id = %s", concern.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "no_action", "decided_at": "2026-01-01T00:00Z"}, "no concern begins so"),
        ({"written_by_user_id": None}, "no concern begins so"),
        ({"organisation_id": ident("west-london-central")}, "row-level security"),
        ({"region_id": ident("south-east-wales")}, "row-level security"),
    ],
)
def test_nobody_forges_a_concern(change: dict[str, Any], why: str) -> None:
    concern = noted()
    concern.pk, concern.reference = uuid4(), "K-FORG-ED00"
    if "region_id" in change:
        from brokerage.core.tenants.models import Region

        with acting(actor_of("olive")):
            change = {"region_id": Region.objects.get(slug="south-east-wales").pk}
    for name, value in change.items():
        setattr(concern, name, value)
    with acting(actor_of("olive")), pytest.raises(DatabaseError, match=why), transaction.atomic():
        concern.save(force_insert=True)


@pytest.mark.django_db
def test_patterns_are_counted_for_oneself_alone_and_never_shown_to_others() -> None:
    three_noted()
    count = "SELECT * FROM patterns_now(NULL)"
    assert [run(who, count) for who in ("carol", "olive", "edith", "nia", "wendy")] == [1, 0, 0, 0, 0]
    assert "permission denied" in refused("bob", count)
    (suggestion,) = suggestions_of("carol")
    read = "SELECT * FROM concerns_suggestion"
    assert [run(who, read) for who in ("carol", "olive", "edith", "wendy")] == [1, 0, 0, 0]
    assert "permission denied" in refused("bob", read)
    dismiss = "UPDATE concerns_suggestion SET status = 'dismissed' WHERE id = %s"
    assert run("olive", dismiss, suggestion.pk) == 0 and run("carol", dismiss, suggestion.pk) == 1
    assert "does not move" in refused("carol", "UPDATE concerns_suggestion SET count = 9")
    with acting(actor_of("olive")):
        suggestion.pk, suggestion.reference, suggestion.status = uuid4(), "G-FORG-ED00", "open"
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            suggestion.save(force_insert=True)


@pytest.mark.django_db
def test_nobody_writes_a_rating_that_changed() -> None:
    for who in ("olive", "carol"):
        assert "permission denied" in refused(who, "DELETE FROM concerns_ratingchange")
        assert "permission denied" in refused(who, "INSERT INTO concerns_ratingchange DEFAULT VALUES")


@pytest.mark.django_db
def test_who_reads_a_complaint_and_moves_it() -> None:
    complaint = complained()
    read = "SELECT * FROM concerns_complaint"
    assert [run(who, read) for who in ("olive", "bob", "edith", "cecil", "alice", "carol", "wendy")] == [
        *(1, 1, 0, 0),
        *(0, 0, 0),
    ]
    acknowledge = "UPDATE concerns_complaint SET status = 'acknowledged', acknowledged_at = now(), was_late = %s"
    assert "somebody else" in refused("olive", acknowledge, False)
    assert "not so" in refused("bob", acknowledge, True)
    early = "UPDATE concerns_complaint SET status = 'acknowledged', acknowledged_at = now() - interval '9 days'"
    assert "not so" in refused("bob", early)
    for column in ("what", "wanted", "made_at", "acknowledge_by", "made_by", "provider_id", "agreement_id"):
        for who in ("olive", "bob", "carol"):
            assert "permission denied" in refused(who, f"UPDATE concerns_complaint SET {column} = NULL")
    ask = "UPDATE concerns_complaint SET status = 'mediation_asked', mediator_id = %s, mediation_asked_at = now()"
    assert "nobody mediates so" in refused("olive", ask, ident("west-london-central"))
    did("bob", "acknowledge_complaint", complaint)
    assert "nobody mediates so" in refused("olive", ask, ident("south-east-wales-central"))
    assert "nobody mediates so" in refused("bob", ask, ident("alder"))
    settle = "UPDATE concerns_complaint SET status = 'settled', closed_at = now()"
    assert "somebody else" in refused("bob", settle)
    assert run("edith", settle) == 0 and run("carol", settle.replace(", closed_at = now()", "")) == 0
    assert run("olive", settle) == 1
    assert "does not move" in refused("olive", "UPDATE concerns_complaint SET status = 'made'")


@pytest.mark.django_db
def test_the_mediator_writes_the_outcome_and_nothing_else() -> None:
    complaint = in_mediation()
    assert run("carol", "SELECT * FROM concerns_complaintentry") == 3
    assert run("wendy", "SELECT * FROM concerns_complaintentry") == 0
    for who in ("olive", "bob", "carol"):
        assert "permission denied" in refused(who, "UPDATE concerns_complaintentry SET text = 'Other'")
        assert "permission denied" in refused(who, "DELETE FROM concerns_complaintentry")
    mediated = "UPDATE concerns_complaint SET status = 'mediated'"
    assert "somebody else" in refused("bob", mediated)
    assert "somebody else" in refused("carol", "UPDATE concerns_complaint SET status = 'settled'")
    assert run("carol", mediated) == 1
    with acting(actor_of("cecil")):
        entry = ComplaintEntry(
            complaint_id=complaint.pk,
            authority_id=complaint.authority_id,
            provider_id=ident("cedar"),
            organisation_id=ident("cedar"),
            by_name="Cecil",
            kind="message",
            text="Listen to me.",
        )
        with pytest.raises(DatabaseError, match="complaint_entry_parties"), transaction.atomic():
            entry.save(force_insert=True)
            transaction.get_connection().check_constraints()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"made_by": "provider"},
        {"status": "settled"},
        {"mediator_id": ident("west-london-central")},
        {"acknowledge_by": "2030-01-01"},
        {"made_at": "2020-01-01T00:00Z"},
    ],
)
def test_nobody_forges_a_complaint(change: dict[str, Any]) -> None:
    complaint = complained()
    complaint.pk, complaint.reference = uuid4(), "D-FORG-ED00"
    for name, value in change.items():
        setattr(complaint, name, value)
    with acting(actor_of("olive")), pytest.raises(DatabaseError), transaction.atomic():
        complaint.save(force_insert=True)


@pytest.mark.django_db
def test_only_a_central_team_learns_how_many_complaints_there_are() -> None:
    complained()
    with acting(actor_of("carol")):
        from brokerage.safeguarding.concerns.queries.lists import numbers_of

        assert numbers_of(ident("birch")) == (0, 1) and numbers_of(ident("cedar")) == (0, 0)
    with acting(actor_of("wendy")):
        assert numbers_of(ident("birch")) == (0, 0)
    for who in ("olive", "bob"):
        assert "permission denied" in refused(who, "SELECT open_complaints(%s)", ident("birch"))


def test_two_acknowledging_at_once_do_it_once(committed: str) -> None:
    complaint = complained()
    outcomes = at_once(*[lambda: did("bob", "acknowledge_complaint", complaint)] * 2)
    assert sorted(getattr(outcome, "code", "done") for outcome in outcomes) == ["complaint_not_now", "done"]
    with acting(actor_of("bob")):
        assert ComplaintEntry.objects.count() == 1 and Complaint.objects.count() == 1


def test_noting_twice_at_once_notes_one_and_without_the_lock_two(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = at_once(noted, noted)
    assert first.pk == second.pk
    looked = threading.Barrier(2)
    before = concerns.region_of

    def look(*words: Any) -> Any:
        looked.wait(20)
        return before(*words)

    real = concerns.Concern.save

    def late(self: Concern, **named: Any) -> None:
        looked.wait(20)
        real(self, **named)

    monkeypatch.setattr(concerns, "hold_name", lambda _name: None)
    monkeypatch.setattr(concerns, "region_of", look)
    monkeypatch.setattr(concerns.Concern, "save", late)
    at_once(*[lambda: noted(what="Twice.")] * 2)
    with acting(actor_of("olive")):
        assert Concern.objects.filter(what="Twice.").count() == 2
        assert not Suggestion.objects.exists()
