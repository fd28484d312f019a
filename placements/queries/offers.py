"""What a provider's offer pages read: its own offers, what stands between a draft and submitting, price lines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.money import pounds
from brokerage.core.pages.figures import Col, Table
from brokerage.core.pages.templatetags.pages import day, moment
from brokerage.core.vocabulary import Need
from dpv.eligibility import problem_text, problems_of
from placements.models import Offer, Release
from placements.offer_answers import OfferAnswers, broken_answers, priced
from placements.offered_prices import extra_from_json
from placements.pricing import Pricing, permanence_due_on
from placements.queries.offer_terms import OfferTerms, age_in, answers_of, terms_of

Text = str | Promise


def own_offer(offer_id: UUID) -> Offer:
    """One of the acting provider's offers with what its pages show. Raises Offer.DoesNotExist."""
    return Offer.objects.select_related(
        "release", "invitation", "establishment", "household", "lot", "vehicle", "ceiling_row"
    ).get(pk=offer_id)


def own_offers() -> QuerySet[Offer]:
    """Every offer of the acting provider, the latest first."""
    offers: QuerySet[Offer] = Offer.objects.select_related("release", "establishment", "household").order_by(
        "-created_at", "-pk"
    )
    return offers


@dataclass(frozen=True)
class Standing:
    """How an offer would fare if it were submitted at `now`: terms of today, and what stands in its way."""

    terms: OfferTerms
    is_open: bool
    problem: Text
    broken: tuple[RuleBroken, ...]
    pricing: Pricing | None
    ceiling_before: Decimal | None
    now: dt.datetime
    problem_code: str = ""


def standing_of(offer: Offer, now: dt.datetime) -> Standing:
    """Of the stored answers. Raises RuleBroken (`no_ceiling`, `no_rules`)."""
    today = timezone.localdate(now)
    release = offer.release
    terms = terms_of(release, offer.invitation, today)
    given = answers_of(offer)
    # Its household stands among what is wrong with the answers: another may be chosen.
    codes = problems_of([offer.admission_id], today, age=age_in(release)).get(offer.admission_id, [])
    return Standing(
        terms=terms,
        is_open=release.is_open_for_offers(now) and offer.invitation.status not in ("withdrawn", "closed"),
        problem=problem_text(codes[0]) if codes else "",
        broken=_broken(given, terms, release, now),
        pricing=priced(given, terms.asked),
        ceiling_before=offer.ceiling if offer.ceiling != terms.asked.ceiling else None,
        now=now,
        problem_code=codes[0] if codes else "",
    )


def standing_as_typed(standing: Standing, release: Release, answers: OfferAnswers) -> Standing:
    """The same at the same moment with other answers; asks the database nothing."""
    broken = _broken(answers, standing.terms, release, standing.now)
    return replace(standing, broken=broken, pricing=priced(answers, standing.terms.asked))


def _broken(answers: OfferAnswers, terms: OfferTerms, release: Release, now: dt.datetime) -> tuple[RuleBroken, ...]:
    today = timezone.localdate(now)
    return broken_answers(answers, terms.asked, now=now, today=today, closes_at=release.closes_at, complete=True)


@dataclass(frozen=True)
class PriceTable:
    """A price for a page: its lines with how each came about, the total, and what permanence will make of it."""

    table: Table
    total: Decimal
    later_total: Decimal | None = None
    later_on: dt.date | None = None


def price_table(pricing: Pricing, starts_on: dt.date | None) -> PriceTable:
    """The lines of a price as computed now."""
    later = pricing.later
    return PriceTable(
        table=_table([line.to_json() for line in pricing.lines], pricing.weekly_total, pricing.request.ceiling),
        total=pricing.weekly_total,
        later_total=later.weekly_total if later else None,
        later_on=permanence_due_on(starts_on, pricing.rules) if later and starts_on else None,
    )


