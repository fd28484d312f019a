"""Where words are searched that somebody must not read: in answers and in files of every kind, in e-mails and texts,
and in the log.
"""

from __future__ import annotations

import gzip
import io
import logging
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest import mock

from django.core import mail
from django.test import override_settings
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from brokerage.core.audit import outbox
from brokerage.core.notifications import carriers
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.tasks import deliver_messages, deliver_texts
from brokerage.core.sms import memory
from tests.accounts.mobiles import BACKEND, give_number
from tests.proofs.play import Play
from tests.proofs.racing import Watch

BROKE = "it broke"
#: Work that tells people something. What it draws as a file is searched where it is asked for.
TELLING = ("alerts", "events", "default")
#: Whose messages are texted too.
NUMBERED = ("olive", "oscar", "bob", "carol", "edith", "nia")
#: One e-mail is to be sent once more.
AGAIN = """
UPDATE notifications_message SET sent_at = NULL
WHERE id = (SELECT id FROM notifications_message WHERE channel = 'email' AND sent_at IS NOT NULL LIMIT 1)
"""


def told(response: Any, words: Collection[str]) -> list[str]:
    """What of the words was told, in whatever kind of file; that something broke is no refusal."""
    body = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    said = b"\n".join([str(response.headers).encode(), *readable(bytes(body))])
    found = [f"told {word}" for word in words if word.encode() in said]
    return [f"{BROKE} ({response.status_code})", *found] if response.status_code >= 500 else found


def readable(body: bytes) -> Iterator[bytes]:
    """The bytes; of a PDF its text too, and of an archive or a workbook what is in it."""
    yield body
    if body.startswith(b"%PDF-"):
        with suppress(PyPdfError):
            yield " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).encode()
    elif body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from readable(archive.read(name))
    elif body.startswith(b"\x1f\x8b"):
        yield from readable(gzip.decompress(body))


class Log(io.TextIOBase):
    """A log that keeps only what tells a word."""

    def __init__(self, words: Collection[str]) -> None:
        self.words, self.lines, self.found = words, 0, list[str]()

    def write(self, said: str) -> int:
        """Count and search what is written."""
        self.lines += said.count("\n")
        for word in self.words:
            if word in said and len(self.found) < 10:
                place = said.index(word)
                self.found.append(f"told {word} in the log: …{said[max(place - 300, 0) : place + 100]}")
        return len(said)


@contextmanager
def listening(words: Collection[str]) -> Iterator[Log]:
    """What the application writes meanwhile, by its own handlers and at its own level, is searched and not printed."""
    log = Log(words)
    loggers = [logging.root, *(each for each in logging.root.manager.loggerDict.values())]
    handlers = {each for logger in loggers for each in getattr(logger, "handlers", ())}
    streams = [(each, each.stream) for each in handlers if isinstance(each, logging.StreamHandler)]
    before = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    for handler, _stream in streams:
        handler.setStream(log)
    try:
        yield log
    finally:
        logging.disable(before)
        for handler, stream in streams:
            handler.setStream(stream)


@contextmanager
def texting() -> Iterator[None]:
    """Texts go to this process's memory; people with a number are among those who are told."""
    with override_settings(SMS_BACKEND=BACKEND):
        for number, who in enumerate(NUMBERED):
            give_number(who, f"+44770090000{number}")
        yield


def search_log(play: Play, log: Log) -> None:
    """Nothing was said there, and something was written."""
    play.outcome.cases += 1
    play.require(log.lines, "nothing was written into the log, so that its silence proves nothing")
    for each in log.found:
        play.violated(each)


def search_letters(play: Play, watch: Watch, words: Collection[str]) -> None:
    """No e-mail and no text says a word; those of the twins do, and a log does."""
    sent = _letters()
    texts = sum(not is_mail for is_mail, _said in sent)
    play.outcome.cases += len(sent)
    play.outcome.inputs["e-mails and texts"] += len(sent)
    play.require(0 < texts < len(sent), f"{texts} texts among {len(sent)} e-mails and texts prove nothing")
    for each in _telling(sent, words):
        play.violated(each)
    compose, word = carriers.compose_email, next(iter(words))

    def telling(message: Message) -> mail.EmailMessage:
        letter = compose(message)
        letter.body += word
        return letter

    watch.ask(AGAIN)
    with mock.patch.object(carriers, "compose_email", telling):
        play.twin("an e-mail that says a word", bool(_telling(_letters(), words)))
    with listening(words) as log:
        logging.getLogger("brokerage").warning("Not placed: %s", word)
    play.twin("a log that says a word", bool(log.found))


def _letters() -> list[tuple[bool, str]]:
    """Everything that is due is sent: whether it is an e-mail, and what it says."""
    mail.outbox.clear()
    memory.outbox.clear()
    for queue in TELLING:
        outbox.drain(queue)
    deliver_messages()
    deliver_texts()
    letters = [(True, f"To {each.to}: {each.subject}\n{each.body}\n{each.extra_headers}") for each in mail.outbox]
    return [*letters, *((False, f"To {each.number}: {each.text}") for each in memory.outbox)]


def _telling(sent: list[tuple[bool, str]], words: Collection[str]) -> list[str]:
    return [f"told {word}. {said}" for _is_mail, said in sent for word in words if word in said]
