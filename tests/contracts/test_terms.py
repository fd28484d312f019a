"""Terms: one text for one agreement, there and back, and no sum that does not add up."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms import AgreementTerms, CostLine, Costs, Fact, FundingShare, Signature, read_terms
from contracts.terms_json import from_json, to_data, to_json
from tests.contracts.ipa_sample import COSTS, SIGNATURES, TERMS


def test_terms_come_back_as_they_went() -> None:
    assert read_terms(TERMS.to_json()) == TERMS
    assert read_terms(json.loads(json.dumps(TERMS.to_data()))) == TERMS
    assert from_json(Signature, to_json(SIGNATURES[0])) == SIGNATURES[0]


def test_the_hash_is_that_of_the_canonical_text() -> None:
    text = TERMS.to_json()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert len(TERMS.terms_hash()) == 64
    assert read_terms(text).terms_hash() == TERMS.terms_hash()


def test_equal_agreements_written_differently_hash_alike() -> None:
    elsewhere = TERMS.drawn_up_at.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    shorter = replace(COSTS, weekly=Decimal("4560.5"), lines=_with_first_amount(Decimal(4250)))
    composed, decomposed = "Siân", "Sia\u0302n"
    first = replace(TERMS, person=replace(TERMS.person, known_as=composed))
    second = replace(TERMS, drawn_up_at=elsewhere, costs=shorter, person=replace(TERMS.person, known_as=decomposed))
    assert first.terms_hash() == second.terms_hash()


def _with_first_amount(amount: Decimal) -> tuple[CostLine, ...]:
    return (replace(COSTS.lines[0], amount=amount), *COSTS.lines[1:])


@pytest.mark.parametrize(
    "changed",
    [
        replace(TERMS, version=2),
        replace(TERMS, language="cy"),
        replace(TERMS, person=replace(TERMS.person, reference="HRW-889121")),
        replace(TERMS, notice=TERMS.notice[1:]),
        replace(TERMS, notice=tuple(reversed(TERMS.notice))),
        replace(TERMS, mileage=None),
    ],
)
def test_any_change_changes_the_hash(changed: AgreementTerms) -> None:
    assert changed.terms_hash() != TERMS.terms_hash()


def test_a_weekly_total_that_does_not_add_up_cannot_exist() -> None:
    with pytest.raises(ValueError, match=r"add up to 4560\.50"):
        replace(COSTS, weekly=Decimal("4560.51"))
    with pytest.raises(ValueError, match="funding shares"):
        replace(COSTS, funding=(FundingShare(payer="Social care", weekly=Decimal("4560.49")),))


def test_one_off_lines_are_not_in_the_weekly_total() -> None:
    line = CostLine(code="once", label="Once", amount=Decimal("5.00"), period="once")
    costs = Costs(lines=(line,), weekly=Decimal(0), four_weekly=Decimal(0), annual=Decimal(0))
    assert costs.weekly == 0


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", "1E+40"])
def test_what_is_not_pounds_and_pence_is_refused(amount: str) -> None:
    line = CostLine(code="odd", label="Odd", amount=Decimal(amount))
    with pytest.raises(ValueError, match=r"CostLine\.amount"):
        to_json(line)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(TERMS, drawn_up_at=dt.datetime(2026, 12, 1, 9, 0)).to_json()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), "1"),
        (("version",), True),
        (("language",), "fr"),
        (("costs", "weekly"), 4560.5),
        (("costs", "weekly"), "lots"),
        (("costs", "lines"), {}),
        (("person", "date_of_birth"), "17/05/2013"),
        (("person", "unaccompanied_asylum_seeking"), 0),
        (("person",), None),
        (("mileage",), []),
        (("extra",), "x"),
    ],
)
def test_anything_but_terms_is_refused(path: tuple[str, ...], value: object) -> None:
    data = json.loads(TERMS.to_json())
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError):
        read_terms(data)


def test_a_missing_key_is_named() -> None:
    data = TERMS.to_data()
    del data["notice"]
    with pytest.raises(ValueError, match="notice"):
        read_terms(data)


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "{" * 5_000_001])
def test_text_that_is_not_terms_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_terms(text)


def test_only_dataclasses_have_canonical_json() -> None:
    for value in (3, "x", Fact, {"label": "x"}):
        with pytest.raises(ValueError):
            to_data(value)


@given(
    amount=st.decimals(min_value=-99999999, max_value=99999999, places=2),
    quantity=st.none() | st.decimals(min_value=0, max_value=10000, places=3),
    label=st.text(max_size=80),
)
def test_every_line_comes_back(amount: Decimal, quantity: Decimal | None, label: str) -> None:
    line = CostLine(code="c", label=label, amount=amount, quantity=quantity)
    text = to_json(line)
    again = from_json(CostLine, text)
    assert (again.amount, again.quantity) == (amount, quantity)
    assert to_json(again) == text
