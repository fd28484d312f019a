"""The audit trail: append-only, gapless, chained at commit; the outbox loses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from brokerage.core.audit import outbox
from brokerage.core.audit import record as written
from brokerage.core.audit.models import Entry, Head, Link, OutboxItem
from brokerage.core.audit.record import Notice, record
from brokerage.core.audit.verify import Finding, check_chains
from brokerage.core.notifications import texts
from brokerage.core.notifications.carriers import EMAIL
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from tests.cast import actor_of, ident, user_of

BRENT = "(SELECT id FROM tenants_organisation WHERE slug = 'brent')"
#: A link hashed anew over what its entry says now, or over another hash before it.
HASHED_ANEW = """
UPDATE audit_link SET hash = audit_digest(e, scheme, number, previous_hash)
  FROM audit_entry e WHERE e.id = entry_id"""
UPROOTED = (
    "UPDATE audit_link SET previous_hash = sha256('1'), hash = audit_digest(e, scheme, number, sha256('1'))"
    " FROM audit_entry e WHERE e.id = entry_id AND number = 1"
)
SWAPPED = "UPDATE audit_link l SET hash = o.hash FROM audit_link o WHERE o.number = 3 - l.number AND l.number < 3"
#: A session that writes moments in another way.
ELSEWHERE = "SET LOCAL timezone = 'Asia/Kolkata'; SET LOCAL datestyle = 'SQL'"
#: What scheme 1 hashes, as the first version wrote it: its chains stand, and are checked by `audit_digest` of today.
FIRST_WORDS = """
SELECT sha256(convert_to(concat_ws(chr(31), %s, l.number::text, e.id::text, e.organisation_id::text,
  e.kind, e.subject_type, e.subject_id, e.subject_reference, coalesce(e.actor_user_id::text, ''), e.actor_name,
  coalesce(e.on_behalf_of_id::text, ''), (extract(epoch FROM e.at) * 1000000)::bigint::text, e.data::text), 'UTF8'))
  FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id WHERE l.number = %s
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


def _write_odd_entries() -> None:
    odd = {"text": 'a\\b "c" \x1f é 家 😀', "sum": Decimal("10.50"), "none": None, "list": [1, {"b": 2, "a": 1.5}]}
    whole = {"id": uuid4(), "actor_user_id": uuid4(), "on_behalf_of_id": uuid4(), "at": datetime(1, 1, 2, tzinfo=UTC)}
    bare = {"actor_user_id": None, "on_behalf_of_id": None, "at": datetime(9999, 12, 30, 1, 2, 3, 999999, UTC)}
    apart = {"subject_reference": "R\x1f", "at": datetime(2026, 3, 29, 1, 30, 0, 1, UTC)}
    with acting(actor_of("olive")) as actor:
        for more in (whole, bare, apart):
            Entry.objects.create(
                organisation_id=actor.organisation_id,
                kind="tests.act",
                subject_type="tests.thing",
                subject_id="\\x41",
                actor_name="Zoë \\ O’Hara",
                data=odd if more is not bare else {},
                **({"subject_reference": ""} | more),
            )


class Undone(Exception):
    """What a test did to the trail is taken back."""


