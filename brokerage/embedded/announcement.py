"""What `script/server` says at the end: the address, and who may sign in to the demo (`var/demo.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from brokerage.embedded.keys import write_private

COLUMNS = ("email", "role", "organisation")
SHOWN_OF_EACH_ROLE = 2


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
    """A table of people of the demo, the first of each role, ready to print; empty without a demo."""
    people: list[dict[str, str]] = read_demo(path).get("people", [])
    of_role: dict[str, int] = {}
    shown = []
    for person in people:
        of_role[person["role"]] = of_role.get(person["role"], 0) + 1
        if of_role[person["role"]] <= SHOWN_OF_EACH_ROLE:
            shown.append(person)
    if not shown:
        return ""
    columns = COLUMNS if len({person["password"] for person in people}) == 1 else (*COLUMNS, "password")
    rows = [[column.capitalize() for column in columns]]
    rows += [[person[column] for column in columns] for person in shown]
    widths = [max(len(row[number]) for row in rows) for number in range(len(columns))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    table = "".join(f"  {line.rstrip()}\n" for line in lines)
    if "password" not in columns:
        table += f"\nEverybody's password is {people[0]['password']}"
    more = len(people) - len(shown)
    table += f"; {more} more people are in {path}\n" if more else "\n"
    clients = len(read_demo(path).get("api_clients", []))
    return table + (f"{clients} API clients with their secrets are there too: try script/journey\n" if clients else "")
