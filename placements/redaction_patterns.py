"""What postcodes, dates, numbers, schools, addresses and introduced names look like in what officers write.

English and Welsh. Functions named `..._folded` and those on numbers, contacts, dates and postcodes take text
without case and accents; the others need the capitals. Every repetition is bounded, so that no text is slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from placements.redaction_words import BEFORE_A_SCHOOL, NOT_A_NAME, NOT_A_STREET

Span = tuple[str, int, int]

#: Letters that do not fall apart into a plain letter and an accent, and typographic signs.
LOOK_ALIKES = {
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'",
    "\u00a0": " ", "\u2007": " ", "\u202f": " ", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip


_POSTCODE = re.compile(r"(?<![a-z0-9])[a-z]{1,2}[0-9][0-9a-z]?\s{0,2}[0-9][abd-hjlnp-uw-z]{2}(?![a-z0-9])")


def find_postcodes(folded: str) -> Iterator[Span]:
    """Full postcodes, with or without the space."""
    return (("postcode", match.start(), match.end()) for match in _POSTCODE.finditer(folded))


# -- dates --------------------------------------------------------------------------------------------------

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan ionawr",
            "february feb chwefror",
            "march mar mawrth",
            "april apr ebrill",
            "may mai",
            "june jun mehefin",
            "july jul gorffennaf",
            "august aug awst",
            "september sept sep medi",
            "october oct hydref",
            "november nov tachwedd",
            "december dec rhagfyr",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ORDINAL = r"(?:st|nd|rd|th|af|il|ydd|fed|eg|ain)?"
_DATES = (
    re.compile(r"(?<!\w)(?P<y>(?:19|20)\d\d)\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\w)(?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)\d\d|\d\d)(?!\w)"),
    re.compile(r"(?<!\w)(?P<d>\d\d)(?P<m>\d\d)(?P<y>(?:19|20)\d\d)(?!\w)"),
    re.compile(r"(?<!\w)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\w)"),
    re.compile(
        rf"(?<!\w)(?P<d>\d{{1,2}})\s?{_ORDINAL}[\s\-./]{{0,2}}(?:of\s|o\s)?(?P<month>{_MONTH})(?:\.(?=\s?\d))?"
        r"(?:[\s\-./,']{0,3}(?P<y>(?:19|20)\d\d|\d\d(?!\w)))?(?!\w)"
    ),
    re.compile(
        rf"(?<!\w)(?P<month>{_MONTH})\.?\s{{0,2}}(?P<d>\d{{1,2}}){_ORDINAL}"
        r"(?:[\s,']{1,3}(?P<y>(?:19|20)\d\d))?(?!\w)"
    ),
)
_BIRTH_CUE = re.compile(
    r"(?:\bd\.?\s?o\.?\s?b\b|\bborn\b|\bbirth\b|\bbirthday\b|\bbirthdate\b|\bganwyd\b|\bganed\b|\bgeni\b|"
    r"\bpen-?\s?blwydd\b)\.?[^\n\d.;]{0,24}$"
)


@dataclass(frozen=True)
class WrittenDate:
    """A date as written, with every (day, month, year) it can be read as; year None where none is given."""

    start: int
    end: int
    readings: tuple[tuple[int, int, int | None], ...]


def find_dates(folded: str) -> Iterator[WrittenDate]:
    """Dates in figures and in English or Welsh words; figures are read day first and month first."""
    for pattern in _DATES:
        for match in pattern.finditer(folded):
            parts = match.groupdict()
            year = int(parts["y"]) if parts.get("y") else None
            day = int(parts["d"])
            if parts.get("month"):
                readings: tuple[tuple[int, int, int | None], ...] = ((day, _MONTHS[parts["month"]], year),)
            else:
                month = int(parts["m"])
                readings = ((day, month, year), (month, day, year))
            real = tuple(r for r in readings if 1 <= r[0] <= 31 and 1 <= r[1] <= 12)
            if real:
                yield WrittenDate(match.start(), match.end(), real)


def speaks_of_birth(folded: str, start: int) -> bool:
    """Whether the words just before `start` are about a birth."""
    return _BIRTH_CUE.search(folded[max(0, start - 48) : start]) is not None


# -- numbers and contacts -----------------------------------------------------------------------------------

_TEN_DIGITS = re.compile(r"(?<![\w+])\d{3}[ -]?\d{3}[ -]?\d{4}(?!\w)")
_NHS_CUE = re.compile(r"\b(?:nhs|gig)\b[^\n]{0,24}$")
_NATIONAL_INSURANCE = re.compile(r"(?<!\w)[a-ceghj-pr-tw-z]{2}\s?(?:\d\d\s?){3}[a-d](?!\w)")
_PUPIL_NUMBER = re.compile(r"(?<!\w)[a-hj-np-rt-z]\d{11}[0-9a-z](?!\w)")
_PHONE = re.compile(r"(?<![\w+])(?:\+44|0044|\(?0)(?:[\s().\-]{0,2}\d){9,10}(?!\w)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits carry the NHS number's check digit (modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (11 - total % 11) % 11 == int(digits[9]) if total % 11 != 1 else False


def find_numbers(folded: str) -> Iterator[Span]:
    """NHS numbers (check digit right, or called so), National Insurance numbers and pupil numbers."""
    for match in _TEN_DIGITS.finditer(folded):
        digits = re.sub(r"\D", "", match[0])
        before = folded[max(0, match.start() - 32) : match.start()]
        if is_nhs_number(digits) or _NHS_CUE.search(before):
            yield "nhs_number", match.start(), match.end()
    for pattern in (_NATIONAL_INSURANCE, _PUPIL_NUMBER):
        yield from (("identifier", match.start(), match.end()) for match in pattern.finditer(folded))


def find_contacts(folded: str) -> Iterator[Span]:
    """Telephone numbers of the United Kingdom and e-mail addresses."""
    yield from (("phone", match.start(), match.end()) for match in _PHONE.finditer(folded))
    yield from (("email", match.start(), match.end()) for match in _EMAIL.finditer(folded))


# -- schools ------------------------------------------------------------------------------------------------

_SCHOOL_TYPE = (
    "primary|junior|infants?|nursery|secondary|high|middle|grammar|comprehensive|special|community|catholic|"
    "church|free|studio|technical|preparatory|prep|independent|boarding|girls'?|boys'?|sixth|form|"
    "c of e|cofe|ce|rc|in wales|voluntary aided|va"
)
_SCHOOL_END = "school|academy|college|pru|pupil referral unit"
_CAPITAL = r"(?:[A-ZÀ-ÖØ-ÞŴŶ][\w'’\-]{1,30}|(?:St|[A-Z])\.|[A-Z](?=\s))"
_SCHOOL = re.compile(
    rf"(?<!\w)(?P<name>(?:{_CAPITAL}\s{{1,2}}(?:(?:of|the|and|upon|y|yr)\s)?){{1,6}})"
    rf"(?P<kind>(?:(?:(?i:{_SCHOOL_TYPE}))\s{{1,2}}){{0,4}}(?i:{_SCHOOL_END}))(?!\w)"
)
_SAINT_SCHOOL = re.compile(
    r"(?<!\w)(?:st\.?|saint|our lady|holy|ss)\s{1,2}"
    rf"(?:[a-z'\-]{{1,24}}\s{{1,2}}){{1,5}}?(?:{_SCHOOL_END})(?!\w)"
)
_YSGOL = re.compile(
    rf"(?<!\w)[Yy]sgol\s(?:(?:Gynradd|Gyfun|Uwchradd|Gymraeg|Arbennig|Feithrin|Bro|y|yr|Y|Yr)\s){{0,4}}"
    rf"{_CAPITAL}(?:\s(?:(?:y|yr)\s)?{_CAPITAL}){{0,3}}"
)


def find_schools(text: str) -> Iterator[Span]:
    """Named schools by their capitals: "Oakfield Primary School", "Ysgol Gyfun Bro Edern"."""
    types = set(re.findall(r"[a-z']+", _SCHOOL_TYPE))
    for match in _SCHOOL.finditer(text):
        start, words = match.start(), match["name"].split()
        while words and words[0].strip(".,").lower() in BEFORE_A_SCHOOL:
            start += text[start:].index(words[0]) + len(words.pop(0))
            start += len(text[start:]) - len(text[start:].lstrip())
        if any(word.lower() not in types for word in words):
            yield "school", start, match.end()
    yield from (("school", match.start(), match.end()) for match in _YSGOL.finditer(text))


def find_schools_folded(folded: str) -> Iterator[Span]:
    """Schools named after saints, whatever their case: "st mary's rc primary school"."""
    return (("school", match.start(), match.end()) for match in _SAINT_SCHOOL.finditer(folded))


# -- addresses ----------------------------------------------------------------------------------------------

_STREET_END = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Close|Drive|Dr|Way|Court|Ct|Crescent|Cres|Gardens|Gdns|Grove|Place|Pl|"
    "Terrace|Walk|Hill|Row|Square|Sq|Mews|Park|View|Rise|Green|House|Parade|Broadway|Villas|Cottages|Quay|Wharf"
)
_NUMBER = r"(?:(?:[Ff]lat|[Uu]nit|[Aa]partment|[Ff]flat)\s?\w{1,4},?\s{1,2})?\d{1,4}\s?[A-Za-z]?,?"
_ADDRESS = re.compile(rf"(?<!\w){_NUMBER}\s{{1,2}}(?:{_CAPITAL}\s{{1,2}}){{1,4}}(?:{_STREET_END})(?!\w)")
_WELSH_ADDRESS = re.compile(
    rf"(?<!\w){_NUMBER}\s{{1,2}}(?:Heol|Ffordd|Stryd|L[oô]n|Clos|Rhodfa|Maes|Cilgant|Teras|Bryn|Rhes|Llys)"
    rf"(?:\s(?:y|yr|Y|Yr))?\s{_CAPITAL}(?:\s{_CAPITAL}){{0,2}}"
)
_LOWER_ADDRESS = re.compile(
    r"(?<!\w)\d{1,4}\s?[a-d]?,?\s{1,2}(?P<words>(?:[a-z'\-]{3,20}\s{1,2}){1,2})"
    r"(?:street|road|avenue|crescent|terrace)(?!\w)"
)


def find_addresses(text: str) -> Iterator[Span]:
    """A house number and a street by its capitals, English or Welsh: "Flat 2, 14 Heol y Bont"."""
    for pattern in (_ADDRESS, _WELSH_ADDRESS):
        yield from (("address", match.start(), match.end()) for match in pattern.finditer(text))


def find_lower_addresses(folded: str) -> Iterator[Span]:
    """A house number and a street in any case, for the endings that are nothing but streets."""
    for match in _LOWER_ADDRESS.finditer(folded):
        if NOT_A_STREET.isdisjoint(match["words"].split()):
            yield "address", match.start(), match.end()


# -- names that the text itself introduces ------------------------------------------------------------------

_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sister|Father|Aunt|Auntie|Aunty|Uncle|Nana?|Nanny|"
    r"Grandma|Grandad)"
)
_RELATION = (
    r"(?:brother|sister|sibling|twin|mother|mum|mam|father|dad|stepfather|stepmother|aunt|uncle|cousin|"
    r"grandmother|grandfather|"
    r"nan|carer|foster carer|social worker|worker|friend|girlfriend|boyfriend|teacher|"
    r"named|called|known as|chwaer|brawd|mam-gu|tad-cu)"
)
_INTRODUCED = re.compile(
    rf"(?<!\w)(?:{_TITLE}\.?|(?i:{_RELATION})[,:]?|(?i:name is))\s{{1,2}}(?:is\s)?"
    rf"(?P<name>{_CAPITAL}(?:[ \-]{_CAPITAL}){{0,2}})"
)


def find_introduced_names(text: str) -> Iterator[Span]:
    """Names after a title or a relation: "Mrs Patel", "her brother Tomos"."""
    for match in _INTRODUCED.finditer(text):
        words = match["name"].split()
        if words[0].strip(".,'’").lower() in NOT_A_NAME:
            continue
        end = match.start("name") + len(match["name"].rstrip(".'’-"))
        yield "name", match.start("name"), end
