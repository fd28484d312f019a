"""Ninety invented providers and their three hundred establishments, at real postcodes.

Numbers that regulators give are drawn from ranges not in use (company 901, charity 91, URN SC9 and 99), so no
row can be mistaken for a real firm or home.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from brokerage.demo.files import BASE_DATE
from brokerage.demo.making import kinds
from brokerage.demo.making.places import Place, Postcodes
from brokerage.demo.making.words import Words

# area, sector, how many establishments each provider has
PROVIDERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("london", "fostering", (3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)),
    ("london", "home", (8, 7, 6, 6, 5, 5, 5, 4, 4, 4, 3, 3, 2, 2, 1, 1)),
    ("london", "supported", (7, 6, 5, 5, 4, 4, 3, 3, 2, 1)),
    ("london", "school", (3, 2, 2)),
    ("london", "adult", (7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1)),
    ("wales", "fostering", (2, 2, 1, 1, 1, 1)),
    ("wales", "home", (6, 5, 4, 4, 3, 2, 2)),
    ("wales", "adult", (4, 3, 2)),
    ("midlands", "fostering", (2, 2, 2, 1, 1, 1)),
    ("midlands", "home", (9, 8, 6, 5, 4, 3)),
    ("midlands", "supported", (5, 3)),
    ("midlands", "school", (5, 4)),
    ("midlands", "adult", (6, 5, 3)),
)
_FIRM_ENDINGS = {
    "fostering": ("Fostering", "Foster Families", "Fostering Partnership"),
    "home": ("Children's Homes", "Childcare", "Homes for Children", "Residential Care"),
    "supported": ("Pathways", "Supported Living", "Futures"),
    "school": ("Education", "Schools"),
    "adult": ("Care Group", "Care Homes", "Adult Care"),
}
_NOT_FOR_PROFIT = (
    "guarantee_company",
    "charitable_incorporated",
    "community_interest_company",
    "registered_society",
)
_LEGAL_ENDINGS = {
    "limited_company": "Ltd",
    "guarantee_company": "Trust",
    "charitable_incorporated": "CIO",
    "community_interest_company": "CIC",
    "registered_society": "Society",
    "llp": "LLP",
}
_PHONES = {"london": "020 7946 0", "wales": "029 2018 0", "midlands": "0115 496 0"}


@dataclass
class Provider:
    """An organisation that sells care."""

    name: str
    stem: str
    company_number: str
    charity_number: str
    legal_form: str
    profit_status: str
    area: str
    sector: str

    @property
    def domain(self) -> str:
        plain = unicodedata.normalize("NFKD", self.stem).encode("ascii", "ignore").decode()
        return plain.lower().replace(" ", "-").replace("'", "") + ".example"


@dataclass
class Establishment:
    """One registered place. `bent` says what it is good at; `taken` counts the demo's own people in it."""

    provider: Provider
    name: str
    kind: str
    bent: str
    regulator: str
    urn: str
    place: Place
    street: str
    registered_on: date
    status: str
    rating: str
    inspected_on: date | None
    capacity: int | None
    ages: tuple[int, int]
    sex: str
    needs: list[str]
    manager: str
    telephone: str
    vacancies: int | None
    vacancies_on: date | None
    taken: int = field(default=0)


