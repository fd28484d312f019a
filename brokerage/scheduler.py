"""Celery's scheduler, made steady: while the broker is away it lives on, says so once a minute, and expands events
itself, so that messages on screen do not wait for the broker. It never publishes missed ticks afterwards.

Not a second worker: documents and e-mail wait for the broker's return.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from functools import cached_property
from typing import Any

from celery.beat import PersistentScheduler
from django.db import close_old_connections
from kombu import Connection, Producer

logger = logging.getLogger(__name__)

EXPAND = "brokerage.core.audit.tasks.drain_events"
#: Seconds between two lines about the same trouble.
SAY_EVERY = 60.0


class SteadyScheduler(PersistentScheduler):
    """Publishes ticks; a tick that cannot be published is dropped, as the next one says the same."""

    _said_at = 0.0
    _is_away = False

    @cached_property
    def connection(self) -> Connection:
        """A connection that gives up at once instead of holding the whole schedule back."""
        return self.app.connection_for_write(transport_options={"max_retries": 0})

    @cached_property
    def producer(self) -> Producer:
        """Connects when it first publishes: the scheduler starts while the broker is away."""
        return self.Producer(self.connection, auto_declare=False)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Publish one tick, or do without."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            was_said = self._say(f"The broker is away: {error}")
            self._is_away = True
            # Once a minute in any case: a connection that never came about has one more number in use for each tick.
            # Not each second: the one let go has a descriptor until it is collected.
            if was_said or entry.options.get("retry", True):
                self._connect_anew()
            if entry.task == EXPAND:
                self._expand_here()
        else:
            if self._is_away:
                logger.warning("The broker is back")
            self._is_away = False
            self._said_at = 0.0

    def _connect_anew(self) -> None:
        """Let the next tick have a connection and a producer of its own: where one was tried more than once in vain,
        kombu leaves a producer without a channel, which never finds the broker again."""
        self.__dict__.pop("producer", None)
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            with suppress(Exception):
                connection.release()

    def _expand_here(self) -> None:
        from brokerage.core.audit import outbox

        try:
            close_old_connections()
            outbox.drain("events", size=100, rounds=1, seconds=5)
        except Exception as error:
            logger.error("Events could not be expanded: %s", type(error).__name__)
        finally:
            close_old_connections()

    def _say(self, text: str) -> bool:
        """Whether it was time to say it."""
        if self._said_at and time.monotonic() - self._said_at <= SAY_EVERY:
            return False
        self._said_at = time.monotonic()
        logger.warning("%s", text)
        return True
