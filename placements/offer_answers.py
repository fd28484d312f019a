"""What a provider says in an offer, and every rule of the field that the answers may break.

Plain values in, refusals out: the page, the API and `placements.actions.offers` ask the same. Who may offer, until
when and under which ceiling is not decided here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import NOTHING
from brokerage.core.vocabulary import Need
from dpv.rules import VehicleRules
from placements.extras import ExtraLine
from placements.pricing import PriceRequest, Pricing, broken_rules, price
from placements.redaction import KINDS, find_disclosures

#: The longest answer in characters; the form says the same.
LONGEST_TEXT = 4000
#: The most lines of extras in one offer.
MOST_EXTRAS = 20
#: The largest weekly total that can be stored.
LARGEST_WEEKLY = Decimal("9999999.99")
#: How far ahead the first day and the hold may lie.
FURTHEST_START = dt.timedelta(days=366)
LONGEST_HOLD = dt.timedelta(days=366)
#: Texts about the people who live there: ages and sex, never who they are.
ABOUT_RESIDENTS = ("who_lives_there", "impact_on_residents")
_NEVER = frozenset(KINDS) - {"school", "address"}
_TEXTS = ("solo_reason", "who_lives_there", "staffing", "impact_on_residents", "conditions")


class OfferRefused(RuleBroken):
    """Everything wrong with an offer at once; it reads as the first of `broken`."""

    broken: tuple[RuleBroken, ...]

    def __init__(self, broken: Sequence[RuleBroken]) -> None:
        first = broken[0]
        super().__init__(first.code, first.message, first.field)
        self.broken = tuple(broken)


@dataclass(frozen=True)
class ExtraAsked:
    """A line from the menu as asked for. An empty rate means the tendered one."""

    code: str
    quantity_per_week: Decimal | None = None
    unit_rate: Decimal | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    review_on: dt.date | None = None
    outcome: str = ""


@dataclass(frozen=True)
class OfferAnswers:
    """An offer as typed. Money in pounds a week; a draft may leave anything out."""

    household_id: UUID | None = None
    weekly_core: Decimal | None = None
    children_together: int = 1
    solo_uplift: Decimal | None = None
    solo_reason: str = ""
    extras: tuple[ExtraAsked, ...] = ()
    starts_on: dt.date | None = None
    held_until: dt.datetime | None = None
    statements: Mapping[str, str] = field(default_factory=dict)
    who_lives_there: str = ""
    staffing: str = ""
    impact_on_residents: str = ""
    conditions: str = ""


@dataclass(frozen=True)
class MenuRate:
    """What a provider tendered for one service: pounds for each `unit`; `price_text` says it in words."""

    code: str
    label: str | Promise
    unit: str
    rate: Decimal
    price_text: str


@dataclass(frozen=True)
class Asked:
    """What is asked of an offer: from the release, the ceiling and rules in force, and the provider's own menu."""

    ceiling: Decimal
    rules: VehicleRules = field(repr=False)
    needs: tuple[str, ...] = ()
    siblings: int = 1
    planned_months: int | None = None
    menu: Mapping[str, MenuRate] = field(default_factory=dict)
    households: frozenset[UUID] = frozenset()
    #: Of the households, those that nobody new may live with: the code of what is wrong, and its text.
    unfit: Mapping[UUID, tuple[str, str | Promise]] = field(default_factory=dict)
    is_fostering: bool = False


def changed_answers(stored: OfferAnswers, changes: Mapping[str, Any], needs: Collection[str]) -> OfferAnswers:
    """`stored` with some of its answers replaced; None takes an answer back. Extras are replaced all together,
    statements one by one: those of needs that are no longer asked are left out.

    Raises RuleBroken (`statement_not_asked`, `statements.<need>`) for a need that is none of `needs`.
    """
    for need in changes.get("statements") or {}:
        if need not in needs:
            raise RuleBroken(
                "statement_not_asked", _("The referral does not ask how you would meet this"), f"statements.{need[:60]}"
            )
    empty = OfferAnswers()
    given = {name: getattr(empty, name) if value is None else value for name, value in changes.items()}
    kept = {need: text for need, text in stored.statements.items() if need in needs}
    if changes.get("statements") is not None:
        given["statements"] = {**kept, **{need: text or "" for need, text in changes["statements"].items()}}
    return replace(stored, **{"statements": kept, **given})


