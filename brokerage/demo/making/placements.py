"""Placements already running when the demo starts: vehicle, older framework, spot, in-house, block.

Each lives in a bed or with a household that the register says is taken, and at or under the ceiling of its
lot. Nobody in it exists: family names are of a kind that nobody bears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from brokerage.demo.files import BASE_DATE
from brokerage.demo.making.households import Household
from brokerage.demo.making.places import towns_of
from brokerage.demo.making.prices import YEAR_STARTS, Price, pounds
from brokerage.demo.making.register import Establishment
from brokerage.demo.making.words import Words

# authority, name, letters, area; placements of each category of _CATEGORIES
AUTHORITIES = (
    ("E09000015", "Harrow", "HRW", "west_london", (12, 5, 4, 4, 0)),
    ("E09000017", "Hillingdon", "HIL", "west_london", (8, 3, 4, 0, 0)),
    ("E09000009", "Ealing", "EAL", "west_london", (8, 3, 2, 2, 0)),
    ("E09000005", "Brent", "BRE", "west_london", (6, 3, 2, 3, 0)),
    ("E09000018", "Hounslow", "HOU", "west_london", (5, 2, 2, 1, 0)),
    ("E09000013", "Hammersmith and Fulham", "HAF", "west_london", (3, 1, 1, 0, 0)),
    ("E09000027", "Richmond", "RIC", "west_london", (2, 1, 0, 0, 0)),
    ("W06000015", "Cardiff", "CDF", "wales", (5, 3, 0, 0, 0)),
    ("W06000022", "Newport", "NWP", "wales", (3, 2, 0, 0, 0)),
    ("W06000018", "Caerphilly", "CAY", "wales", (2, 1, 0, 0, 0)),
    ("E10000024", "Nottinghamshire", "NTT", "midlands", (5, 2, 1, 0, 2)),
    ("E06000016", "Leicester", "LCE", "midlands", (3, 1, 1, 0, 1)),
    ("E10000007", "Derbyshire", "DER", "midlands", (1, 1, 0, 0, 0)),
)
_CATEGORIES = ("fostering", "residential", "supported_accommodation", "adult_residential", "sen_school")
_KINDS = {
    "residential": ("childrens_home",),
    "supported_accommodation": ("supported_accommodation",),
    "adult_residential": ("care_home", "nursing_home"),
    "sen_school": ("residential_special_school",),
}
_PLACE_CODES = {
    "fostering": "U6",
    "residential": "K2",
    "supported_accommodation": "K3",
    "adult_residential": "",
    "sen_school": "S1",
}
# what a spot place of each category costs, whole pounds a week: dearer than the vehicles' ceilings
_SPOT = {
    "fostering": (1020, 1480),
    "residential": (5900, 9400),
    "supported_accommodation": (1450, 3100),
    "adult_residential": (1350, 2900),
    "sen_school": (2400, 4600),
}
_LEGAL = ("C2",) * 9 + ("C1",) * 4 + ("V2",) * 5 + ("E1",)
_CHILD_NEEDS = ("N1",) * 10 + ("N2", "N3", "N4", "N5", "N5", "N6", "N8", "N8")


@dataclass
class Home:
    """Where a placement lives, and what is known of its price."""

    urn: str = ""
    carer: str = ""
    provider: str = ""
    outward: str = ""
    profit: str = ""
    age: int = 0
    sex: str = "any"
    price: Price | None = None


class PlacementMaker:
    """Draws the rows, taking each bed once."""

    def __init__(
        self,
        draw: Random,
        words: Words,
        homes: list[Establishment],
        carers: list[Household],
        prices: list[Price],
    ) -> None:
        self._draw, self._words = draw, words
        self._homes, self._carers = homes, carers
        self._prices = [price for price in prices if price.starts == YEAR_STARTS]
        self._last_family: tuple[str, str] = ("", "")

    def make(self) -> list[dict[str, str]]:
        """All rows, authority by authority."""
        rows = []
        for gss_code, name, letters, area, counts in AUTHORITIES:
            number = 0
            for category, count in zip(_CATEGORIES, counts, strict=True):
                for _ in range(count):
                    number += 1
                    rows.append(self._row(gss_code, name, f"{letters}-P-{number:04}", area, category))
        return rows

    def _row(self, gss_code: str, name: str, reference: str, area: str, category: str) -> dict[str, str]:
        source = self._source(category)
        home = self._home(gss_code, name, area, category, source)
        sex = home.sex if home.sex != "any" else self._draw.choice(("female", "male"))
        born = BASE_DATE - timedelta(days=home.age * 365 + home.age // 4 + self._draw.randint(2, 350))
        earliest = max(120, (home.age - 16) * 365) if category == "supported_accommodation" else 1000
        started = BASE_DATE - timedelta(days=self._draw.randint(9, min(earliest, max(60, home.age * 300))))
        youngest = {"supported_accommodation": 16, "adult_residential": 18}.get(category, 0)
        started = max(started, born.replace(year=born.year + youngest, day=min(born.day, 28)) + timedelta(days=5))
        core, extras = self._money(category, source, home)
        child = category != "adult_residential"
        within_vehicle = home.price is not None and (source == "block" or self._draw.random() < 0.85)
        lot = home.price if within_vehicle and source in ("existing", "block") else None
        return {
            "authority_gss": gss_code,
            "reference": reference,
            "person_reference": "DEMO-" + reference.replace("-P-", "-"),
            "given_name": self._words.child(sex),
            "family_name": self._family(home),
            "date_of_birth": born.isoformat(),
            "sex": sex,
            "client_group": "child" if child else "adult",
            "legal_status": self._draw.choice(_LEGAL) if child else "",
            "need_code": self._draw.choice(_CHILD_NEEDS) if child else "",
            "category": category,
            "source": source,
            "vehicle": lot.vehicle if lot else "",
            "lot": lot.lot if lot else "",
            "establishment_urn": home.urn,
            "carer_code": home.carer,
            "provider_name": home.provider,
            "outward": home.outward,
            "placement_type": _PLACE_CODES[category],
            "placement_provider": self._sector(source, home) if child else "",
            "started_on": started.isoformat(),
            "expected_end_on": self._ends(started, born, child),
            "weekly_core": f"{core:.2f}",
            "weekly_extras": f"{extras:.2f}",
            "weekly_total": f"{core + extras:.2f}",
        }

    def _source(self, category: str) -> str:
        luck = self._draw.random()
        if category == "fostering":
            return "in_house" if luck < 0.2 else "spot" if luck < 0.36 else "existing"
        if category == "residential":
            return "block" if luck < 0.2 else "spot" if luck < 0.45 else "existing"
        return "spot" if luck < 0.25 else "existing"

    def _home(self, gss_code: str, name: str, area: str, category: str, source: str) -> Home:
        if source == "in_house":
            outward = self._draw.choice([town[1] for town in towns_of(area) if town[0] == gss_code])
            return Home(provider=f"{name} fostering service", outward=outward, age=self._draw.randint(1, 16))
        if source == "spot" and self._draw.random() < 0.4:
            age = self._age(category)
            where = self._draw.choice(towns_of(area))[1]
            return Home(provider=f"{self._words.stem()} Care Ltd", outward=where, age=age, profit="for_profit")
        if category == "fostering":
            return self._with_carers(area, source)
        return self._in_establishment(area, category, source)

    def _with_carers(self, area: str, source: str) -> Home:
        there = {outward for _, outward, _ in towns_of(area)}
        free = [carer for carer in self._carers if carer.free_ages and carer.outward in there]
        # Brothers and sisters stay together: finish a household that has been begun.
        begun = [carer for carer in free if len(carer.free_ages) < len(carer.placed_ages)]
        carer = begun[0] if begun and self._draw.random() < 0.7 else self._draw.choice(free)
        age = carer.free_ages.pop()
        price = self._price(carer.agency, age) if source == "existing" else None
        profit = carer.agency.provider.profit_status
        return Home(carer.agency.urn, carer.code, profit=profit, age=age, sex=carer.sex, price=price)

    def _in_establishment(self, area: str, category: str, source: str) -> Home:
        there = {gss for gss, _, _ in towns_of(area)}
        region = "london" if area == "west_london" else area
        open_homes = [
            e
            for e in self._homes
            if e.kind in _KINDS[category]
            and e.status == "active"
            and e.capacity is not None
            and e.taken < e.capacity - (e.vacancies or 0)
            and e.provider.area == region
        ]
        priced = [e for e in open_homes if any(price.establishment is e for price in self._prices)]
        near = [e for e in (priced if source != "spot" else open_homes) if e.place.gss_code in there]
        home = self._draw.choice(near or priced or open_homes)
        home.taken += 1
        age = min(max(self._age(category), home.ages[0]), home.ages[1])
        price = self._price(home, age) if source != "spot" else None
        return Home(home.urn, profit=home.provider.profit_status, age=age, sex=home.sex, price=price)

    def _price(self, home: Establishment, age: int) -> Price | None:
        found = [p for p in self._prices if p.establishment is home and p.band[0] <= age <= p.band[1]]
        return self._draw.choice([p for p in found if p.lot != "PC"] or [None])

    def _age(self, category: str) -> int:
        low, high = {
            "supported_accommodation": (16, 17),
            "adult_residential": (19, 84),
            "residential": (8, 16),
        }.get(category, (4, 16))
        return self._draw.randint(low, high)

    def _money(self, category: str, source: str, home: Home) -> tuple[Decimal, Decimal]:
        draw = self._draw
        if source == "in_house":
            return pounds(draw.randint(48000, 66000)), pounds(0)
        if home.price is not None:
            core = home.price.ceiling * draw.randint(920, 1000) / 1000
            core = core.quantize(Decimal("0.01"), rounding="ROUND_DOWN")
        else:
            low, high = _SPOT[category]
            core = pounds(draw.randint(low * 100, high * 100))
        extras = pounds(draw.randint(3500, 60000)) if draw.random() < 0.28 else pounds(0)
        return core, extras

    def _family(self, home: Home) -> str:
        key = home.carer
        if not key or self._last_family[0] != key:
            self._last_family = (key, self._words.family_name())
        return self._last_family[1]

    def _sector(self, source: str, home: Home) -> str:
        if source == "in_house":
            return "PR1"
        return "PR5" if home.profit == "not_for_profit" else "PR4"

    def _ends(self, started: date, born: date, child: bool) -> str:
        luck = self._draw.random()
        if luck < 0.22:
            return ""
        if luck < 0.26:  # overdue: somebody should look
            return (BASE_DATE - timedelta(days=self._draw.randint(1, min(8, (BASE_DATE - started).days)))).isoformat()
        ends = BASE_DATE + timedelta(days=self._draw.choice((21, 60, 120, 200, 330, 540, 900)))
        if child:
            ends = min(ends, born.replace(year=born.year + 18, day=min(born.day, 28)))
        return ends.isoformat()
