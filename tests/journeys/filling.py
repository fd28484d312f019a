"""Filling in a form as a person does: by the kind of control that stands there under the name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page


def fill(page: Page, answers: Mapping[str, Any]) -> None:
    """Answer each named question of the page: text, number, yes or no, a choice, several choices, a date, a moment."""
    for name, value in answers.items():
        _answer(page, name, value)


def _answer(page: Page, name: str, value: Any) -> None:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, str) and _is_date(value) and page.locator(f'[name="{name}_day"]').count():
        value = dt.date.fromisoformat(value)
    if isinstance(value, dt.date):
        _date(page, name, value)
        return
    controls = page.locator(f'main [name="{name}"]')
    kind = controls.first.evaluate("each => each.tagName === 'SELECT' ? 'select' : each.type")
    if kind in ("radio", "checkbox"):
        for each in value if isinstance(value, list) else [value]:
            page.locator(f'main [name="{name}"][value="{each}"]').check()
    elif kind == "select":
        controls.first.select_option(str(value))
    else:
        controls.first.fill(str(value))


def _date(page: Page, name: str, value: dt.date) -> None:
    for part in ("day", "month", "year"):
        page.locator(f'main [name="{name}_{part}"]').fill(str(getattr(value, part)))
    if isinstance(value, dt.datetime):
        page.locator(f'main [name="{name}_time"]').fill(f"{value:%H:%M}")


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
