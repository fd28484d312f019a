"""A lifecycle allows what its table says and nothing else."""

from __future__ import annotations

import pytest

from brokerage.core.errors import NotNow
from brokerage.core.lifecycle import Lifecycle

DOOR = Lifecycle(
    name="garden_door",
    noun="door",
    initial="open",
    moves={
        "close": (("open",), "shut"),
        "open": (("shut",), "open"),
        "lock": (("shut",), "locked"),
        "paint": (("open", "shut"), "shut"),
    },
    labels={"open": "Open", "shut": "Shut", "locked": "Locked for good"},
)


def test_states_begin_with_the_initial_one() -> None:
    assert DOOR.states == ("open", "shut", "locked")
    assert DOOR.choices == [("open", "Open"), ("shut", "Shut"), ("locked", "Locked for good")]
    assert DOOR.final == {"locked"}


def test_allowed_moves_are_named_in_the_tables_order() -> None:
    assert DOOR.allowed("shut") == ("open", "lock", "paint")
    assert DOOR.allowed("locked") == ()
    assert DOOR.may("open", "close")
    assert not DOOR.may("open", "lock")


def test_a_move_leads_to_its_state() -> None:
    assert DOOR.after("open", "close") == "shut"
    assert DOOR.after("shut", "paint") == "shut"


def test_a_move_at_the_wrong_time_says_what_the_state_is() -> None:
    with pytest.raises(NotNow) as refused:
        DOOR.after("locked", "open")
    assert refused.value.code == "garden_door_not_now"
    assert str(refused.value) == "You cannot do this now: the status of this door is “Locked for good”."


def test_a_typing_error_is_a_fault_in_code() -> None:
    with pytest.raises(ValueError, match="no move"):
        DOOR.after("open", "slam")
    with pytest.raises(ValueError, match="no state"):
        DOOR.after("ajar", "close")
    with pytest.raises(ValueError, match="no state"):
        DOOR.allowed("ajar")


def test_labels_must_cover_the_states() -> None:
    with pytest.raises(ValueError, match="labels do not match"):
        Lifecycle(name="x", initial="a", moves={"go": (("a",), "b")}, labels={"a": "A"})
    with pytest.raises(ValueError, match="labels do not match"):
        Lifecycle(name="x", initial="a", moves={}, labels={"a": "A", "z": "Z"})


def test_without_labels_the_states_speak_for_themselves() -> None:
    plain = Lifecycle(name="x", initial="not_begun", moves={"go": (("not_begun",), "done")})
    assert plain.label("not_begun") == "not begun"
