"""The embedded Valkey: what it was told survives a kill, at the same address."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from brokerage.embedded.places import wait_until
from brokerage.embedded.valkey import EmbeddedValkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("with a space"), password="secret")
    server.start()
    yield server
    server.stop()


def test_a_second_start_finds_the_running_server(server: EmbeddedValkey) -> None:
    before = server.pid()
    EmbeddedValkey(server.data.parent, password=server.password).start()
    assert before and server.pid() == before


@pytest.mark.parametrize("_time", range(5))
def test_what_it_was_told_survives_a_kill_at_the_same_address(server: EmbeddedValkey, _time: int) -> None:
    address, pid = server.url(), server.pid()
    assert pid
    with redis.Redis.from_url(address) as client:
        client.set("queued", "work")
    os.kill(pid, signal.SIGKILL)
    # As early as can be: it is no server any more, but may still hold its port.
    assert wait_until(lambda: server.pid() is None, seconds=5, every=0)
    server.start()
    assert server.url() == address
    with redis.Redis.from_url(address) as client:
        assert client.get("queued") == b"work"


def test_a_port_taken_meanwhile_is_given_up_and_a_strangers_number_is_not_trusted(
    server: EmbeddedValkey,
) -> None:
    server.stop()
    (server.data / "valkey.pid").write_text(str(os.getpid()))
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", urlsplit(server.url()).port or 0))
        somebody.listen()
        server.start()
        assert urlsplit(server.url()).port != somebody.getsockname()[1]
    assert server.pid() not in (None, os.getpid())


def test_nobody_enters_without_the_password(server: EmbeddedValkey) -> None:
    address = urlsplit(server.url())
    never_again = Retry(NoBackoff(), 0)
    with (
        redis.Redis(host="127.0.0.1", port=address.port or 0, retry=never_again) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    assert server.configuration.stat().st_mode & 0o077 == 0
