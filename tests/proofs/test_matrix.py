"""No lifecycle of the code, and no move of one, is left out of the matrix by forgetting it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from brokerage.core.lifecycle import Lifecycle
from tests.proofs import matrix
from tests.proofs.matrix import Tried, left_out, lifecycles

ROOT = Path(__file__).resolve().parent.parent.parent
HOUSE = ("brokerage", "contracts", "dpv", "placements", "providers")
NEW = Lifecycle("ward", "open", {"shut": (("open",), "shut")})
MADE, REFUSED = {("ward", "open", "shut")}, {("ward", "shut", "shut")}


def test_every_lifecycle_that_the_code_has_is_found() -> None:
    texts = [path.read_text() for app in HOUSE for path in sorted((ROOT / app).rglob("*.py"))]
    named = [name for text in texts for name in re.findall(r"\bLifecycle\(\s*name=\"(\w+)\"", text)]
    assert len(named) == sum(len(re.findall(r"= Lifecycle\(", text)) for text in texts) >= 18
    assert lifecycles().keys() == set(named)


def test_a_lifecycle_of_any_module_is_found_and_two_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("placements.wards")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(module)["WARD"] = NEW
    assert lifecycles()["ward"] is NEW
    vars(module)["OTHER"] = Lifecycle("ward", "open", {})
    with pytest.raises(ValueError, match="one name"):
        lifecycles()


def test_a_lifecycle_that_no_noun_has_is_a_violation_unless_somebody_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left_out(Tried(MADE, REFUSED), {"ward": NEW}) == []
    assert left_out(Tried(), {"ward": NEW}) == ["ward: no noun has this lifecycle, and nobody says why"]
    monkeypatch.setitem(matrix.LEFT_OUT, "ward", "nobody acts on it")
    assert left_out(Tried(), {"ward": NEW}) == []
    assert left_out(Tried(MADE, REFUSED), {"ward": NEW}) == ["ward: is said to be left out, and was played"]
    assert left_out(Tried(), {}) == ["ward: is said to be left out, and is no lifecycle"]


def test_a_move_that_was_not_tried_from_one_of_the_states_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left_out(Tried(MADE), {"ward": NEW}) == ["ward shut shut: was never refused"]
    assert left_out(Tried(refused=REFUSED), {"ward": NEW}) == ["ward open shut: was never made"]
    monkeypatch.setitem(matrix.UNREACHED, ("ward", "", "shut"), "nobody shuts one")
    assert left_out(Tried(refused=REFUSED), {"ward": NEW}) == []
    assert left_out(Tried(MADE, REFUSED), {"ward": NEW}) == ["ward open shut: is said to be never made, and was"]
