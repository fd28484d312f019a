"""The shape of a question and of a section: plain values, so that pages, rules and disclosure read one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy

Text = str | Promise
Options = tuple[tuple[str, Text], ...]

#: Who may be told an answer: nobody outside the authority, everyone invited, shortlisted providers.
NEVER, STAGE_ONE, STAGE_TWO = 0, 1, 2

CHILDREN = ("fostering", "residential", "supported_accommodation", "sen_school")
LIVING_CHILDREN = ("fostering", "residential", "supported_accommodation")
ADULTS = ("adult_residential",)


class Kind(StrEnum):
    """How an answer is asked and stored: text, code, list of codes, bool, ISO date, whole number, decimal text."""

    LINE = "line"
    LONG = "long"
    CHOICE = "choice"
    SELECT = "select"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    OUTWARD = "outward"
    OUTWARDS = "outwards"


#: Kinds whose answers are free words: these are searched for disclosures.
FREE_TEXT = (Kind.LINE, Kind.LONG)


@dataclass(frozen=True)
class Question:
    """One question. `when` is (name of another question of the section, its values): only then is it asked, and it
    is drawn under that option. `categories` empty means every category."""

    name: str
    label: Text
    kind: Kind
    stage: int = NEVER
    hint: Text = ""
    options: Options = ()
    required: bool = False
    categories: tuple[str, ...] = ()
    when: tuple[str, tuple[str, ...]] | None = None
    max_length: int = 2000
    rows: int = 4
    minimum: int = 0
    maximum: int = 999
    suffix: Text = ""
    exclusive: str = ""
    #: Words above the question where a new group of questions begins.
    heading: Text = ""
    #: What the question is about where its label alone would not say ("Self-harm: How often?").
    context: Text = ""
    hints: Mapping[str, Text] = field(default_factory=dict)
    #: The column of Referral that matching reads, or of Person, kept equal to the answer.
    column: str = ""
    person_column: str = ""

    @property
    def full_label(self) -> Text:
        """The label as it reads away from its page: in summaries, errors and releases."""
        return format_lazy("{}: {}", self.context, self.label) if self.context else self.label

    @property
    def is_free_text(self) -> bool:
        return self.kind in FREE_TEXT

    def is_for(self, category: str) -> bool:
        """Whether the question belongs to referrals of this category."""
        return not self.categories or category in self.categories

    def is_asked(self, answers: Mapping[str, Any]) -> bool:
        """Whether the section's other answers make this question arise."""
        if self.when is None:
            return True
        name, values = self.when
        given = answers.get(name)
        if isinstance(given, bool):
            given = "yes" if given else "no"
        if isinstance(given, (list, tuple)):
            return any(value in given for value in values)
        return given in values


@dataclass(frozen=True)
class Section:
    """A page of the form. `needs_need` shows it only when that need was chosen."""

    code: str
    title: Text
    intro: Text
    questions: tuple[Question, ...]
    categories: tuple[str, ...] = ()
    needs_need: str = ""

    def questions_for(self, category: str) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.is_for(category))

    def is_for(self, category: str, needs: tuple[str, ...] | list[str] = ()) -> bool:
        fits = not self.categories or category in self.categories
        return fits and (not self.needs_need or self.needs_need in needs)
