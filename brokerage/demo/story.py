"""What people write in the demo: referrals, answers, questions, declines and reasons, as plain values.

The texts are in `data/story/*.toml`. They are invented, name no one (but for one draft, which shows the
disclosure check at work) and can be read without a database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cache
from typing import Any

from brokerage.demo.files import DATA

_FOLDER = DATA / "story"
_REFERRAL_FILES = ("fostering.toml", "residential.toml", "older.toml")
DRAFT_WITH_SLIPS = "five-draft-with-slips"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One referral. `lots` are (vehicle, lot) codes, `needs` codes of `core.vocabulary.Need`, `risks` what is known
    of a need that is a risk; stories with the same `siblings` belong together."""

    key: str
    authority: str
    category: str
    lots: tuple[tuple[str, str], ...]
    age: int
    sex: str
    given_name: str
    family_name: str
    needs: tuple[str, ...]
    outward: str
    max_miles: int
    urgency: str
    about: str
    needs_text: str
    matters: str
    outcomes: tuple[str, ...]
    weeks: int | None = None
    planned_months: int | None = None
    legal_status: str = ""
    need_code: str = ""
    status: str = "ready"
    siblings: str = ""
    together: str = ""
    living: str = ""
    avoid_outwards: tuple[str, ...] = ()
    single_sex_home: bool = False
    needs_solo: bool = False
    deprivation_of_liberty: bool = False
    history: str = ""
    voice: str = ""
    family_time: str = ""
    education: str = ""
    health: str = ""
    capacity: str = ""
    home_postcode: str = ""
    school_name: str = ""
    risks: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_adult(self) -> bool:
        return self.age >= 18

    def date_of_birth(self, on: date) -> date:
        """A birthday some months ago, so that the age is right on that day and for two months after."""
        months_ago = 1 + sum(map(ord, self.key)) % 9
        reached = on - timedelta(days=30 * months_ago)
        return date(reached.year - self.age, reached.month, min(reached.day, 28))

    def texts(self) -> dict[str, str]:
        """Everything written in words that a provider might read, by field."""
        named = "about needs_text history matters voice family_time education health capacity together living"
        found = {name: getattr(self, name) for name in named.split()}
        found |= {f"risk_{code}": text for code, text in self.risks.items()}
        found |= {f"outcome_{at}": text for at, text in enumerate(self.outcomes, start=1)}
        return {name: text for name, text in found.items() if text}


@dataclass(frozen=True)
class Question:
    """A provider's question about referrals of some categories, and the officer's answer to everyone."""

    categories: tuple[str, ...]
    text: str
    answer: str


@dataclass(frozen=True)
class Answers:
    """Phrases by the code they belong to.

    `statements`: how a need is met, by need; `texts`: other parts of an offer, by its field; `declines` by
    decline reason; `awards` and `losers` by award reason; the rest by the occasion named.
    """

    statements: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, tuple[str, ...]]
    questions: tuple[Question, ...]
    declines: Mapping[str, tuple[str, ...]]
    awards: Mapping[str, str]
    losers: Mapping[str, str]
    approvals: Mapping[str, str]
    fridays: Mapping[str, str]
    endings: Mapping[str, str]
    concerns: Mapping[str, str]

    def statement(self, need: str, at: int = 0) -> str:
        """How an offer meets a need; `at` picks among several, round and round. KeyError for an unknown need."""
        said = self.statements[need]
        return said[at % len(said)]


@cache
def stories() -> tuple[Story, ...]:
    """All referrals in the order of the files."""
    return tuple(_story(entry) for name in _REFERRAL_FILES for entry in _read(name)["story"])


def story(key: str) -> Story:
    """The referral with this key; KeyError if there is none."""
    return {one.key: one for one in stories()}[key]


@cache
def answers() -> Answers:
    """All phrases of offers, questions, declines and reasons."""
    found = _read("answers.toml")
    questions = tuple(
        Question(tuple(entry["categories"]), entry["text"], entry["answer"]) for entry in found.pop("question")
    )
    by_code: dict[str, Any] = {
        part: {code: tuple(said) if isinstance(said, list) else said for code, said in table.items()}
        for part, table in found.items()
    }
    return Answers(questions=questions, **by_code)


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = _flowing(tomllib.loads((_FOLDER / name).read_text(encoding="utf-8")))
    return read


def _flowing(value: Any) -> Any:
    """Texts without the line breaks and margins of the file."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [_flowing(item) for item in value]
    return {key: _flowing(item) for key, item in value.items()} if isinstance(value, dict) else value


def _story(entry: dict[str, Any]) -> Story:
    given_lots = tuple(tuple(lot.split("/")) for lot in entry["lots"])
    lists = {one.name for one in fields(Story) if str(one.type).startswith("tuple")}
    given: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in entry.items()}
    given["lots"] = given_lots
    return Story(**given)
