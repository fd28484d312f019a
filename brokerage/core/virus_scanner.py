"""An optional virus scanner: ClamAV's daemon, spoken to over a socket (`UPLOAD_SCANNER`, "host:port" or a path).

Unset, nothing is scanned. Set and away, uploads are refused: an unscanned file is never kept by accident.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing

from django.conf import settings
from django.utils.translation import gettext as _

from brokerage.core.errors import RuleBroken

SECONDS = 30
CHUNK = 64 * 1024


def scan(content: bytes) -> None:
    """Ask the scanner. Raises RuleBroken on "file": `file_infected` or `scanner_away`."""
    address = settings.UPLOAD_SCANNER
    if not address:
        return
    try:
        answer = _ask(address, content)
    except OSError:
        answer = ""
    if answer.endswith("FOUND"):
        raise RuleBroken("file_infected", _("The virus scanner found something in this file. It was not kept."), "file")
    if not answer.endswith("OK"):
        raise RuleBroken(
            "scanner_away",
            _("The virus scanner does not answer, so no file can be added now. Everything else is saved. Try later."),
            "file",
        )


def _ask(address: str, content: bytes) -> str:
    """ClamAV's INSTREAM: length-prefixed chunks, then a zero length; the answer ends in OK, FOUND or ERROR."""
    with closing(_connect(address)) as link:
        link.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            link.sendall(struct.pack("!L", len(chunk)) + chunk)
        link.sendall(struct.pack("!L", 0))
        answer = b""
        while part := link.recv(4096):
            answer += part
            if part.endswith(b"\0"):
                break
    return answer.rstrip(b"\0").decode("ascii", "replace").strip()


def _connect(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        return socket.create_connection((host, int(port)), timeout=SECONDS)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(SECONDS)
    try:
        link.connect(address)
    except OSError:
        link.close()
        raise
    return link
