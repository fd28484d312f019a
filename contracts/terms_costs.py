"""The part of an agreement's terms that is about money and notice, as plain values.

Amounts are `Money` pounds; a percentage is a Decimal (5 means 5%). Nothing is computed here: `Costs` only
refuses to exist when its own figures disagree, so that no agreement can print a wrong sum.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from contracts.terms_json import Money

Side = Literal["authority", "provider"]


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One line of the schedule: `base` is what the rule worked on (a unit price, or the core price), `rate` a
    percentage or None, `amount` the rounded result (negative for a discount), per week or once."""

    code: str
    label: str
    amount: Money
    unit: str = ""
    quantity: Decimal | None = None
    base: Money | None = None
    rate: Decimal | None = None
    rule: str = ""
    source_clause: str = ""
    period: Literal["week", "once"] = "week"


@dataclass(frozen=True, kw_only=True)
class FundingShare:
    """Who pays how much of the weekly total; `percent` is printed when the split was agreed as one."""

    payer: str
    weekly: Money
    percent: Decimal | None = None
    cost_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The schedule of costs. ValueError when the weekly total or the split does not add up to the penny."""

    lines: tuple[CostLine, ...]
    weekly: Money
    four_weekly: Money
    annual: Money
    annual_basis: str = ""
    funding: tuple[FundingShare, ...] = ()
    price_basis: str = ""
    price_life: str = ""
    payment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        weekly = sum((line.amount for line in self.lines if line.period == "week"), Decimal(0))
        if weekly != self.weekly:
            raise ValueError(f"the weekly lines add up to {weekly}, the total says {self.weekly}")
        if self.funding:
            shares = sum((share.weekly for share in self.funding), Decimal(0))
            if shares != self.weekly:
                raise ValueError(f"the funding shares add up to {shares}, the total says {self.weekly}")


@dataclass(frozen=True, kw_only=True)
class Discount:
    """A discount of the vehicle and whether it applies now; `weekly_saving` is positive."""

    label: str
    rate: Decimal
    applies: bool
    weekly_saving: Money
    reason: str = ""
    from_on: dt.date | None = None
    source_clause: str = ""


@dataclass(frozen=True, kw_only=True)
class AdditionalService:
    """An extra from the tendered menu, agreed in writing before it starts."""

    label: str
    unit: str
    unit_rate: Money
    quantity: Decimal
    weekly: Money
    outcome: str
    start_on: dt.date
    end_on: dt.date
    review_on: dt.date
    stops_by_itself: bool = True
    source_clause: str = ""


@dataclass(frozen=True, kw_only=True)
class AbsenceRule:
    """What is paid while the person is away, by nights away: `percent` of core, at most `weekly`."""

    from_night: int
    to_night: int | None
    percent: Decimal
    weekly: Money | None = None
    source_clause: str = ""


@dataclass(frozen=True, kw_only=True)
class Mileage:
    included_miles: Decimal
    included_hours_a_day: Decimal | None = None
    per: str = ""
    excess_rate: Money | None = None
    source_clause: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class NoticeRule:
    """Days of notice when `given_by` ends the placement, by days since the start (1 = the first day)."""

    given_by: Side
    from_day: int
    to_day: int | None
    notice_days: int
    source_clause: str = ""
