"""The integrator's guide names what there is: addresses of the document, scopes as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from brokerage.api import document
from brokerage.core.api.scopes import SCOPES

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "api.md").read_text(encoding="utf-8")
KINDS = {
    "all": ("authority", "associate", "central", "provider"),
    "authorities": ("authority",),
    "associates": ("associate",),
    "central teams": ("central",),
    "providers": ("provider",),
}


def test_every_address_of_the_guide_is_in_the_document() -> None:
    named = set(re.findall(r"/api/v1(/[a-z{}/-]*[a-z}])", GUIDE))
    assert len(named) >= 5
    assert named - set(document.loaded()["paths"]) == set()


@pytest.mark.parametrize("code", SCOPES)
def test_a_scope_stands_in_the_guide_with_whom_it_is_for(code: str) -> None:
    row = re.search(rf"^\| `{code}` \| ([^|]+) \|", GUIDE, re.MULTILINE)
    assert row, f"{code} is missing"
    assert {kind for words in row[1].split(",") for kind in KINDS[words.strip()]} == set(SCOPES[code].kinds)


def test_the_guide_names_no_scope_that_is_gone() -> None:
    assert set(re.findall(r"^\| `(\w+:\w+)`", GUIDE, re.MULTILINE)) == set(SCOPES)
