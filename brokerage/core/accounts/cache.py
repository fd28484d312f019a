"""The shared cache (rate limits), which falls back to this process's memory when Redis is away."""

from __future__ import annotations

import itertools
import re
import time
from functools import cached_property
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

#: Characters that mean something in a pattern of Redis.
MEANINGFUL = re.compile(r"([\\*?\[\]])")
#: Seconds to wait for Redis, and to leave it alone after a failure.
TIMEOUT = 0.2
PAUSE = 5.0


class OwnKeysCache(RedisCache):
    """Redis shared with others, such as Celery: clearing it forgets what stands under the cache's own prefix."""

    def clear(self) -> None:
        client = self._cache.get_client(None, write=True)
        pattern = MEANINGFUL.sub(r"\\\1", self.key_prefix) + ":*"
        while keys := list(itertools.islice(client.scan_iter(match=pattern, count=1000), 1000)):
            client.unlink(*keys)


class FallbackCache(OwnKeysCache):
    """Redis with short time-outs; any failure is answered by a per-process cache for a few seconds."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.setdefault("OPTIONS", {})
        options.setdefault("socket_timeout", TIMEOUT)
        if not server.startswith("unix"):
            options.setdefault("socket_connect_timeout", TIMEOUT)
        super().__init__(server, params)
        self._memory = LocMemCache("brokerage-fallback", {})
        self._away_until = 0.0

    def _ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return getattr(super(), method)(*args, **kwargs)
            except (RedisError, OSError):
                self._away_until = time.monotonic() + PAUSE
        return getattr(self._memory, method)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("delete", *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get_many", *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("has_key", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("incr", *args, **kwargs)

    @cached_property
    def _counters(self) -> Any:
        """Redis's client, which is dearer to make than to ask."""
        return self._cache.get_client(None, write=True)

    def count(self, key: str, seconds: int) -> int:
        """Add one to a counter that lives for `seconds`, in one round trip; returns the new count."""
        if time.monotonic() >= self._away_until:
            name = self.make_and_validate_key(key)
            try:
                pipeline = self._counters.pipeline(transaction=False)
                pipeline.incr(name)
                pipeline.expire(name, seconds)
                counted, _lives = pipeline.execute()
                return int(counted)
            except (RedisError, OSError):
                self._away_until = time.monotonic() + PAUSE
        self._memory.add(key, 0, timeout=seconds)
        return int(self._memory.incr(key))

    def clear(self) -> Any:
        self._memory.clear()
        return self._ask("clear")
