"""An admission's life: the whole matrix, every state and every move."""

from __future__ import annotations

import pytest

from brokerage.core.errors import NotNow
from dpv.states import ADMISSION, ADMISSION_LIVE

LEGAL = {
    ("admitted", "suspend"): "suspended",
    ("admitted", "end"): "ended",
    ("suspended", "reinstate"): "admitted",
    ("suspended", "bar"): "barred",
    ("suspended", "end"): "ended",
    ("barred", "end"): "ended",
}


@pytest.mark.parametrize("move", ADMISSION.moves)
@pytest.mark.parametrize("state", ADMISSION.states)
def test_the_whole_matrix(state: str, move: str) -> None:
    if (state, move) in LEGAL:
        assert ADMISSION.after(state, move) == LEGAL[state, move]
        return
    with pytest.raises(NotNow) as refused:
        ADMISSION.after(state, move)
    assert refused.value.code == "admission_not_now"


def test_only_an_ended_admission_makes_room_for_another() -> None:
    assert set(ADMISSION.states) - set(ADMISSION_LIVE) == ADMISSION.final == {"ended"}
