"""The audit trail: append-only, gapless, chained at commit; the outbox loses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from brokerage.core.audit import outbox
from brokerage.core.audit import record as written
from brokerage.core.audit.models import Entry, Head, Link, OutboxItem
from brokerage.core.audit.record import Notice, record
from brokerage.core.notifications import texts
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from tests.cast import actor_of, ident, user_of

BRENT = "(SELECT id FROM tenants_organisation WHERE slug = 'brent')"
#: A link hashed anew over what its entry says now, or over another hash before it.
HASHED_ANEW = (
    "UPDATE audit_link SET hash = audit_words(e, number, previous_hash) FROM audit_entry e WHERE e.id = entry_id"
)
UPROOTED = (
    "UPDATE audit_link SET previous_hash = repeat('1', 64), hash = audit_words(e, number, repeat('1', 64))"
    " FROM audit_entry e WHERE e.id = entry_id AND number = 1"
)
SWAPPED = "UPDATE audit_link l SET hash = o.hash FROM audit_link o WHERE o.number = 3 - l.number AND l.number < 3"
#: What is hashed, as the first version wrote it: chains that stand are checked by whatever `audit_words` says today.
FIRST_WORDS = """
SELECT encode(sha256(convert_to(concat_ws(chr(31), l.previous_hash, l.number::text, e.id::text, e.organisation_id::text,
  e.kind, e.subject_type, e.subject_id, e.subject_reference, coalesce(e.actor_user_id::text, ''), e.actor_name,
  coalesce(e.on_behalf_of_id::text, ''), (extract(epoch FROM e.at) * 1000000)::bigint::text, e.data::text),
  'UTF8')), 'hex'), l.hash FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id ORDER BY l.number
