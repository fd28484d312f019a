"""Text messages written to files in `SMS_FILE_PATH`, one each: for the demo and for trials, as e-mail is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from brokerage.core.sms.gateways import Gateway


class FileGateway(Gateway):
    """A file for each text; its name sorts by time."""

    def __init__(self) -> None:
        self.directory = Path(settings.SMS_FILE_PATH)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def send(self, *, number: str, text: str, reference: str) -> None:
        """Write it."""
        name = f"{datetime.now(tz=UTC):%Y%m%d-%H%M%S-%f}-{uuid4().hex[:8]}.txt"
        (self.directory / name).write_text(f"To: {number}\nReference: {reference}\n\n{text}\n", encoding="utf-8")
