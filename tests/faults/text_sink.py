"""A small real gateway of texts on a port of its own, spoken to by the real client of GOV.UK Notify, which can be away,
refuse, hang, or die with a text in hand.

It counts a text only once it has answered it: what it did not acknowledge, it never had.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from brokerage.core.sms.notify import NotifyGateway
from tests.faults.ports import held_port

#: Read by the worker's processes: where the sink listens.
ADDRESS = "TEXT_SINK"


class SinkGateway(NotifyGateway):
    """GOV.UK Notify's client, with the sink in Notify's place."""

    def __init__(self) -> None:
        super().__init__()
        self.client.base_url = os.environ[ADDRESS]


class TextSink:
    """`mode`: "ok", "refuse" (503 to every text), "hang" (says nothing), "die" (reads one text and says nothing)."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.late = 0.0
        self.taken: list[tuple[str, str, str]] = []
        #: Texts that it was sent and did not acknowledge.
        self.unanswered = 0
        self.lock = threading.Lock()
        self._place, self.port = held_port()
        self._server: _Server | None = None
        self.listen()

    def environment(self) -> dict[str, str]:
        """What a worker needs to use it."""
        return {
            ADDRESS: f"http://127.0.0.1:{self.port}",
            "SMS_BACKEND": f"{SinkGateway.__module__}.{SinkGateway.__name__}",
            "SMS_TIMEOUT": "2",
            "NOTIFY_API_KEY": "key-" + "-".join(["00000000-0000-0000-0000-000000000000"] * 2),
            "NOTIFY_SMS_TEMPLATE_ID": "texts",
        }

    def listen(self) -> None:
        """Be there, in good order."""
        self.mode, self.late = "ok", 0.0
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), _Call)
            self._server.sink = self
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def go_away(self) -> None:
        """Refuse connections."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def end(self) -> None:
        """Go away for good: the port is anybody's."""
        self.go_away()
        self._place.close()

    def forget(self) -> None:
        """Start counting anew."""
        with self.lock:
            self.taken.clear()
            self.unanswered = 0

    def copies(self) -> Counter[str]:
        """How often each message (by its own id) was taken."""
        with self.lock:
            return Counter(reference for reference, _number, _text in self.taken)


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    sink: TextSink


class _Call(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        sink = self.server.sink
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mode = sink.mode
        if mode != "ok":
            with sink.lock:
                sink.unanswered += 1
        if mode == "hang":
            time.sleep(6)
        if mode in ("hang", "die"):
            self.close_connection = True
            return
        time.sleep(sink.late)
        if mode == "ok":
            with sink.lock:
                sink.taken.append((said["reference"], said["phone_number"], said["personalisation"]["text"]))
        self.send_response(503 if mode == "refuse" else 201)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"id": "1"}' if mode == "ok" else b'{"message": "busy"}')

    def log_message(self, format: str, *args: object) -> None:
        return
