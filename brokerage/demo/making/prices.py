"""Ceilings, menus and insurance of the demo, in the bands the field pays in 2026.

Amounts are drawn in whole pence, so no float comes near money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from brokerage.demo.files import BASE_DATE
from brokerage.demo.making.households import Household
from brokerage.demo.making.register import Establishment, Provider

YEAR_STARTS = date(2026, 4, 1)
YEAR_ENDS = date(2027, 3, 31)
_CHILD_BANDS = ((0, 4), (5, 10), (11, 15), (16, 17))
# (vehicle, lot) -> age bands with the lowest and highest ceiling in pounds a week
LOTS: dict[tuple[str, str], dict[tuple[int, int], tuple[int, int]]] = {
    ("WL-FOST", "STD"): dict(zip(_CHILD_BANDS, ((850, 900), (870, 935), (905, 1000), (935, 1050)), strict=True)),
    ("WL-FOST", "COMPLEX"): dict(
        zip(_CHILD_BANDS, ((1200, 1310), (1230, 1390), (1280, 1520), (1320, 1600)), strict=True)
    ),
    ("WL-FOST", "PC"): {(0, 120): (1540, 1690)},
    ("WL-RES", "STD"): {(0, 7): (4200, 5600), (8, 17): (4300, 6300)},
    ("WL-RES", "THER"): {(8, 17): (5600, 8500)},
    ("WL-RES", "SOLO"): {(8, 17): (8600, 12000)},
    ("WL-SA", "SA16"): {(16, 17): (900, 2500)},
    ("WL-ADULT", "LD"): {(18, 64): (1150, 2400)},
    ("WL-ADULT", "MH"): {(18, 64): (780, 1900)},
    ("WL-ADULT", "PD"): {(18, 64): (950, 2100)},
    ("WL-ADULT", "NURS"): {(18, 64): (1250, 2200), (65, 120): (650, 1480)},
    ("SEW-CH", "FOST"): dict(zip(_CHILD_BANDS, ((830, 880), (850, 910), (880, 960), (900, 1010)), strict=True)),
    ("SEW-CH", "RES"): {(8, 17): (4200, 6900)},
    ("EM-CH", "FOST"): dict(zip(_CHILD_BANDS, ((840, 885), (855, 915), (890, 970), (905, 1020)), strict=True)),
    ("EM-CH", "RES"): {(8, 17): (4250, 7100)},
    ("EM-CH", "SEN"): {(5, 19): (980, 3900)},
}
# service -> unit, lowest and highest unit price in pence
SERVICES = {
    "waking_night": ("night", 16500, 24000),
    "sleep_in_night": ("night", 7800, 11500),
    "one_to_one_hour": ("hour", 1950, 2800),
    "two_to_one_hour": ("hour", 3800, 5500),
    "therapy_session": ("session", 6800, 11000),
    "psychology_assessment": ("session", 42000, 78000),
    "education_day": ("day", 9500, 16500),
    "tutoring_hour": ("hour", 3200, 4800),
    "transport_mile": ("mile", 45, 65),
    "supervised_family_time_hour": ("hour", 2200, 3400),
    "independence_hour": ("hour", 1900, 2700),
    "interpreter_hour": ("hour", 3200, 5500),
    "equipment_week": ("week", 1800, 6000),
}
_MENUS = {
    "fostering": (
        "one_to_one_hour",
        "tutoring_hour",
        "transport_mile",
        "supervised_family_time_hour",
        "therapy_session",
        "interpreter_hour",
    ),
    "home": (
        "waking_night",
        "sleep_in_night",
        "one_to_one_hour",
        "two_to_one_hour",
        "therapy_session",
        "psychology_assessment",
        "education_day",
        "tutoring_hour",
        "transport_mile",
        "supervised_family_time_hour",
    ),
    "supported": (
        "waking_night",
        "one_to_one_hour",
        "independence_hour",
        "interpreter_hour",
        "transport_mile",
    ),
    "school": ("one_to_one_hour", "therapy_session", "transport_mile", "equipment_week"),
    "adult": (
        "waking_night",
        "one_to_one_hour",
        "two_to_one_hour",
        "therapy_session",
        "equipment_week",
        "transport_mile",
    ),
}
_INSURERS = ("Brasswick Mutual", "Lanthorn Underwriting", "Old Quillet Assurance", "Tinderbox Specialty")
_COVER = {
    "employers_liability": (5_000_000, 10_000_000, 10_000_000),
    "public_liability": (5_000_000, 10_000_000, 10_000_000),
    "professional_indemnity": (1_000_000, 2_000_000, 5_000_000),
}


@dataclass(frozen=True)
class Price:
    """One ceiling: pounds a week for one age band of one establishment on one lot."""

    vehicle: str
    lot: str
    establishment: Establishment
    band: tuple[int, int]
    ceiling: Decimal
    starts: date
    ends: date
    quality: Decimal


def pounds(pence: int) -> Decimal:
    return Decimal(pence).scaleb(-2)


def lots_of(draw: Random, e: Establishment, households: list[Household]) -> list[tuple[str, str]]:
    """The lots an establishment is on: those of its region that fit what it is good at, or none."""
    area, sector = e.provider.area, e.provider.sector
    if e.status in ("cancelled", "resigned") or draw.random() < 0.1:
        return []
    if area == "wales":
        return {"fostering": [("SEW-CH", "FOST")], "home": [("SEW-CH", "RES")]}.get(sector, [])
    if area == "midlands":
        lot = {"fostering": "FOST", "home": "RES", "school": "SEN"}.get(sector)
        return [("EM-CH", lot)] if lot else []
    if sector == "fostering":
        lots = [("WL-FOST", "STD")]
        if draw.random() < 0.7:
            lots.append(("WL-FOST", "COMPLEX"))
        if any(h.agency is e and h.is_for_parents for h in households):
            lots.append(("WL-FOST", "PC"))
        return lots
    if sector == "home":
        if e.bent == "solo":
            return [("WL-RES", "SOLO")]
        return [("WL-RES", "THER"), ("WL-RES", "STD")] if e.bent == "therapeutic" else [("WL-RES", "STD")]
    return {"supported": [("WL-SA", "SA16")], "adult": [("WL-ADULT", e.bent)]}.get(sector, [])


def make_prices(draw: Random, establishments: list[Establishment], households: list[Household]) -> list[Price]:
    """This year's ceilings, and for a quarter of the establishments last year's too, 3% lower."""
    prices = []
    for e in establishments:
        had_last_year = draw.random() < 0.25 and e.registered_on < date(2025, 3, 1)
        for vehicle, lot in lots_of(draw, e, households):
            quality = pounds(draw.randint(6200, 9400))
            dear = draw.randint(0, 100)  # one firm is dear or cheap in every band alike
            for band, (low, high) in LOTS[vehicle, lot].items():
                if e.ages[0] > band[1] or e.ages[1] < band[0]:
                    continue
                pence = low * 100 + (high - low) * dear + draw.randint(0, 99)
                pence = min(pence, high * 100)
                prices.append(Price(vehicle, lot, e, band, pounds(pence), YEAR_STARTS, YEAR_ENDS, quality))
                if had_last_year:
                    before = pounds(pence * 97 // 100)
                    ends = YEAR_STARTS - timedelta(days=1)
                    prices.append(Price(vehicle, lot, e, band, before, date(2025, 4, 1), ends, quality))
    return prices


def make_menus(draw: Random, prices: list[Price]) -> list[tuple[str, Provider, str, str, Decimal]]:
    """(vehicle, provider, service, unit, unit price) once for each vehicle a provider is on."""
    rows = []
    seen: set[tuple[str, str]] = set()
    for price in prices:
        provider = price.establishment.provider
        if (price.vehicle, provider.company_number) in seen:
            continue
        seen.add((price.vehicle, provider.company_number))
        offered = _MENUS[provider.sector]
        kept = draw.sample(offered, draw.randint(max(3, len(offered) - 3), len(offered)))
        for service in offered:
            if service in kept:
                unit, low, high = SERVICES[service]
                rows.append((price.vehicle, provider, service, unit, pounds(draw.randint(low, high))))
    return rows


def make_insurance(draw: Random, providers: list[Provider]) -> list[tuple[Provider, str, str, str, int, date, date]]:
    """Three policies a provider. Two have let one lapse; with four, cover ends within three weeks."""
    rows = []
    lapsed = {
        providers[9].company_number: "public_liability",
        providers[75].company_number: "employers_liability",
    }
    ending = {providers[at].company_number for at in (3, 21, 46, 80)}
    for provider in providers:
        starts = BASE_DATE - timedelta(days=draw.randint(20, 330))
        insurer = draw.choice(_INSURERS)
        for kind, covers in _COVER.items():
            begins = starts
            if lapsed.get(provider.company_number) == kind:
                begins = BASE_DATE - timedelta(days=365 + draw.randint(20, 60))
            elif provider.company_number in ending:
                begins = BASE_DATE - timedelta(days=364 - draw.randint(5, 20))
            ends = begins + timedelta(days=364)
            policy = f"DEMO-{draw.randint(100000, 999999)}"
            rows.append((provider, kind, insurer, policy, draw.choice(covers), begins, ends))
    return rows
