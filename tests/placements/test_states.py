"""The main road's lifecycles: the whole matrix, every state and every move, and the field's own stories."""

from __future__ import annotations

import pytest

from brokerage.core.errors import NotNow
from brokerage.core.lifecycle import Lifecycle
from placements import states
from placements.states import AWARD, INVITATION, OFFER, PLACEMENT, REFERRAL

LIFECYCLES = (REFERRAL, INVITATION, OFFER, AWARD, PLACEMENT)

# Everything that is legal, written the other way round than the tables: state -> {move: next}.
LEGAL: dict[str, dict[str, dict[str, str]]] = {
    "referral": {
        "draft": {
            "edit": "draft",
            "publish": "published",
            "record_spot": "placed",
            "withdraw": "withdrawn",
        },
        "published": {
            "extend": "published",
            "invite": "published",
            "widen": "published",
            "amend": "published",
            "award": "awarded",
            "ask_approval": "awaiting_approval",
            "record_spot": "placed",
            "end_without_placement": "not_placed",
            "withdraw": "withdrawn",
        },
        "awaiting_approval": {
            "approve": "awarded",
            "refuse": "published",
            "take_back": "published",
            "withdraw": "withdrawn",
        },
        "awarded": {"fall_through": "published", "place": "placed"},
        "placed": {"cancel_spot": "not_placed"},
        "not_placed": {},
        "withdrawn": {},
    },
    "invitation": {
        "open": {"offer": "offered", "decline": "declined", "withdraw": "withdrawn", "close": "closed"},
        "offered": {"take_back_offer": "open", "withdraw": "withdrawn", "close": "closed"},
        "declined": {"offer": "offered", "ask_again": "open", "withdraw": "withdrawn", "close": "closed"},
        "closed": {"ask_again": "open", "reopen": "offered"},
        "withdrawn": {},
    },
    "offer": {
        "draft": {"edit": "draft", "submit": "submitted", "withdraw": "withdrawn", "lapse": "lapsed"},
        "submitted": {
            "revise": "submitted",
            "ask_to_reconfirm": "needs_reconfirming",
            "withdraw": "withdrawn",
            "accept": "accepted",
            "lose": "unsuccessful",
            "lapse": "lapsed",
        },
        "needs_reconfirming": {
            "revise": "submitted",
            "reconfirm": "submitted",
            "withdraw": "withdrawn",
            "lose": "unsuccessful",
            "lapse": "lapsed",
        },
        "accepted": {"back_out": "withdrawn", "set_free": "submitted"},
        "unsuccessful": {"reopen": "submitted", "lapse": "lapsed"},
        "withdrawn": {},
        "lapsed": {},
    },
    "award": {
        "awaiting_approval": {"confirm": "confirmed", "refuse": "refused", "take_back": "taken_back"},
        "confirmed": {"fall_through": "fallen_through"},
        "refused": {},
        "taken_back": {},
        "fallen_through": {},
    },
    "placement": {
        "planned": {"reschedule": "planned", "start": "active", "cancel": "cancelled"},
        "active": {"change": "active", "end": "ended"},
        "ended": {},
        "cancelled": {},
    },
}

MATRIX = [
    pytest.param(lifecycle, state, move, id=f"{lifecycle.name}-{state}-{move}")
    for lifecycle in LIFECYCLES
    for state in lifecycle.states
    for move in lifecycle.moves
]


