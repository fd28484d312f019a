"""What the database itself refuses of people's words, whoever writes the SQL; who reads what; what goes when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from brokerage.core.notifications.models import Message as Notice
from brokerage.core.tenants.context import acting, public, worker
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding.voice import actions, speaking, tasks
from brokerage.safeguarding.voice.codes import new_code
from brokerage.safeguarding.voice.models import Code, Entry, Message
from tests.accounts.mobiles import BACKEND, give_number
from tests.cast import actor_of, ident, user_of
from tests.safeguarding.test_row_security import refused, run
from tests.safeguarding.voices import CANARY, code_for, routed, said, the_message

pytestmark = pytest.mark.django_db


def as_public(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with public(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def test_the_public_reads_and_writes_nothing_but_through_its_functions() -> None:
    said(code_for().code)
    for table in ("voice_message", "voice_entry", "voice_code"):
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with pytest.raises(DatabaseError, match="permission denied"):
                as_public(statement)
    for call in ("voice_route(1)", "voice_readers(NULL)", "voice_purge(400, 1)", "voice_remind(now(), now())"):
        with pytest.raises(DatabaseError, match="permission denied"):
            as_public(f"SELECT {call}")
    assert as_public("SELECT * FROM voice_read(%s)", "0" * 64) == []
    assert as_public("SELECT voice_add(%s, 'x')", "0" * 64) == [(False,)]


def test_nobody_else_speaks_for_a_writer() -> None:
    receipt = said(code_for().code)
    for who in ("tessa", "carol", "bob"):
        for call in ("voice_read(%s)", "voice_add(%s, 'x')"):
            assert "permission denied" in refused(who, f"SELECT {call}", speaking.hashed(receipt))
        assert "permission denied" in refused(who, "SELECT voice_route(1)")
        assert "permission denied" in refused(who, "DELETE FROM voice_message")
    for column in ("text", "reader_ids", "establishment_id", "receipt_hash", "received_at", "told_at"):
        assert "permission denied" in refused("tessa", f"UPDATE voice_message SET {column} = NULL")
    forged = "INSERT INTO voice_entry (id, message_id, kind, text, organisation_id, by_name, at)"
    forged += " SELECT gen_random_uuid(), id, 'writer', 'x', %s, '', now() FROM voice_message"
    assert "row-level security" in refused("tessa", forged, actor_of("tessa").organisation_id)


def test_who_reads_it_and_who_does_not() -> None:
    """The council where the home stands and the central team that admits it; no other, and never the provider."""
    said(code_for().code)
    for who in ("tessa", "carol"):
        assert run(who, "SELECT * FROM voice_message") == 1
    for who in ("edith", "nia", "wendy"):
        assert run(who, "SELECT * FROM voice_message") == 0
        assert run(who, "SELECT * FROM voice_entry") == 0
        assert run(who, "SELECT * FROM voice_code") == 0
        assert run(who, "UPDATE voice_message SET status = 'closed', closed_at = now()") == 0
    for table in ("voice_message", "voice_entry", "voice_code"):
        for who in ("bob", "alice"):
            assert "permission denied" in refused(who, f"SELECT * FROM {table}")


def test_everybody_who_reads_is_told_by_a_reference_alone() -> None:
    said(code_for().code)
    reference = the_message().reference
    with worker():
        told = list(Notice.objects.filter(template="voice.received"))
    assert {notice.organisation_id for notice in told} == {
        actor_of("tessa").organisation_id,
        ident("west-london-central"),
    }
    assert all(notice.is_urgent and notice.reference == reference for notice in told)
    assert {notice.path.split("/")[3] for notice in told} == {"voice"}
    assert user_of("olive").pk not in {notice.user_id for notice in told}
    assert CANARY not in str([vars(notice) for notice in told])
    assert routed() == 0


def test_readers_are_texted_once_in_ten_minutes_but_for_danger(settings: Any) -> None:
    settings.SMS_BACKEND = BACKEND
    give_number("tessa")
    code = code_for().code

    def told() -> dict[str, int]:
        with worker():
            tessa = list(Notice.objects.filter(user=user_of("tessa"), template="voice.received"))
        return {channel: sum(row.channel == channel for row in tessa) for channel in ("sms", "email", "in_app")}

    for number in range(4):
        said(code, text=f"Number {number}.")
    assert told() == {"sms": 1, "email": 4, "in_app": 4}
    said(code, text="He hits them.", is_in_danger=True)
    assert told() == {"sms": 2, "email": 5, "in_app": 5}
    said(code, text="Number 6.")
    assert told()["sms"] == 2
    with worker():
        Notice.objects.update(created_at=timezone.now() - dt.timedelta(minutes=11))
    said(code, text="Number 7.")
    assert told()["sms"] == 3


def test_where_nobody_would_read_it_every_central_team_does() -> None:
    said(new_code())
    for who in ("carol", "wendy"):
        assert the_message(who).establishment is None
    assert run("tessa", "SELECT * FROM voice_message") == 0
    with acting(actor_of("carol")) as actor:
        actions.place_message(actor, reference=the_message("carol").reference, home_id=ident("birch-house"))
    assert the_message("carol").status == "new" and the_message("tessa").establishment_id == ident("birch-house")
    assert run("wendy", "SELECT * FROM voice_message") == 0


def test_a_home_whose_readers_have_no_lead_is_read_by_every_central_team() -> None:
    code = code_for().code
    for who in ("tessa", "carol"):
        with acting(actor_of(who)) as actor:
            Membership.objects.filter(organisation_id=actor.organisation_id).update(roles=[])
    said(code)
    message = the_message("wendy")
    assert message.establishment_id == ident("birch-house") and message.reader_ids == [
        ident("south-east-wales-central")
    ]


def test_an_old_code_still_brings_its_messages() -> None:
    old = code_for()
    with acting(actor_of("tessa")) as actor:
        actions.replace_code(actor, pk=old.pk, reason="It was published.")
    said(old.code)
    assert the_message().establishment_id == ident("birch-house")


def test_passing_on_lets_one_council_more_read_it() -> None:
    said(code_for().code)
    reference, ealing = the_message().reference, actor_of("edith").organisation_id
    with acting(actor_of("tessa")) as actor:
        actions.pass_on(actor, reference=reference, council_id=ealing, reason="They placed the writer there.")
    assert the_message("edith").reference == reference
    for who, target in (("nia", actor_of("nia").organisation_id), ("tessa", ident("birch"))):
        message = the_message().pk
        told = refused(who, "SELECT voice_pass_on(%s, %s, 'x', 'x')", message, target)
        assert "not passed on" in told
    for who in ("tessa", "edith"):
        assert "permission denied" in refused(who, "SELECT voice_place(%s, %s, 'x')", message, ident("birch-house"))
    assert "not placed" in refused("carol", "SELECT voice_place(%s, %s, 'x')", message, ident("birch-house"))


def test_who_it_was_passed_on_to_goes_on_reading_it() -> None:
    """When the writer adds to a message whose home is not known, and when its home is named."""
    receipt = said(where="The house with the birch")
    reference, ealing = the_message("carol").reference, actor_of("edith").organisation_id
    with acting(actor_of("carol")) as carol:
        actions.pass_on(carol, reference=reference, council_id=ealing, reason="The writer names Ealing.")
    assert speaking.add(receipt, "It has not stopped.") and routed() == 1
    assert the_message("edith").status == "new"
    with acting(actor_of("carol")) as carol:
        actions.place_message(carol, reference=reference, home_id=ident("birch-house"))
    for who in ("edith", "tessa", "carol"):
        assert the_message(who).establishment_id == ident("birch-house")
    assert run("wendy", "SELECT * FROM voice_message") == 0


def test_codes_are_made_for_homes_of_ones_own() -> None:
    """The council's own area, the region's own homes; and never in another's name."""
    home = ident("birch-house")
    harrow, ealing, newport, wales = (actor_of(who).organisation_id for who in ("tessa", "edith", "nia", "wendy"))
    for who, organisation in (("tessa", ealing), ("edith", ealing), ("nia", newport), ("wendy", wales)):
        with acting(actor_of(who)), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Code(organisation_id=organisation, establishment_id=home, made_by_name="x").save(force_insert=True)
    assert code_for(who="carol").organisation_id != code_for(who="tessa").organisation_id == harrow
    assert "permission denied" in refused("tessa", "UPDATE voice_code SET code = 'x'")


