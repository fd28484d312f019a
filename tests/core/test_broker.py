"""Trouble of the broker that passes does not end a worker."""

from __future__ import annotations

import pytest
from redis.exceptions import ExecAbortError, OutOfMemoryError, ReadOnlyError

from brokerage.celery import app


@pytest.mark.parametrize("trouble", [OutOfMemoryError, ExecAbortError, ReadOnlyError])
def test_a_broker_that_refuses_is_waited_for_like_one_that_is_away(trouble: type[Exception]) -> None:
    """Celery ends a worker on any other answer; `script/prove 8` fills a real Redis."""
    assert app.conf.broker_channel_error_retry
    with app.connection_for_read("redis://127.0.0.1:1/0") as connection:
        assert issubclass(trouble, connection.channel_errors)
