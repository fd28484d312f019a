"""What the central team decides about a home is a finding as soon as it holds, and cleared as soon as it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brokerage.core.audit import outbox
from brokerage.core.tenants.context import acting
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.measures import refuse_measure
from dpv.actions.suspensions import lift_suspension, suspend_admission
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import LEVELS, in_force, lifted, proposed
from tests.firewall.finding import findings, living


def _states(who: str = "olive") -> list[tuple[str, list[str]]]:
    return [(one.state, one.codes) for one in findings(who)]


@pytest.mark.parametrize("level", LEVELS)
def test_a_measure_is_found_as_soon_as_it_holds_and_cleared_as_soon_as_it_is_lifted(level: str, committed: str) -> None:
    living()
    living("cedar-house")
    measure = in_force(**LEVELS[level])
    outbox.drain("alerts")
    assert _states() == [("open", ["measure_suspended"])]
    lifted(measure)
    outbox.drain("alerts")
    assert _states() == [("cleared", ["measure_suspended"])]


def test_an_urgent_suspension_is_found_at_once_and_cleared_when_it_is_refused(committed: str) -> None:
    living()
    measure = proposed(is_urgent=True)
    outbox.drain("alerts")
    assert _states() == [("open", ["measure_suspended"])]
    with acting(actor_of("mark")) as mark:
        refuse_measure(mark, reference=measure.reference, note="Nobody is in danger.")
    outbox.drain("alerts")
    assert _states()[0][0] == "cleared"


def test_a_proposal_is_no_finding_nor_is_a_restriction(committed: str) -> None:
    living()
    made = proposed()
    in_force(kind="restrict")
    with acting(actor_of("mark")) as mark:
        refuse_measure(mark, reference=made.reference, note="Not enough.")
    outbox.drain("alerts")
    assert not findings()


def test_a_suspension_from_a_lot_its_lifting_a_bar_and_its_end_are_found_and_cleared_at_once(committed: str) -> None:
    living()
    house = ident("admission birch-house")
    mark, carol = actor_of("mark"), actor_of("carol")

    def suspended() -> None:
        with acting(mark):
            suspend_admission(mark, admission_id=house, reason="A concern.", review_on=TODAY)

    suspended()
    outbox.drain("alerts")
    assert _states() == [("open", ["admission_suspended"])]
    with acting(carol):
        lift_suspension(carol, admission_id=house, reason="Visited.")
    outbox.drain("alerts")
    assert _states() == [("cleared", ["admission_suspended"])]
    suspended()
    with acting(carol):
        bar_admission(carol, admission_id=house, reason="Findings upheld.")
    outbox.drain("alerts")
    assert _states()[1] == ("open", ["admission_barred"])
    other = replace(mark, permissions=mark.permissions | {"dpv.admit"})
    with acting(other):
        end_admission(other, admission_id=house, reason="The bar is over.")
    outbox.drain("alerts")
    assert {state for state, _codes in _states()} == {"cleared"}