@pytest.mark.parametrize("is_in_danger", [False, True])
def test_reminded_until_it_is_read(is_in_danger: bool) -> None:
    said(code_for().code, is_in_danger=is_in_danger)
    later, before = "+ interval '1 second'", "- interval '1 hour'"

    def remind(moment: str) -> int:
        moments = (before, moment) if is_in_danger else (moment, before)
        with worker(), connection.cursor() as cursor:
            cursor.execute("SELECT voice_remind(clock_timestamp() {}, clock_timestamp() {})".format(*moments))
            return int(cursor.fetchone()[0])

    assert (remind(before), remind(later), remind(before)) == (0, 1, 0)
    with worker():
        assert {notice.is_urgent for notice in Notice.objects.filter(template="voice.reminder")} == {True}
    with acting(actor_of("tessa")) as actor:
        actions.read_message(actor, reference=the_message().reference)
    assert remind("+ interval '1 day'") == 0


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-11-25T15:00", "2026-11-24T15:00"),
        ("2026-11-23T09:00", "2026-11-20T09:00"),
        ("2026-11-22T09:00", "2026-11-20T00:00"),
        ("2026-12-29T09:00", "2026-12-24T09:00"),
    ],
)
def test_a_working_day_is_counted_over_weekends_and_holidays(now: str, before: str) -> None:
    moment = timezone.make_aware(dt.datetime.fromisoformat(now))
    assert timezone.localtime(tasks.a_working_day_before(moment)).isoformat()[:16] == before


def test_what_was_closed_long_ago_goes_and_nothing_else() -> None:
    code = code_for().code
    receipt = said(code)
    said(code, text="Another one.")
    with acting(actor_of("tessa")) as actor:
        message = Message.objects.get(text__contains=CANARY)
        actions.read_message(actor, reference=message.reference)
        actions.answer_message(actor, reference=message.reference, text="Thank you.")
        actions.close_message(actor, reference=message.reference, outcome="Done.")

    def purge(days: int) -> int:
        with worker(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT voice_purge(%s, 10)", [days])
            return int(cursor.fetchone()[0])

    with pytest.raises(DatabaseError, match="too soon"):
        purge(29)
    assert purge(365) == 0
    with acting(actor_of("tessa")):
        Message.objects.filter(pk=message.pk).update(closed_at="2020-01-01T00:00Z")
    with worker():
        before = set(Notice.objects.values_list("reference", flat=True))
    assert purge(365) == 1
    with worker():
        after = set(Notice.objects.values_list("reference", flat=True))
    assert before - after == {message.reference} and len(after) == 1
    assert the_message().text == "Another one." and speaking.read(receipt) == []
    with acting(actor_of("tessa")):
        assert not Entry.objects.exists()
