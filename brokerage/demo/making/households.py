"""Fostering households of the demo's agencies: who lives there, who may come.

Only the outward code says where they are, as in the real thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from brokerage.demo.files import BASE_DATE
from brokerage.demo.making.places import towns_of
from brokerage.demo.making.register import Establishment

HOUSEHOLDS = 260
_AGES = (
    (0, 4),
    (0, 8),
    (0, 17),
    (4, 10),
    (5, 12),
    (5, 17),
    (7, 14),
    (8, 17),
    (10, 17),
    (11, 17),
    (12, 17),
    (14, 17),
)
_LANGUAGES = {
    "london": ("pa", "gu", "ur", "so", "ar", "pl", "hi", "ta", "fa", "pt", "yo", "tw", "sq", "ti"),
    "wales": ("cy", "cy", "cy", "ar", "bn", "pl"),
    "midlands": ("pl", "ur", "gu", "pa", "ro", "ar"),
}
_FAITHS = (
    "christian",
    "christian",
    "christian",
    "none",
    "none",
    "muslim",
    "hindu",
    "sikh",
    "jewish",
    "buddhist",
)
_PETS = ("dog", "cat", "rabbit", "fish", "bird")


@dataclass
class Household:
    """One household. `placed_ages`: children placed there; `free_ages`: those no placement row names yet."""

    code: str
    agency: Establishment
    outward: str
    ages: tuple[int, int]
    places: int
    placed_ages: list[int]
    own_ages: list[int]
    sex: str
    adults: int
    pets: list[str]
    smoking: str
    languages: list[str]
    faiths: list[str]
    needs: list[str]
    status: str
    approved_on: date
    free_ages: list[int] = field(default_factory=list)

    @property
    def is_for_parents(self) -> bool:
        return "parent_and_child" in self.needs


def make_households(random: Random, establishments: list[Establishment]) -> list[Household]:
    """HOUSEHOLDS of them, shared out over the agencies in turn, larger agencies sooner full."""
    agencies = [e for e in establishments if e.kind == "fostering_agency"]
    prefixes = _prefixes(agencies)
    sizes = dict.fromkeys((agency.urn for agency in agencies), 3)
    while sum(sizes.values()) < HOUSEHOLDS:
        sizes[random.choice(agencies).urn] += 1
    return [
        _household(random, agency, f"{prefixes[agency.urn]}-{number:03}")
        for agency in agencies
        for number in range(1, sizes[agency.urn] + 1)
    ]


def _prefixes(agencies: list[Establishment]) -> dict[str, str]:
    """Three letters of the firm's name and, from its second branch on, a number: TAM, TAM2."""
    found: dict[str, str] = {}
    for agency in agencies:
        letters = agency.provider.domain.partition(".")[0].replace("-", "").removeprefix("maethu")[:3].upper()
        prefix, number = letters, 2
        while prefix in found.values():
            prefix, number = f"{letters}{number}", number + 1
        found[agency.urn] = prefix
    return found


def _household(draw: Random, agency: Establishment, code: str) -> Household:
    area = agency.provider.area
    if area == "london":
        area = "west_london" if draw.random() < 0.74 else "other_london"
    _, outward, _ = draw.choice(towns_of(area))
    may = [need for need in agency.needs if need not in ("parent_and_child", "pregnancy", "sibling_group")]
    for_parents = "parent_and_child" in agency.needs and draw.random() < 0.16
    places = 1 if for_parents else draw.choice((1, 1, 2, 2, 2, 3, 3, 4))
    ages = (0, 25) if for_parents else draw.choice(_AGES)
    taken = min(places, draw.choice((0, 0, 1, 1, 1, 2, 2, 3)))
    # Brothers and sisters are near in age, strangers are not.
    first = draw.randint(*ages)
    placed = [first, *(_within(first + draw.randint(-3, 3), ages) for _ in range(taken - 1))] if taken else []
    own = sorted(draw.sample(range(1, 22), draw.choice((0, 0, 0, 1, 1, 2))))
    # A third of carers are trained for complex needs.
    most = draw.choice(((1, 4), (2, 6), (7, 11)))
    needs = {"emotional_behavioural", *draw.sample(may, min(draw.randint(*most), len(may)))}
    if for_parents:
        needs, placed = {"parent_and_child", "pregnancy", "emotional_behavioural"}, []
    elif places > 1:
        needs.add("sibling_group")
    languages = [
        "en",
        *sorted(set(draw.sample(_LANGUAGES[agency.provider.area], draw.choice((0, 0, 1, 1, 2))))),
    ]
    return Household(
        code=code,
        agency=agency,
        outward=outward,
        ages=ages,
        places=places,
        placed_ages=sorted(placed),
        own_ages=own,
        sex="any" if for_parents else draw.choice(("any", "any", "any", "any", "any", "female", "male")),
        adults=draw.choice((1, 2, 2, 2, 2, 3)),
        pets=sorted(draw.sample(_PETS, draw.choice((0, 0, 1, 1, 2)))),
        smoking=draw.choice(("no",) * 6 + ("outside_only",)),
        languages=languages,
        faiths=[draw.choice(_FAITHS)] if draw.random() < 0.8 else [],
        needs=sorted(needs),
        status="on_hold" if not placed and draw.random() < 0.06 else "active",
        approved_on=BASE_DATE - timedelta(days=draw.randint(60, 4_000)),
        free_ages=sorted(placed),
    )


def _within(age: int, ages: tuple[int, int]) -> int:
    return min(max(age, ages[0]), ages[1])
