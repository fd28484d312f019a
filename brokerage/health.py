"""What `/health/ready` looks at: the database must answer; Redis may be away (work is only delayed)."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection


def readiness() -> tuple[bool, dict[str, str]]:
    """(ready, the state of each part). Says nothing of anybody."""
    parts = {"database": "ok", "redis": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        parts["database"] = "away"
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5)
        client.ping()
        client.close()
    except (redis.RedisError, OSError, ValueError):
        parts["redis"] = "away"
    return parts["database"] == "ok", parts
