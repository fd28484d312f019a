"""The demo's import files, made as if today were the day they are read.

They were made for BASE_DATE. `read_demo_file` moves every date in a file by the same number of days, so that
ages, ceilings, insurance and vacancies look the same whenever the demo is started. It knows no columns.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

BASE_DATE = date(2026, 11, 21)
DATA = Path(__file__).parent / "data"
_DATE = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])", re.ASCII)


def read_demo_file(name: str, *, on: date = BASE_DATE) -> bytes:
    """The file's bytes, each ISO date moved by the days from BASE_DATE to `on`. Raises FileNotFoundError."""
    content = (DATA / name).read_bytes()
    moved_by = on - BASE_DATE
    if not moved_by:
        return content
    text = content.decode("utf-8")
    return _DATE.sub(lambda found: (date.fromisoformat(found[0]) + moved_by).isoformat(), text).encode("utf-8")
