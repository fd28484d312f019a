"""The servers that tests talk to: named by the environment, or embedded ones in `var/test-servers`.

Safe to call from every process of a parallel run, and from several runs at once: the first starts them, all
share them, and `script/test` stops them when nobody holds them any more.
"""

from __future__ import annotations

import fcntl
import functools
import os
from pathlib import Path

from brokerage.embedded.places import make_private_directory, var_directory
from brokerage.embedded.servers import EmbeddedServers


def server_directory() -> Path:
    """`TEST_SERVERS`, or `var/test-servers`: another directory means servers that no other run shares."""
    return Path(os.environ.get("TEST_SERVERS") or var_directory() / "test-servers")


@functools.cache
def ensure_test_servers() -> dict[str, str]:
    """Addresses `superuser_url` and `redis_url` of servers that answer; started here when they must be.

    SUPERUSER_DATABASE_URL and REDIS_URL, when set, are used as they are. Raises EmbeddedError.
    """
    superuser = os.environ.get("SUPERUSER_DATABASE_URL", "")
    redis = os.environ.get("REDIS_URL", "")
    if superuser and redis:
        return {"superuser_url": superuser, "redis_url": redis}
    directory = make_private_directory(server_directory())
    # Held, never closed, until this process ends: script/test stops the servers when nobody holds it.
    fcntl.flock(os.open(directory / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_SH)
    servers = EmbeddedServers(directory, for_tests=True)
    if not superuser:
        servers.postgres.start()
        superuser = servers.postgres.url()
    if not redis:
        servers.valkey.start()
        redis = servers.valkey.url()
    return {"superuser_url": superuser, "redis_url": redis}
