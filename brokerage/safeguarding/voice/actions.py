"""What leads do with a message and with the codes of posters. Everything is recorded; nothing reaches the provider."""

from __future__ import annotations

from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST_TOLD, require_text
from brokerage.safeguarding.voice.models import Code, Entry, Message
from brokerage.safeguarding.voice.queries import code_of, homes_of, message_of
from brokerage.safeguarding.voice.states import MESSAGE


def read_message(actor: Actor, *, reference: str) -> Message:
    """The message; each reading is recorded, and the first makes it read."""
    actor.require("voice.view")
    message = message_of(reference)
    with transaction.atomic():
        if message.status == MESSAGE.initial:
            message = _held(reference)
            if message.status == MESSAGE.initial:
                message.status = MESSAGE.after(message.status, "read")
                message.read_at, message.read_by_name = database_now(), actor.name[:120]
                message.save(update_fields=["status", "read_at", "read_by_name"])
        record("voice.read", subject=message, actor=actor)
    return message


@transaction.atomic
def answer_message(actor: Actor, *, reference: str, text: str) -> Message:
    """Answer: whoever has the receipt reads it. Refused when the text is missing, when the writer has said more that
    nobody has read (`voice_unread`), or when the message is closed (NotNow)."""
    actor.require("voice.manage")
    message = _held(reference)
    _need_read(message, "text")
    message.status = MESSAGE.after(message.status, "answer")
    _write(actor, message, Entry.Kind.ANSWER, text)
    message.save(update_fields=["status"])
    record("voice.answered", subject=message, actor=actor)
    return message


@transaction.atomic
def note_message(actor: Actor, *, reference: str, text: str) -> Message:
    """Write a note that the writer does not read."""
    actor.require("voice.manage")
    message = _held(reference)
    _write(actor, message, Entry.Kind.NOTE, text)
    record("voice.noted", subject=message, actor=actor)
    return message


@transaction.atomic
def close_message(actor: Actor, *, reference: str, outcome: str, became: str = "") -> Message:
    """Close it, saying what was done and (if it is one now) the reference of the alert or concern."""
    actor.require("voice.manage")
    message = _held(reference)
    _need_read(message, "outcome")
    message.status = MESSAGE.after(message.status, "close")
    message.outcome = require_text(outcome, field="outcome", message=_("Say what was done"), most=LONGEST_TOLD)
    message.became = became.strip()[:24]
    message.closed_at, message.closed_by_name = database_now(), actor.name[:120]
    message.save(update_fields=["status", "outcome", "became", "closed_at", "closed_by_name"])
    record("voice.closed", subject=message, actor=actor)
    return message


@transaction.atomic
def pass_on(actor: Actor, *, reference: str, council_id: UUID, reason: str) -> Message:
    """Let one more council read it, and say why. Refused when nobody there reads messages (`nobody_reads`), or when it
    reads it already."""
    actor.require("voice.manage")
    message = _held(reference)
    words = require_text(reason, field="reason", message=_("Say why they must read it"), most=LONGEST_TOLD)
    if council_id in message.reader_ids:
        raise RuleBroken("reads_already", _("They read it already"), "council")
    _call("voice_pass_on", "council", message.pk, council_id, words, actor.name)
    record("voice.passed_on", subject=message, actor=actor, data={"to": str(council_id)})
    return message


@transaction.atomic
def place_message(actor: Actor, *, reference: str, home_id: UUID) -> None:
    """Say which home a message without a known code is about: whoever reads that home's messages reads it from now on,
    and nobody else. It is new to them; one that was closed is open again."""
    actor.require("voice.manage")
    message = _held(reference)
    if message.establishment_id is not None or not actor.is_central:
        raise NotNow("voice_placed", _("The home of this message is known"))
    # Which home is for its readers alone: whoever reads the trail may not read messages.
    record("voice.placed", subject=message, actor=actor)
    _call("voice_place", "q", message.pk, home_id, actor.name)


@transaction.atomic
def make_code(actor: Actor, *, home_id: UUID) -> Code:
    """A code for a home of one's own area or region. Refused when it has one (NotNow) or is another's (Http404)."""
    actor.require("voice.manage")
    hold_name(f"voice code:{actor.organisation_id}:{home_id}")
    if not homes_of(actor).filter(pk=home_id).exists():
        raise Http404("No such home.")
    if Code.objects.filter(establishment_id=home_id, replaced_at__isnull=True).exists():
        raise NotNow("voice_has_code", _("This home has a code already"))
    code = _new_code(actor, home_id)
    record("voice.code_made", subject=code, actor=actor, reference="")
    return code


@transaction.atomic
def replace_code(actor: Actor, *, pk: UUID, reason: str) -> Code:
    """A new code for the home. Messages with the old one still arrive: old posters hang for years."""
    actor.require("voice.manage")
    old = code_of(actor, pk)
    hold_name(f"voice code:{actor.organisation_id}:{old.establishment_id}")
    old.refresh_from_db()
    if old.replaced_at is not None:
        raise NotNow("voice_code_replaced", _("This code was replaced already"))
    old.reason = require_text(reason, field="reason", message=_("Say why it is replaced"), most=LONGEST_TOLD)
    old.replaced_at, old.replaced_by_name = database_now(), actor.name[:120]
    old.save(update_fields=["reason", "replaced_at", "replaced_by_name"])
    code = _new_code(actor, old.establishment_id)
    record("voice.code_replaced", subject=code, actor=actor, reference="")
    return code


@transaction.atomic
def print_code(actor: Actor, *, pk: UUID) -> Code:
    """The poster was opened to print."""
    actor.require("voice.manage")
    code = code_of(actor, pk)
    code.printed_at, code.printed_by_name = database_now(), actor.name[:120]
    code.save(update_fields=["printed_at", "printed_by_name"])
    record("voice.code_printed", subject=code, actor=actor, reference="")
    return code


def _new_code(actor: Actor, home_id: UUID) -> Code:
    code = Code(
        organisation_id=actor.organisation_id,
        establishment_id=home_id,
        made_at=database_now(),
        made_by_name=actor.name[:120],
    )
    code.save(force_insert=True)
    return code


def _held(reference: str) -> Message:
    """The message as it stands now, held to the end of the transaction."""
    message = message_of(reference)
    hold_name(f"voice:{message.reference}")
    return message_of(reference)


def _need_read(message: Message, field: str) -> None:
    if message.status == MESSAGE.initial:
        raise RuleBroken("voice_unread", _("There are words here that nobody has read. Read the message first"), field)


def _write(actor: Actor, message: Message, kind: str, text: str) -> None:
    Entry(
        message=message,
        kind=kind,
        text=require_text(text, field="text", message=_("Write something"), most=LONGEST_TOLD),
        organisation_id=actor.organisation_id,
        by_name=actor.name[:120],
        at=database_now(),
    ).save(force_insert=True)


def _call(function: str, field: str, *values: UUID | str) -> None:
    """Ask the database to change who reads a message; it refuses where nobody there would."""
    marks = ", ".join(["%s"] * len(values))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}({marks})", list(values))
    except DatabaseError as error:
        if "insufficient" in type(error.__cause__).__name__.lower():
            raise RuleBroken("nobody_reads", _("Nobody there reads messages. Telephone them"), field) from error
        raise