def extra_lines(answers: OfferAnswers, asked: Asked) -> tuple[ExtraLine, ...]:
    """The extras with the menu's label, unit and rate beside each."""
    lines = []
    for extra in answers.extras:
        tendered = asked.menu.get(extra.code)
        rate = extra.unit_rate
        if rate is None:
            rate = tendered.rate if tendered else NOTHING
        lines.append(
            ExtraLine(
                code=extra.code,
                label=tendered.label if tendered else extra.code,
                unit=tendered.unit if tendered else "",
                unit_rate=rate,
                menu_rate=tendered.rate if tendered else None,
                quantity_per_week=extra.quantity_per_week if extra.quantity_per_week is not None else NOTHING,
                starts_on=extra.starts_on,
                ends_on=extra.ends_on,
                review_on=extra.review_on,
                outcome=extra.outcome,
            )
        )
    return tuple(lines)


def price_request(answers: OfferAnswers, asked: Asked) -> PriceRequest:
    """What is to be priced; without a price yet, at the ceiling (so that the other rules can be told)."""
    return PriceRequest(
        weekly_core=asked.ceiling if answers.weekly_core is None else answers.weekly_core,
        ceiling=asked.ceiling,
        children_placed_together=answers.children_together,
        is_sibling_group=asked.siblings > 1,
        planned_months=asked.planned_months,
        solo_uplift=answers.solo_uplift,
        solo_reason=answers.solo_reason,
        extras=extra_lines(answers, asked),
    )


def priced(answers: OfferAnswers, asked: Asked) -> Pricing | None:
    """The weekly price as far as it can be computed; None without a core price or while a price rule is broken.

    Extras without a service or a quantity yet are left out.
    """
    if answers.weekly_core is None:
        return None
    counted = tuple(extra for extra in answers.extras if extra.code and extra.quantity_per_week is not None)
    answers = replace(answers, extras=counted)
    request = price_request(answers, asked)
    if any(not _is_only_missing(broken) for broken in broken_rules(request, asked.rules)):
        return None
    try:
        return price(request, asked.rules)
    except RuleBroken:
        # Something is still missing (an outcome, a date): the amounts are known all the same.
        return _priced_so_far(answers, asked)


def broken_answers(
    answers: OfferAnswers, asked: Asked, *, now: dt.datetime, today: dt.date, closes_at: dt.datetime, complete: bool
) -> tuple[RuleBroken, ...]:
    """Everything wrong with the answers, in the order of the form; a draft (`complete` False) may lack things, and name
    a household that is not available today.

    Fields are those of `OfferAnswers`, `statements.<need>` and `extras.<position>.<field>`. Codes: those of
    `pricing.broken_rules`, and `household_missing`, `household_not_invited`, those of
    `dpv.eligibility.household_problems`, `price_missing`, `children_invalid`,
    `total_too_large`, `too_many_extras`, `text_too_long`, `discloses_person`, `statement_missing`, `start_missing`,
    `start_in_past`, `start_too_far`, `held_missing`, `held_too_short`, `held_too_long`, `<text>_missing`.
    """
    found = [
        *_household(answers, asked, complete=complete),
        *_children(answers, asked),
        *_price(answers, asked),
        *_statements(answers, asked),
        *_dates(answers, today, closes_at, now),
        *_texts(answers),
    ]
    return tuple(found if complete else (broken for broken in found if not _is_only_missing(broken)))


def _is_only_missing(broken: RuleBroken) -> bool:
    return broken.code.endswith("_missing")


def _priced_so_far(answers: OfferAnswers, asked: Asked) -> Pricing | None:
    lenient = asked.rules.with_values(extras_need_outcome=False, extras_need_end_and_review=False)
    request = price_request(answers, asked)
    try:
        return price(request, lenient)
    except RuleBroken:
        return None


def _household(answers: OfferAnswers, asked: Asked, *, complete: bool) -> Iterator[RuleBroken]:
    if answers.household_id is None:
        if asked.is_fostering and asked.households:
            yield RuleBroken("household_missing", _("Select the household you offer"), "household_id")
    elif not asked.is_fostering or answers.household_id not in asked.households:
        yield RuleBroken("household_not_invited", _("Select one of the households invited"), "household_id")
    elif complete and answers.household_id in asked.unfit:
        code, text = asked.unfit[answers.household_id]
        yield RuleBroken(code, text, "household_id")


def _children(answers: OfferAnswers, asked: Asked) -> Iterator[RuleBroken]:
    if not 1 <= answers.children_together <= max(asked.siblings, 1):
        yield RuleBroken(
            "children_invalid",
            _("The number of children must be between 1 and %(most)s") % {"most": max(asked.siblings, 1)},
            "children_together",
        )


