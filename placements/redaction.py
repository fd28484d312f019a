"""The disclosure check: what in a text could tell a provider who or where a person is.

It finds and suggests; an officer corrects or confirms each find before anything leaves the authority, and the
text is only changed by `redact` with the finds chosen. Finding too much is a nuisance, too little a breach.
Names, schools and postcodes known from the record are matched whatever their case, accents or spacing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core.geography import is_postcode, outward_code
from brokerage.core.periods import age_on
from placements import redaction_patterns as patterns
from placements.redaction_words import NAME_PARTICLES, ORDINARY_WORDS

__all__ = ["KINDS", "Finding", "age_on", "find_disclosures", "find_known_names", "redact"]

#: What a find is about, and how a page calls it.
KINDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "postcode": gettext_lazy("Full postcode"),
    "date_of_birth": gettext_lazy("Date of birth"),
    "nhs_number": gettext_lazy("NHS number"),
    "identifier": gettext_lazy("Other personal number"),
    "phone": gettext_lazy("Telephone number"),
    "email": gettext_lazy("E-mail address"),
    "school": gettext_lazy("School"),
    "address": gettext_lazy("Street address"),
}

#: Where a word begins and ends. An underscore belongs to none, as in the name of a file.
_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"


@dataclass(frozen=True)
class Finding:
    """`text[start:end]` may disclose something; `suggestion` is what to write instead."""

    kind: str
    start: int
    end: int
    text: str
    suggestion: str


@dataclass(frozen=True)
class _Folded:
    """A text without case and accents, and for each of its characters the place in the original."""

    text: str
    places: Sequence[int]
    original: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        last = self.places[end - 1] + 1
        # Combining accents that belong to the last letter go with it.
        while last < len(self.original) and unicodedata.combining(self.original[last]):
            last += 1
        return self.places[start], last


def find_disclosures(
    text: str,
    *,
    known_names: Iterable[str] = (),
    known_postcodes: Iterable[str] = (),
    schools: Iterable[str] = (),
    dob: date | None = None,
    on: date | None = None,
) -> list[Finding]:
    """Everything in `text` that may say who or where the person is, in order and without overlaps.

    `known_names` holds full names and nicknames of the person, family and professionals. With `dob` and `on`
    an age is suggested in place of the date of birth.
    """
    folded = _fold(text)
    spans = [
        *_names(folded, known_names),
        *_phrases(folded, schools, "school"),
        *_postcodes(folded, known_postcodes),
        *_births(folded, dob),
        *patterns.find_numbers(folded.text),
        *patterns.find_contacts(folded.text),
        *patterns.find_schools_folded(folded.text),
        *patterns.find_lower_addresses(folded.text),
    ]
    found = [(kind, *folded.span(start, end)) for kind, start, end in spans]
    found += [
        *patterns.find_schools(text),
        *patterns.find_addresses(text),
        *patterns.find_introduced_names(text),
    ]
    suggest_age = age_on(dob, on) if dob is not None and on is not None and on >= dob else None
    return [
        Finding(kind, start, end, text[start:end], _suggestion(kind, text[start:end], suggest_age))
        for kind, start, end in _without_overlaps(found)
    ]


def find_known_names(text: str, known_names: Iterable[str]) -> list[str]:
    """What `text` has of these names, as it is written there, in order."""
    folded = _fold(text)
    spans = [(kind, *folded.span(start, end)) for kind, start, end in _names(folded, known_names)]
    return [text[start:end] for _kind, start, end in _without_overlaps(spans)]


def redact(text: str, findings: Sequence[Finding]) -> str:
    """`text` with each of `findings` replaced by its suggestion.

    Raises ValueError where a find does not belong to this text, as when it was edited after the check.
    """
    done = text
    limit = len(text)
    for finding in sorted(findings, key=lambda finding: finding.start, reverse=True):
        if finding.end > limit or text[finding.start : finding.end] != finding.text:
            raise ValueError("the text has changed since it was checked")
        done = done[: finding.start] + finding.suggestion + done[finding.end :]
        limit = finding.start
    return done


def _suggestion(kind: str, found: str, age: int | None) -> str:
    if kind == "postcode":
        return outward_code(found) if is_postcode(found) else _("[postcode]")
    if kind == "date_of_birth" and age is not None:
        return _("[aged %(age)s]") % {"age": age}
    return {
        "name": _("[name]"),
        "date_of_birth": _("[date of birth]"),
        "nhs_number": _("[NHS number]"),
        "identifier": _("[number]"),
        "phone": _("[telephone number]"),
        "email": _("[e-mail address]"),
        "school": _("[school]"),
        "address": _("[address]"),
    }[kind]


def _fold(text: str) -> _Folded:
    if text.isascii():
        # Most texts: nothing in them hides a letter, and each is one letter.
        return _Folded(text.replace("`", "'").lower(), range(len(text)), text)
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = patterns.LOOK_ALIKES.get(character, character)
        for part in unicodedata.normalize("NFKD", plain):
            # Accents, and signs that nobody sees (soft hyphens of a copied PDF, zero-width spaces), hide no name.
            if unicodedata.combining(part) or unicodedata.category(part) == "Cf":
                continue
            for letter in part.casefold():
                letters.append(letter)
                places.append(place)
    return _Folded("".join(letters), tuple(places), text)


def _names(folded: _Folded, known_names: Iterable[str]) -> Iterator[patterns.Span]:
    for name in dict.fromkeys(known_names):
        words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", _fold(name).text)
        if not words:
            continue
        if len(words) > 1 and all(word in folded.text for word in words):
            whole = _BEFORE + r"[\s\-.,'_]{0,3}".join(map(re.escape, words)) + _AFTER
            yield from (("name", match.start(), match.end()) for match in re.finditer(whole, folded.text))
        for word in words:
            yield from _name_part(folded, word, is_alone=len(words) == 1)


def _name_part(folded: _Folded, word: str, *, is_alone: bool) -> Iterator[patterns.Span]:
    if word not in folded.text or (not is_alone and (len(word) < 2 or word in NAME_PARTICLES)):
        return
    for match in re.finditer(_BEFORE + re.escape(word) + _AFTER, folded.text):
        # "will" and "may" are names only where somebody wrote them as one.
        first = folded.original[folded.places[match.start()]]
        if word not in ORDINARY_WORDS or first.isupper():
            yield "name", match.start(), match.end()


def _phrases(folded: _Folded, phrases: Iterable[str], kind: str) -> Iterator[patterns.Span]:
    for phrase in dict.fromkeys(phrases):
        words = re.findall(r"[^\W_]+", _fold(phrase).text)
        if words:
            # "St. Mary's" and "St Marys" are the same school.
            pattern = _BEFORE + r"[\s\-.,'&_]{0,3}".join(map(re.escape, words)) + _AFTER
            yield from ((kind, match.start(), match.end()) for match in re.finditer(pattern, folded.text))


def _postcodes(folded: _Folded, known_postcodes: Iterable[str]) -> Iterator[patterns.Span]:
    yield from patterns.find_postcodes(folded.text)
    for postcode in dict.fromkeys(known_postcodes):
        letters = re.findall(r"\w", _fold(postcode).text)
        if letters:
            pattern = _BEFORE + r"[\s.\-_]{0,3}".join(letters) + _AFTER
            yield from (("postcode", match.start(), match.end()) for match in re.finditer(pattern, folded.text))


def _births(folded: _Folded, dob: date | None) -> Iterator[patterns.Span]:
    for written in patterns.find_dates(folded.text):
        is_theirs = dob is not None and any(
            (day, month) == (dob.day, dob.month) and year in (None, dob.year, dob.year % 100)
            for day, month, year in written.readings
        )
        if is_theirs or patterns.speaks_of_birth(folded.text, written.start):
            yield "date_of_birth", written.start, written.end


def _without_overlaps(spans: Iterable[patterns.Span]) -> list[patterns.Span]:
    kept: list[patterns.Span] = []
    for kind, start, end in sorted(spans, key=lambda span: (span[1], -span[2])):
        if kept and start < kept[-1][2]:
            first_kind, first_start, first_end = kept[-1]
            kept[-1] = (first_kind, first_start, max(first_end, end))
        else:
            kept.append((kind, start, end))
    return kept
