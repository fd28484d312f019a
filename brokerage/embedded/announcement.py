"""What `script/server` says at the end: the address, and who may sign in to the demo (`var/demo.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from brokerage.embedded.keys import write_private

COLUMNS = ("email", "password", "role", "organisation")


def read_demo(path: Path) -> dict[str, Any]:
    """The demo's description; empty when there is none."""
    try:
        demo: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return demo


def publish_address(path: Path, address: str) -> None:
    """Write the address of this run into the demo's description, for scripts."""
    demo = read_demo(path)
    if demo:
        write_private(path, json.dumps(demo | {"address": address}, indent=2, ensure_ascii=False) + "\n")


def demo_people(path: Path) -> str:
    """A table of the people of the demo, ready to print; empty without a demo."""
    people = read_demo(path).get("people", [])
    rows = [[str(person.get(column, "")) for column in COLUMNS] for person in people]
    if not rows:
        return ""
    rows.insert(0, [column.capitalize() for column in COLUMNS])
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "".join(f"  {line.rstrip()}\n" for line in lines) + "\n"