def _price(answers: OfferAnswers, asked: Asked) -> Iterator[RuleBroken]:
    if answers.weekly_core is None:
        yield RuleBroken("price_missing", _("Enter the core weekly price"), "weekly_core")
    if len(answers.extras) > MOST_EXTRAS:
        yield RuleBroken("too_many_extras", _("Ask for %(most)s extras or fewer") % {"most": MOST_EXTRAS}, "extras")
        return
    is_price_known = True
    for broken in broken_rules(price_request(answers, asked), asked.rules):
        if broken.code == "extra_quantity_invalid" and broken.field:
            position = int(broken.field.split(".")[1])
            if answers.extras[position].quantity_per_week is None:
                yield RuleBroken("extra_quantity_missing", broken.message, broken.field)
                continue
        is_price_known = is_price_known and _is_only_missing(broken)
        if broken.code == "extra_not_on_menu" and broken.field:
            position = int(broken.field.split(".")[1])
            if not answers.extras[position].code:
                broken = RuleBroken("extra_code_missing", _("Select which extra this is"), broken.field)
        if broken.field != "children_placed_together":
            yield broken
    for position, extra in enumerate(answers.extras):
        if len(extra.outcome) > LONGEST_TEXT:
            yield _too_long(f"extras.{position}.outcome")
    if is_price_known:
        pricing = _priced_so_far(answers, asked)
        if pricing is not None and pricing.weekly_total > LARGEST_WEEKLY:
            yield RuleBroken("total_too_large", _("The weekly total is too large: check the amounts"), "weekly_core")


def _statements(answers: OfferAnswers, asked: Asked) -> Iterator[RuleBroken]:
    for need in asked.needs:
        text = answers.statements.get(need, "")
        if len(text) > LONGEST_TEXT:
            yield _too_long(f"statements.{need}")
        elif not text.strip():
            label = Need(need).label if need in Need.values else need
            yield RuleBroken(
                "statement_missing", _("Say how you would meet: %(need)s") % {"need": label}, f"statements.{need}"
            )


def _dates(answers: OfferAnswers, today: dt.date, closes_at: dt.datetime, now: dt.datetime) -> Iterator[RuleBroken]:
    if answers.starts_on is None:
        yield RuleBroken("start_missing", _("Enter the first day the person could move in"), "starts_on")
    elif answers.starts_on < today:
        yield RuleBroken("start_in_past", _("The first day must be today or later"), "starts_on")
    elif answers.starts_on > today + FURTHEST_START:
        yield RuleBroken("start_too_far", _("The first day must be within a year"), "starts_on")
    if answers.held_until is None:
        yield RuleBroken("held_missing", _("Enter until when you hold this offer"), "held_until")
    elif answers.held_until <= max(closes_at, now):
        yield RuleBroken(
            "held_too_short", _("Hold the offer until after the closing time, so that it can be chosen"), "held_until"
        )
    elif answers.held_until > now + LONGEST_HOLD:
        yield RuleBroken("held_too_long", _("Hold the offer for a year at most"), "held_until")


def _texts(answers: OfferAnswers) -> Iterator[RuleBroken]:
    for name in _TEXTS:
        if len(getattr(answers, name)) > LONGEST_TEXT:
            yield _too_long(name)
    if not answers.who_lives_there.strip():
        yield RuleBroken(
            "who_lives_there_missing",
            _("Say who lives there now: ages and sex, or that nobody does"),
            "who_lives_there",
        )
    if not answers.staffing.strip():
        yield RuleBroken("staffing_missing", _("Say who would care for the person"), "staffing")
    if not answers.impact_on_residents.strip():
        yield RuleBroken(
            "impact_on_residents_missing",
            _("Say what this placement would mean for the people who live there"),
            "impact_on_residents",
        )
    for name in ABOUT_RESIDENTS:
        for finding in find_disclosures(getattr(answers, name)[:LONGEST_TEXT]):
            if finding.kind in _NEVER:
                yield RuleBroken(
                    "discloses_person",
                    _("Take out “%(text)s” (%(kind)s): give ages and sex, never who they are")
                    % {"text": finding.text, "kind": str(KINDS[finding.kind]).lower()},
                    name,
                )
                break


def _too_long(name: str) -> RuleBroken:
    return RuleBroken("text_too_long", _("Use %(most)s characters or fewer") % {"most": LONGEST_TEXT}, name)