def stored_price_table(offer: Offer) -> PriceTable | None:
    """The lines of a price as stored with the offer."""
    if not offer.pricing or offer.weekly_total is None:
        return None
    later = offer.pricing.get("later")
    return PriceTable(
        table=_table(offer.pricing["lines"], offer.weekly_total, offer.ceiling),
        total=offer.weekly_total,
        later_total=Decimal(later["weekly_total"]) if later else None,
    )


def _table(lines: list[dict[str, Any]], total: Decimal, ceiling: Decimal) -> Table:
    rows: list[list[Any]] = [[line["label"], _how(line, ceiling), pounds(Decimal(line["amount"]))] for line in lines]
    rows.append([str(_("Weekly total")), str(_("All lines together")), pounds(total)])
    return Table(
        caption=str(_("Price a week")),
        head=[str(_("Line")), str(_("How it is computed")), Col(str(_("A week")), numeric=True)],
        rows=rows,
        stacked=True,
        caption_hidden=True,
    )


def _how(line: dict[str, Any], ceiling: Decimal) -> str:
    if line["code"] == "core":
        return str(_("At or under your ceiling of %(ceiling)s") % {"ceiling": pounds(ceiling)})
    if line["rate"] is None:
        return str(_("As asked"))
    base, rate = pounds(Decimal(line["base"])), _number(Decimal(line["rate"]))
    if line["code"].startswith("extra."):
        return str(_("%(count)s at %(rate)s") % {"count": rate, "rate": base})
    return str(_("%(percent)s%% of %(base)s") % {"percent": rate, "base": base})


def _number(amount: Decimal) -> str:
    """Without zeros that say nothing: "10", "2.5"."""
    return f"{amount.normalize():f}"


def answer_rows(offer: Offer) -> dict[str, list[dict[str, Any]]]:
    """The stored answers for summary lists: "price", "needs", "home", "when"; `field` is the form's."""
    needs = [
        {"field": f"statements.{need.value}", "key": need.label, "value": offer.statements[need.value]}
        for need in Need
        if need.value in offer.statements
    ]
    price: list[dict[str, Any]] = []
    if offer.household is not None:
        price.append({"field": "household_id", "key": _("Household"), "value": offer.household.code})
    price.append({"field": "weekly_core", "key": _("Core weekly price"), "value": _money(offer.weekly_core)})
    if offer.children_together > 1:
        price.append({"field": "children_together", "key": _("Children together"), "value": offer.children_together})
    if offer.solo_uplift:
        price.append({"field": "solo_uplift", "key": _("Solo uplift"), "value": _money(offer.solo_uplift)})
        price.append({"field": "solo_reason", "key": _("Why nobody else may be placed"), "value": offer.solo_reason})
    home = [
        {"field": "who_lives_there", "key": _("Who lives there now"), "value": offer.who_lives_there},
        {"field": "staffing", "key": _("Who would care"), "value": offer.staffing},
        {"field": "impact_on_residents", "key": _("Impact on residents"), "value": offer.impact_on_residents},
        {"field": "conditions", "key": _("Conditions"), "value": offer.conditions},
    ]
    when = [
        {"field": "starts_on", "key": _("First day"), "value": day(offer.starts_on)},
        {"field": "held_until", "key": _("Held until"), "value": moment(offer.held_until)},
    ]
    return {"price": price, "needs": needs, "home": home, "when": when}


def extra_lines_of(offer: Offer) -> list[dict[str, Any]]:
    """The stored extras for a page: what, how many at which rate, from when to when, and what for."""
    shown = []
    for stored in offer.extras:
        line = extra_from_json(stored)
        shown.append({"line": line, "rate": pounds(line.unit_rate), "quantity": _number(line.quantity_per_week)})
    return shown


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else pounds(amount)


def is_over(release: Release) -> bool:
    """Whether the referral ended for this provider: what it said of the person is no longer shown."""
    return release.state == Release.State.CLOSED