@pytest.mark.parametrize(("lifecycle", "state", "move"), MATRIX)
def test_the_whole_matrix(lifecycle: Lifecycle, state: str, move: str) -> None:
    legal = LEGAL[lifecycle.name][state]
    if move in legal:
        assert lifecycle.after(state, move) == legal[move]
        return
    with pytest.raises(NotNow) as refused:
        lifecycle.after(state, move)
    assert refused.value.code == f"{lifecycle.name}_not_now"
    assert str(lifecycle.label(state)) in str(refused.value)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_the_tables_hold_exactly_what_is_legal(lifecycle: Lifecycle) -> None:
    legal = LEGAL[lifecycle.name]
    assert set(legal) == set(lifecycle.states)
    assert {state: set(moves) for state, moves in legal.items()} == {
        state: set(lifecycle.allowed(state)) for state in lifecycle.states
    }
    assert lifecycle.final == {state for state, moves in legal.items() if not moves}
    assert all(str(label) for _state, label in lifecycle.choices)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_state_can_be_reached_and_left_for_an_end(lifecycle: Lifecycle) -> None:
    reached, fresh = {lifecycle.initial}, [lifecycle.initial]
    while fresh:
        state = fresh.pop()
        for move in lifecycle.allowed(state):
            target = lifecycle.after(state, move)
            if target not in reached:
                reached.add(target)
                fresh.append(target)
    assert reached == set(lifecycle.states)
    for begin in lifecycle.states:
        seen, fresh = {begin}, [begin]
        while fresh:
            state = fresh.pop()
            targets = {lifecycle.after(state, move) for move in lifecycle.allowed(state)} - seen
            seen |= targets
            fresh.extend(targets)
        assert seen & lifecycle.final


@pytest.mark.parametrize(
    ("lifecycle", "named"),
    [
        (REFERRAL, states.REFERRAL_RUNNING),
        (REFERRAL, states.REFERRAL_OVER),
        (OFFER, states.OFFER_LIVE),
        (OFFER, states.OFFER_STANDING),
        (AWARD, states.AWARD_LIVE),
        (PLACEMENT, states.PLACEMENT_LIVE),
    ],
)
def test_groups_name_states_that_exist(lifecycle: Lifecycle, named: tuple[str, ...]) -> None:
    assert set(named) <= set(lifecycle.states)


def follow(lifecycle: Lifecycle, *moves: str) -> str:
    state = lifecycle.initial
    for move in moves:
        state = lifecycle.after(state, move)
    return state


def test_the_main_road() -> None:
    assert follow(REFERRAL, "edit", "publish", "award", "place") == "placed"
    assert follow(INVITATION, "decline", "offer", "take_back_offer", "offer") == "offered"
    assert follow(OFFER, "edit", "submit", "revise", "accept") == "accepted"
    assert follow(AWARD, "confirm") == "confirmed"
    assert follow(PLACEMENT, "start", "change", "end") == "ended"


def test_over_the_limit_an_approver_refuses_and_another_offer_is_chosen() -> None:
    assert follow(REFERRAL, "publish", "ask_approval", "refuse", "ask_approval", "approve") == "awarded"
    assert follow(AWARD, "refuse") == "refused"


def test_a_friday_without_offers() -> None:
    """Extend, widen, invite more; then spot, or nothing at all."""
    assert follow(REFERRAL, "publish", "extend", "widen", "invite", "record_spot") == "placed"
    assert follow(REFERRAL, "record_spot", "cancel_spot") == "not_placed"
    assert follow(REFERRAL, "publish", "extend", "end_without_placement") == "not_placed"
    assert follow(INVITATION, "decline", "ask_again", "offer") == "offered"


def test_an_award_that_falls_through_goes_back_to_offers_still_valid() -> None:
    assert follow(REFERRAL, "publish", "award", "fall_through", "award", "place") == "placed"
    assert follow(AWARD, "confirm", "fall_through") == "fallen_through"
    assert follow(OFFER, "submit", "accept", "back_out") == "withdrawn"
    assert follow(OFFER, "submit", "accept", "set_free", "accept") == "accepted"
    assert follow(OFFER, "submit", "lose", "reopen", "accept") == "accepted"
    assert follow(OFFER, "submit", "lose", "lapse") == "lapsed"
    assert follow(INVITATION, "offer", "close", "reopen") == "offered"


def test_an_amended_referral_has_its_offers_confirmed_again() -> None:
    assert follow(REFERRAL, "publish", "amend") == "published"
    assert follow(OFFER, "submit", "ask_to_reconfirm", "reconfirm", "accept") == "accepted"
    with pytest.raises(NotNow):
        follow(OFFER, "submit", "ask_to_reconfirm", "accept")
