"""The shared cache: it answers from memory when Redis is away, and forgets nothing but its own."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings

from brokerage.core.accounts.cache import FallbackCache


def cache_named(prefix: str, server: str = "") -> Any:
    return FallbackCache(server or settings.REDIS_URL, {"KEY_PREFIX": prefix, "OPTIONS": {"socket_timeout": 30}})


@pytest.mark.parametrize("name", ["of-two", "[a-z]*?", "back\\slash"])
def test_clearing_leaves_what_others_keep_in_the_same_redis(name: str) -> None:
    """Celery's queues stand in that Redis, too."""
    base = settings.CACHES["default"]["KEY_PREFIX"]
    ours, theirs = cache_named(f"{base}-{name}"), cache_named(f"{base}-x")
    queue = f"{base}-queue"
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        try:
            server.lpush(queue, "work")
            ours.set_many({str(number): number for number in range(1500)})
            theirs.set("kept", 1)
            ours.clear()
            assert ours.get_many([str(number) for number in range(1500)]) == {}
            assert theirs.get("kept") == 1
            assert server.lrange(queue, 0, -1) == [b"work"]
        finally:
            server.delete(queue)
            theirs.clear()


def test_clearing_forgets_what_was_counted_while_redis_was_away() -> None:
    away = cache_named("away", "redis://127.0.0.1:9/0")
    away.set("count", 5)
    assert away.get("count") == 5
    away.clear()
    assert away.get("count") is None