"""


@pytest.fixture(scope="module", autouse=True)
def _text() -> Iterator[None]:
    texts.register("tests.told", subject="About %(reference)s", body="See %(reference)s")
    yield
    texts._texts.pop("tests.told")


def _write(who: str, count: int = 1, notify: tuple[Notice, ...] = ()) -> None:
    actor = actor_of(who)
    with acting(actor):
        organisation = Organisation.objects.get(pk=actor.organisation_id)
        for number in range(count):
            record("tests.act", subject=organisation, actor=actor, data={"number": number}, notify=notify)


def test_each_organisation_has_its_own_gapless_chain(committed: str) -> None:
    _write("olive", 3)
    _write("bob", 2)
    _write("olive", 1)
    with acting(actor_of("olive")):
        assert list(Link.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
        assert Head.objects.get().number == 4
    call_command("verify_audit", verbosity=0)


def test_the_application_cannot_change_history(committed: str) -> None:
    _write("olive")
    statements = (
        "UPDATE audit_entry SET kind = 'forged'",
        "DELETE FROM audit_entry",
        "UPDATE audit_link SET hash = ''",
        "INSERT INTO audit_head (organisation_id, number, hash) VALUES (gen_random_uuid(), 1, '')",
    )
    for statement in statements:
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with refused, acting(actor_of("olive")), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_entry SET data = '{}' WHERE data->>'number' = '1'", "altered"),
        ("DELETE FROM audit_link WHERE number = 2", "chain"),
        ("DELETE FROM audit_link WHERE number = 3", "head"),
        ("UPDATE audit_link SET number = 9 WHERE number = 3", "sequence"),
        ("DELETE FROM audit_head", "head is gone"),
        (f"UPDATE audit_entry SET organisation_id = {BRENT}", "alter"),
        (f"UPDATE audit_link SET organisation_id = {BRENT}", "outside"),
        ("DELETE FROM audit_entry WHERE data->>'number' = '1'", "missing"),
        (f"UPDATE audit_entry SET kind = 'forged' WHERE data->>'number' = '1'; {HASHED_ANEW} AND number = 2", "broken"),
        (f"UPDATE audit_entry SET kind = 'forged' WHERE data->>'number' = '2'; {HASHED_ANEW} AND number = 3", "head"),
        (UPROOTED, "chain broken at number 1"),
        (SWAPPED, "chain broken at number 2"),
    ],
)
def test_tampering_is_seen(committed: str, statement: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    _write("olive", 3)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(statement)
    with pytest.raises(CommandError):
        call_command("verify_audit", verbosity=0)
    assert problem in capsys.readouterr().err


def test_what_is_hashed_is_what_the_first_version_hashed(committed: str) -> None:
    odd = {"text": 'a\\b "c" \x1f é 家 😀', "sum": Decimal("10.50"), "none": None, "list": [1, {"b": 2, "a": 1.5}]}
    whole = {"id": uuid4(), "actor_user_id": uuid4(), "on_behalf_of_id": uuid4(), "at": datetime(1, 1, 2, tzinfo=UTC)}
    bare = {"actor_user_id": None, "on_behalf_of_id": None, "at": datetime(9999, 12, 30, 1, 2, 3, 999999, UTC)}
    with acting(actor_of("olive")) as actor:
        for more in (whole, bare, {"at": datetime(2026, 3, 29, 1, 30, 0, 1, UTC)}):
            Entry.objects.create(
                organisation_id=actor.organisation_id,
                kind="tests.act",
                subject_type="tests.thing",
                subject_id="\\x41",
                subject_reference="",
                actor_name="Zoë \\ O’Hara",
                data=odd if more is not bare else {},
                **more,
            )
    with connections["owner"].cursor() as cursor, transaction.atomic(using="owner"):
        cursor.execute(
            "SET LOCAL ROLE brokerage_loader; SET LOCAL timezone = 'Asia/Kolkata'; SET LOCAL datestyle = 'SQL'"
        )
        cursor.execute(FIRST_WORDS)
        rows = cursor.fetchall()
    assert len(rows) == 3
    assert [first for first, _held in rows] == [held for _first, held in rows]


def test_a_chain_of_the_version_before_goes_on(committed: str) -> None:
    _write("olive", 2)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute("UPDATE audit_head SET previous_hash = ''")
    _write("olive", 2)
    call_command("verify_audit", verbosity=0, organisation="harrow")
    with acting(actor_of("olive")):
        head, last = Head.objects.get(), Link.objects.get(number=4)
    assert (head.number, head.hash, head.previous_hash) == (4, last.hash, last.previous_hash)


def test_only_a_known_organisation_is_verified(committed: str) -> None:
    with pytest.raises(CommandError, match="no organisation"):
        call_command("verify_audit", verbosity=0, organisation="nowhere")


def test_a_cut_off_tail_is_seen_through_the_anchor(committed: str, tmp_path: object) -> None:
    anchor = f"{tmp_path}/anchor.json"
    _write("olive", 3)
    call_command("verify_audit", verbosity=0, export_anchor=anchor)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(
            "WITH gone AS (DELETE FROM audit_link WHERE number = 3 RETURNING entry_id, previous_hash)"
            " UPDATE audit_head SET number = 2, hash = (SELECT previous_hash FROM gone)"
        )
        cursor.execute("DELETE FROM audit_entry WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = id)")
    call_command("verify_audit", verbosity=0)
    with pytest.raises(CommandError):
        call_command("verify_audit", verbosity=0, anchor=anchor)


def test_a_rolled_back_act_leaves_no_entry_and_no_message(committed: str) -> None:
    with pytest.raises(ZeroDivisionError), acting(actor_of("olive")):
        _write("olive")
        raise ZeroDivisionError
    with acting(actor_of("olive")):
        assert Entry.objects.count() == 0


def test_notices_become_one_message_for_each_person_and_channel(committed: str) -> None:
    harrow = actor_of("olive").organisation_id
    notice = Notice("tests.told", harrow, "R-1", "/o/harrow/", permissions=("referral.publish",))
    _write("olive", notify=(notice,))
    assert outbox.drain("events") == 1
    assert outbox.drain("events") == 0
    assert deliver_messages() == 2
    assert sorted(message.to[0] for message in mail.outbox) == ["olive@example.org", "oscar@example.org"]
    assert "About R-1" in mail.outbox[0].subject
    assert deliver_messages() == 0
    with acting(actor_of("olive")):
        assert set(Message.objects.values_list("user_id", flat=True)) == {user_of("olive").pk}


def test_a_dead_worker_loses_its_lease_and_nothing_else(committed: str) -> None:
    notice = Notice("tests.told", ident("birch"), "R-2", "/o/birch/", user_id=user_of("bob").pk)
    _write("olive", notify=(notice,))
    assert len(outbox.claim("events", 10)) == 1
    assert outbox.drain("events") == 0
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE audit_outboxitem SET leased_until = now() - interval '1 second'")
    assert outbox.drain("events") == 1


def test_a_mail_server_away_delays_and_loses_nothing(committed: str, settings: Any) -> None:
    notice = Notice("tests.told", ident("birch"), "R-3", "/o/birch/", user_id=user_of("bob").pk)
    _write("olive", notify=(notice,))
    outbox.drain("events")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert deliver_messages() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver_messages() == 0
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE notifications_message SET available_at = now()")
    assert deliver_messages() == 1


@pytest.mark.parametrize("whose", [{}, {"organisation": "harrow"}])
def test_a_chain_that_is_gone_whole_is_missed_by_its_anchor(committed: str, tmp_path: Path, whose: Any) -> None:
    _write("olive", 3)
    anchor = tmp_path / "anchor.json"
    call_command("verify_audit", verbosity=0, export_anchor=str(anchor))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        for table in ("audit_outboxitem", "audit_link", "audit_entry", "audit_head"):
            cursor.execute(f"DELETE FROM {table}")
    with pytest.raises(CommandError):
        call_command("verify_audit", verbosity=0, anchor=str(anchor), **whose)


def test_what_is_written_names_every_column_that_must_have_a_value() -> None:
    for statement, model in ((written._ENTRY, Entry), (written._WORK, OutboxItem)):
        named = set(re.findall(r"\w+", statement.partition("(")[2].partition(")")[0]))
        assert {field.column for field in model._meta.local_concrete_fields if not field.null} <= named
