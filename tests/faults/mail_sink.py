"""A small real mail server on a port of its own, which can be away, refuse, hang, be late or die on demand.

It counts a message only once it has said 250 to it: what it did not acknowledge, it never had.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
import time
from collections import Counter

from tests.faults.ports import held_port


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 50
    sink: MailSink


class MailSink:
    """`mode`: "ok", "refuse" (451 to every message), "busy" (421 at the door), "hang" (says nothing).

    `late`: seconds before a message is acknowledged. `dies_after`: so many more messages are acknowledged, then
    the connection breaks after the whole of the next one was read, and the server is away.
    """

    def __init__(self) -> None:
        self.mode = "ok"
        self.late = 0.0
        self.dies_after: int | None = None
        self.taken: list[tuple[str, str]] = []
        #: The Message-IDs under which each message came.
        self.ids: dict[str, set[str]] = {}
        #: When each message was first taken, by the monotonic clock.
        self.when: dict[str, float] = {}
        self.lock = threading.Lock()
        self._coming_or_going = threading.Lock()
        self._server: _Server | None = None
        self._open: set[socket.socket] = set()
        self._place, self.port = held_port()
        self.listen()

    def listen(self) -> None:
        """Be there, in good order."""
        with self._coming_or_going:
            self.mode, self.late, self.dies_after = "ok", 0.0, None
            if self._server is None:
                self._server = _Server(("127.0.0.1", self.port), _Session)
                self._server.sink = self
                threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def go_away(self) -> None:
        """Refuse connections and break those that are open."""
        with self._coming_or_going:
            server, self._server = self._server, None
            if server is not None:
                # First: as long as its thread waits on the socket, a closed one goes on listening.
                server.shutdown()
                server.server_close()
        with self.lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def end(self) -> None:
        """Go away for good: the port is anybody's."""
        self.go_away()
        self._place.close()

    def forget(self) -> None:
        """Start counting anew."""
        with self.lock:
            self.taken.clear()
            self.ids.clear()
            self.when.clear()

    def copies(self) -> Counter[str]:
        """How often each message (by its own id) was taken."""
        with self.lock:
            return Counter(message for message, _recipient in self.taken)

    def is_quiet(self) -> bool:
        """Is nobody connected, nor anything read that is not yet taken?"""
        with self.lock:
            return not self._open

    def recipients(self) -> list[str]:
        """Everybody who was sent something, sorted, once for each message."""
        with self.lock:
            return sorted(recipient for _message, recipient in self.taken)


class _Session(socketserver.StreamRequestHandler):
    """One connection: as much of SMTP as smtplib speaks."""

    server: _Server

    def handle(self) -> None:
        sink = self.server.sink
        with sink.lock:
            sink._open.add(self.connection)
        try:
            self._talk(sink)
        except OSError:
            pass
        finally:
            with sink.lock:
                sink._open.discard(self.connection)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _talk(self, sink: MailSink) -> None:
        if sink.mode == "hang":
            self.connection.recv(1)
            return
        if sink.mode == "busy":
            self._say("421 Too busy, come back later")
            return
        self._say("220 sink")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                recipient = line.partition(":")[2].strip("<> ")
                self._say("451 Try later" if sink.mode == "refuse" else "250 ok")
            elif word == "DATA":
                self._say("354 go on")
                if not self._take(sink, recipient):
                    return
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, sink: MailSink, recipient: str) -> bool:
        """Read a message and acknowledge it; False when the server dies first."""
        body = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            body += line
        if sink.late:
            time.sleep(sink.late)
        with sink.lock:
            dies = sink.dies_after == 0
            if sink.dies_after is not None:
                sink.dies_after -= 1
            if not dies:
                name = _header("X-Message-Id", body)
                sink.taken.append((name, recipient))
                sink.ids.setdefault(name, set()).add(_header("Message-ID", body))
                sink.when.setdefault(name, time.monotonic())
        if dies:
            sink.go_away()
            return False
        self._say("250 taken")
        return True


def _header(name: str, body: bytes) -> str:
    """Empty where it has none. Without reading the rest: this server shares the machine with what is measured."""
    found = re.search(rb"^" + name.encode() + rb":\s*(\S+)", body, re.MULTILINE | re.IGNORECASE)
    return found[1].decode() if found else ""