@contextmanager
def _as_loader(settings: str = "") -> Iterator[Any]:
    """A cursor of who may change everything."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE brokerage_loader; {settings}")
        yield cursor


def test_what_is_hashed_can_be_worked_out_without_the_database(committed: str) -> None:
    _write_odd_entries()
    previous = bytes(32)
    with acting(actor_of("olive")):
        links = list(
            Link.objects.select_related("entry").annotate(json=Cast("entry__data", TextField())).order_by("number")
        )
    assert [link.number for link in links] == [1, 2, 3]
    for link in links:
        entry = link.entry
        of_subject = [entry.kind, entry.subject_type, entry.subject_id, entry.subject_reference]
        lengths = [str(len(text.encode())) for text in of_subject]
        since = entry.at - datetime(2000, 1, 1, tzinfo=UTC)
        value = (
            previous
            + link.number.to_bytes(8, "big")
            + entry.id.bytes
            + entry.organisation_id.bytes
            + b"".join(b"\x01" + one.bytes if one else b"\0" for one in (entry.actor_user_id, entry.on_behalf_of_id))
            + (since // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)
            + "\x1f".join([*lengths, *of_subject, entry.actor_name, link.json]).encode()
        )
        assert (link.scheme, link.previous_hash, link.hash) == (2, previous.hex(), sha256(value).hexdigest())
        previous = bytes.fromhex(link.hash)
    with _as_loader(f"{ELSEWHERE}; SET LOCAL bytea_output = 'escape'"):
        assert list(check_chains(using="owner")) == []


def _chain_of_the_first_version() -> None:
    """Chains the entries that there are as the first version did, and says so in their links."""
    with _as_loader(ELSEWHERE) as cursor:
        cursor.execute("SELECT count(*) FROM audit_link")
        previous = bytes(32)
        for number in range(1, cursor.fetchone()[0] + 1):
            cursor.execute(FIRST_WORDS, [previous.hex(), number])
            digest = bytes(cursor.fetchone()[0])
            cursor.execute(
                "UPDATE audit_link SET scheme = 1, previous_hash = %s, hash = %s WHERE number = %s",
                [previous, digest, number],
            )
            previous = digest
        cursor.execute("UPDATE audit_head SET hash = %s, previous_hash = ''", [previous])


@pytest.mark.parametrize(
    "change",
    [
        "actor_user_id = '00000000-0000-0000-0000-000000000000' WHERE actor_user_id IS NULL",
        "subject_reference = 'R', actor_name = chr(31) || actor_name WHERE subject_reference <> ''",
        "kind = 'tests', subject_type = '.act' || chr(31) || subject_type",
    ],
)
def test_no_two_entries_are_hashed_alike(committed: str, change: str) -> None:
    _write_odd_entries()
    assert _found_after(f"UPDATE audit_entry SET {change}")


def _found_after(change: str) -> list[Finding]:
    """What is wrong with the chains after a change, which is undone."""
    found: list[Finding] = []
    with pytest.raises(Undone), _as_loader() as cursor:
        cursor.execute(change)
        found = list(check_chains(using="owner"))
        raise Undone
    return found


def test_a_chain_of_the_first_version_stands_and_goes_on(committed: str, tmp_path: Path) -> None:
    _write_odd_entries()
    _chain_of_the_first_version()
    anchor = str(tmp_path / "anchor.json")
    call_command("verify_audit", verbosity=0, export_anchor=anchor)
    _write("olive", 2)
    call_command("verify_audit", verbosity=0, organisation="harrow", anchor=anchor)
    with acting(actor_of("olive")):
        head, links = Head.objects.get(), list(Link.objects.order_by("number"))
    assert [link.scheme for link in links] == [1, 1, 1, 2, 2]
    assert (head.number, head.hash, head.previous_hash) == (5, links[-1].hash, links[-1].previous_hash)
    for change in (
        "UPDATE audit_entry SET actor_name = 'Somebody Else' WHERE subject_id = '\\x41'",
        "UPDATE audit_link SET scheme = 2 WHERE scheme = 1",
        "UPDATE audit_link SET scheme = 1 WHERE number = 5",
        "UPDATE audit_link SET scheme = 3 WHERE number = 2",
    ):
        assert _found_after(change), change


#: The chain's tables and functions as they were before their hashes were bytes.
BEFORE_BYTES = """
ALTER TABLE audit_link ALTER COLUMN previous_hash TYPE varchar(64) USING encode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE varchar(64) USING encode(hash, 'hex'), DROP COLUMN scheme;
ALTER TABLE audit_head ALTER COLUMN previous_hash DROP DEFAULT;
ALTER TABLE audit_head ALTER COLUMN previous_hash TYPE varchar(64) USING encode(previous_hash, 'hex'),
  ALTER COLUMN hash TYPE varchar(64) USING encode(hash, 'hex'), ALTER COLUMN previous_hash SET DEFAULT '';
DELETE FROM django_migrations WHERE app = 'audit' AND name = '0004_hashes_as_bytes';
SET LOCAL ROLE brokerage_definer;
CREATE FUNCTION audit_words(e audit_entry, n bigint, previous text) RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ BEGIN PERFORM audit_words(NEW, 1::bigint, ''); RETURN NULL; END $$;
"""


def test_a_chain_goes_on_from_the_moment_its_hashes_have_become_bytes(committed: str, tmp_path: Path) -> None:
    _write_odd_entries()
    _chain_of_the_first_version()
    anchor = str(tmp_path / "anchor.json")
    call_command("verify_audit", verbosity=0, export_anchor=anchor)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(BEFORE_BYTES)
    # One app's migrations only, after which grants, policies and functions are not renewed.
    call_command("migrate", "audit", verbosity=0)
    _write("olive", 2)
    call_command("verify_audit", verbosity=0, anchor=anchor)
    with acting(actor_of("olive")):
        assert list(Link.objects.order_by("number").values_list("scheme", flat=True)) == [1, 1, 1, 2, 2]
        assert len(Head.objects.get().hash) == 64
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = 'audit_words'")
        assert cursor.fetchone() == (0,)


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


def test_a_reference_that_is_a_long_name_is_cut_to_what_entries_and_messages_hold(committed: str) -> None:
    name = "The Benevolent Society " * 8
    actor = actor_of("olive")
    with acting(actor):
        organisation = Organisation.objects.get(pk=actor.organisation_id)
        told = Notice("tests.told", organisation.pk, name, "/o/harrow/", permissions=("referral.publish",))
        record("tests.act", subject=organisation, actor=actor, reference=name, notify=[told])
        assert name.startswith(Entry.objects.get().subject_reference)
    assert outbox.drain("events") == 1
    assert deliver_messages() == 2 and name[:40] in mail.outbox[0].subject


def test_a_dead_worker_loses_its_lease_and_nothing_else(committed: str) -> None:
    notice = Notice("tests.told", ident("birch"), "R-2", "/o/birch/", user_id=user_of("bob").pk)
    _write("olive", notify=(notice,))
    assert len(outbox.claim("events", 10)) == 1
    assert outbox.drain("events") == 0
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE audit_outboxitem SET leased_until = now() - interval '1 second'")
    assert outbox.drain("events") == 1


def test_a_mail_server_away_delays_and_loses_nothing(
    committed: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = Notice("tests.told", ident("birch"), "R-3", "/o/birch/", user_id=user_of("bob").pk)
    _write("olive", notify=(notice,))
    outbox.drain("events")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    assert deliver_messages() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(EMAIL, "rest_until", 0.0)  # The rest lasts as long as the trouble did: not known here.
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