class RegisterMaker:
    """Draws providers and establishments, in the order of `PROVIDERS`."""

    def __init__(self, random: Random, words: Words, postcodes: Postcodes) -> None:
        self._random, self._words, self._postcodes = random, words, postcodes
        self._serial = 4100
        self.providers: list[Provider] = []
        self.establishments: list[Establishment] = []

    def make(self) -> list[Establishment]:
        for area, sector, counts in PROVIDERS:
            for at, count in enumerate(counts):
                provider = self._provider(area, sector, at)
                self.providers.append(provider)
                for branch in range(count):
                    self.establishments.append(self._establishment(provider, branch, of=count))
        self._specialists()
        self._trouble()
        return self.establishments

    def _next(self) -> int:
        self._serial += self._random.randint(1, 37)
        return self._serial

    def _provider(self, area: str, sector: str, at: int) -> Provider:
        # In Wales every other provider is not for profit: the law of 2025 ends profit there by 2030.
        kind = at % 2 == 0 if area == "wales" else self._random.random() < 0.22
        form = (
            self._random.choice(_NOT_FOR_PROFIT) if kind else self._random.choice(("limited_company",) * 9 + ("llp",))
        )
        ending = _LEGAL_ENDINGS[form]
        if area == "wales":
            stem = self._words.welsh_firm()
            name = f"{stem} {'Cyf' if form == 'limited_company' and at % 4 == 1 else ending}"
        else:
            stem = self._words.stem()
            name = f"{stem} {self._random.choice(_FIRM_ENDINGS[sector])} {ending}"
        serial = self._next()
        charity = form in ("guarantee_company", "charitable_incorporated")
        return Provider(
            name=name,
            stem=stem,
            company_number={"charitable_incorporated": "CE9", "llp": "OC9", "registered_society": "RS9"}.get(
                form, "901"
            )
            + f"{serial:05}",
            charity_number=f"91{serial:05}" if charity else "",
            legal_form=form,
            profit_status="not_for_profit" if form in _NOT_FOR_PROFIT else "for_profit",
            area=area,
            sector=sector,
        )

    def _place(self, area: str) -> Place:
        if area != "london":
            return self._postcodes.draw(area)
        return self._postcodes.draw("west_london" if self._random.random() < 0.72 else "other_london")

    def _establishment(self, provider: Provider, branch: int, *, of: int) -> Establishment:
        draw = self._random
        place = self._place(provider.area)
        kind, bent = self._kind(provider, branch)
        registered = BASE_DATE - timedelta(days=draw.randint(40, 5_200))
        if provider.area == "wales" and provider.profit_status == "for_profit":
            registered = min(registered, date(2026, 3, 20) - timedelta(days=draw.randint(0, 900)))
        if kind == "supported_accommodation":  # Ofsted registers it since April 2023 only
            registered = max(registered, date(2023, 5, 2) + timedelta(days=draw.randint(0, 700)))
        inspected = None
        if (BASE_DATE - registered).days > 270:
            inspected = max(registered + timedelta(days=200), BASE_DATE - timedelta(days=draw.randint(15, 620)))
        capacity = kinds.draw_capacity(draw, kind, bent)
        vacancies = None
        if capacity is not None:
            # A third are full; the rest have some room, the larger the more.
            vacancies = 0 if draw.random() < 0.34 else draw.randint(1, max(1, round(capacity * 0.4)))
        return Establishment(
            provider=provider,
            name=self._name(provider, kind, place, of),
            kind=kind,
            bent=bent,
            regulator=kinds.regulator_of(provider.area, kind),
            urn=self._urn(provider.area, kind),
            place=place,
            street=self._words.street(),
            registered_on=registered,
            status="active",
            rating=kinds.draw_rating(draw, provider.area, kind) if inspected else "not_rated",
            inspected_on=inspected,
            capacity=capacity,
            ages=kinds.draw_ages(draw, kind, bent),
            sex=kinds.draw_sex(draw, kind),
            needs=kinds.draw_needs(draw, kind, bent),
            manager=self._words.grown_up(),
            telephone=_PHONES[provider.area] + f"{draw.randint(0, 999):03}",
            vacancies=vacancies,
            vacancies_on=BASE_DATE - timedelta(days=draw.choice((0, 1, 1, 2, 3, 4, 6, 9, 14, 63)))
            if capacity
            else None,
        )

    def _kind(self, provider: Provider, branch: int) -> tuple[str, str]:
        draw = self._random
        if provider.sector == "fostering":
            return "fostering_agency", "fostering"
        if provider.sector == "home":
            bents = ("general",) * 6 + ("therapeutic",) * 4 + ("exploitation",) * 3 + ("learning",) * 3 + ("solo",) * 3
            return "childrens_home", draw.choice(bents)
        if provider.sector == "supported":
            return "supported_accommodation", "supported"
        if provider.sector == "school":
            return ("residential_special_school" if branch % 2 else "special_school"), "school"
        bent = draw.choice(("LD",) * 4 + ("MH",) * 3 + ("PD",) * 2 + ("NURS",) * 4)
        return ("nursing_home" if bent == "NURS" else "care_home"), bent

    def _name(self, provider: Provider, kind: str, place: Place, of: int) -> str:
        draw = self._random
        if kind == "fostering_agency":
            if provider.area == "wales":
                return f"{provider.stem} {place.town}" if of > 1 else provider.stem
            branch = place.outward if place.town == "London" else place.town
            return f"{provider.stem} {branch}" if of > 1 else f"{provider.stem} Fostering"
        if provider.area == "wales":
            return self._words.welsh_house()
        endings = {
            "childrens_home": ("House", "Lodge", "Cottage", "Villa", "House"),
            "supported_accommodation": ("Court", "Place", "Flats", "House"),
            "special_school": ("School", "Learning Centre"),
            "residential_special_school": ("School", "Hall School"),
            "care_home": ("Court", "Lodge", "House", "Grange"),
            "nursing_home": ("Nursing Home", "Manor", "Court"),
        }
        return f"{self._words.stem()} {draw.choice(endings[kind])}"

    def _urn(self, area: str, kind: str) -> str:
        serial = self._next()
        if area == "wales":
            letters = "".join(self._random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(4))
            return f"SIN-0009{serial:05}-{letters}"
        if kind in ("care_home", "nursing_home"):
            return f"1-99000{serial:05}"
        if kind == "supported_accommodation":
            return f"99{serial:05}"
        if kind in ("special_school", "residential_special_school"):
            return f"9{serial:05}"
        return f"SC9{serial:05}"

    def _specialists(self) -> None:
        """Three London homes of each bent take all it can ask for: each story shall have an answer."""
        wide = {"therapeutic": (8, 17), "exploitation": (11, 17), "learning": (5, 17), "solo": (8, 17)}
        for bent, ages in wide.items():
            for home in self._first(3, "childrens_home", bent):
                home.needs = kinds.all_needs(bent)
                home.ages = ages
                home.sex = "female" if bent == "exploitation" else "any"
        for home in self._first(3, "supported_accommodation", "supported"):
            home.needs = sorted({*home.needs, "pregnancy", "parent_and_child"})
            home.sex = "female"

    def _first(self, count: int, kind: str, bent: str) -> list[Establishment]:
        """The first of a kind and bent in London that have a vacancy."""
        fit = [e for e in self.establishments if (e.provider.area, e.kind, e.bent) == ("london", kind, bent)]
        return [e for e in fit if e.vacancies][:count]

    def _trouble(self) -> None:
        """Registers have bad days too: two suspended, one cancelled, one resigned; no agency among them."""
        able = [e for e in self.establishments if e.kind not in ("fostering_agency", "special_school")]
        for at, status in ((17, "suspended"), (121, "suspended"), (64, "cancelled"), (205, "resigned")):
            able[at].status = status
            able[at].vacancies = 0
