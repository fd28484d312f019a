"""People who speak up, in tests: a code for Birch House, a message with it or without one."""

from __future__ import annotations

from typing import Any

from django.db import connection

from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.voice import actions, speaking
from brokerage.safeguarding.voice.models import Code, Message
from tests.cast import actor_of, ident

#: A word that the leads alone may read.
CANARY = "Saltmarsh"
SAID = f"They lock the kitchen at night. Ask {CANARY}."


def code_for(home: str = "birch-house", who: str = "tessa") -> Code:
    """Made by this person of the cast."""
    with acting(actor_of(who)) as actor:
        found = Code.objects.filter(establishment_id=ident(home), replaced_at__isnull=True).first()
        return found or actions.make_code(actor, home_id=ident(home))


def said(code: str = "", *, text: str = SAID, route: bool = True, **changes: Any) -> str:
    """Somebody says it; returns the receipt. It finds its readers at once, unless `route` is false."""
    words = speaking.Words(**{"who": "lives", "text": text, "code": code, **changes})
    receipt = speaking.say(words, once=f"{code}{text}{changes}")
    if route:
        routed()
    return receipt


def routed() -> int:
    """What the worker's tick does, in the test's own transaction."""
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_route(100)")
        return int(cursor.fetchone()[0])


def the_message(who: str = "tessa") -> Message:
    """The one message that this person's organisation reads."""
    with acting(actor_of(who)):
        return Message.objects.get()
