"""What every stable code of a refusal means and which status carries it, read from where the code is raised.

The sentence beside a code is the one that the action says; what the ground says itself, and what many actions say each
in their own words, stands here. Only the document is made from this; nothing decides by it.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from brokerage.core.api import problems

ROOTS = ("brokerage", "providers", "dpv", "placements", "contracts")

#: Said by the ground, for many inputs, or in other words by each action.
WORDS = {
    "malformed": "The request is not one valid JSON object.",
    "not_authenticated": "There is no access token, or it is unknown, has expired or was revoked.",
    "missing_scope": "The client has not the operation’s scope.",
    "not_permitted": "The client’s scopes do not permit this.",
    "not_found": "There is nothing here that this client may see.",
    "method_not_allowed": "The address has no such method.",
    "not_now": "The thing’s state does not allow it now.",
    "edition_differs": "It has changed since it was read: read it again.",
    "too_large": "The body is larger than the operation takes.",
    "unsupported_media_type": "The body is of another media type than the operation takes.",
    "too_many": "Too many requests in this minute; Retry-After says how long to wait.",
    "required": "The field must be given.",
    "null": "The field cannot be null.",
    "blank": "The field cannot be empty.",
    "invalid": "The value is not of the field’s type or form.",
    "invalid_choice": "The value is none of those documented.",
    "unknown_field": "The operation knows no field of this name.",
    "repeated": "The query names this twice.",
    "max_length": "The text or list is too long.",
    "min_length": "The text or list is too short.",
    "max_value": "The number is too high.",
    "min_value": "The number is too low.",
    "max_digits": "The amount has too many digits.",
    "max_decimal_places": "The amount has too many decimal places.",
    "max_whole_digits": "The amount has too many digits before the point.",
    "max_string_length": "The number is written too long.",
    "not_a_list": "A list is expected.",
    "not_a_dict": "An object is expected.",
    "empty": "There is nothing in it.",
    "date": "A time was given where a date is expected.",
    "datetime": "A date was given where a time is expected.",
    "overflow": "The time is out of range.",
    "time_zone_missing": "A time is sent with its zone, such as 2026-11-23T17:00:00Z.",
    "make_aware": "There is no such time in this time zone.",
    "money_as_text": 'An amount is sent as text, such as "900.00", never as a number.',
    "invalid_money": "The text is no amount in pounds and pence.",
    "invalid_cursor": "The cursor is not `next` of an earlier answer.",
    "null_characters_not_allowed": "Text cannot hold the null character.",
    "surrogate_characters_not_allowed": "Text cannot hold half of a character.",
    "invalid_idempotency_key": "Idempotency-Key is 1 to 200 visible ASCII characters.",
    "idempotency_key_reused": "This Idempotency-Key was used with another request.",
    "reason_missing": "A reason is needed and was not given.",
    "age_not_for_category": "A kind of home of the referral is not for this age.",
    "extra_quantity_missing": "The extra does not say how many a week.",
    "answer_invalid": "An answer is not of the kind that its question asks for.",
    "answer_out_of_range": "An answer is lower or higher than its question takes.",
    "ends_before_start": "The end is before the start.",
    "text_missing": "The text is empty.",
    "text_too_long": "The text is too long.",
    "case_number_missing": "The case number was not given.",
    "given_name_missing": "The given name was not given.",
    "family_name_missing": "The family name was not given.",
    "person_missing": "The referral does not say yet who it is for.",
    "outward_unknown": "There is no such outward postcode in England or Wales.",
    "referral_not_now": "The referral’s status does not allow this.",
    "award_not_now": "The award’s state does not allow this.",
    "agreement_not_now": "The agreement’s state does not allow this.",
    "admission_not_now": "The admission’s state does not allow this.",
    "invitation_not_now": "The invitation’s state does not allow this.",
    "placement_not_now": "The placement’s state does not allow this.",
    "alert_not_now": "The alert’s state does not allow this.",
    "concern_not_now": "The concern’s state does not allow this.",
    "suggestion_not_now": "The suggestion’s state does not allow this.",
    "complaint_not_now": "The complaint’s state does not allow this.",
    "what_missing": "Say what it is about.",
    "wanted_missing": "Say what should happen.",
    "measure_on_earlier_registration": "A measure holds on this home under an earlier registration.",
    "measure_not_now": "The measure’s state does not allow this.",
    "episode_not_now": "The missing episode’s state does not allow this.",
    "event_not_now": "The event’s state does not allow this.",
    "finding_not_now": "The finding’s state does not allow this.",
    "closure_not_now": "The closure’s state does not allow this.",
    "resident_not_now": "What is recorded of this resident does not allow this.",
    "chaired_by_missing": "Say who chaired the meeting.",
    "attended_missing": "Say who attended.",
    "notes_missing": "Say what was discussed.",
    "decisions_missing": "Say what was decided.",
    "last_seen_missing": "Say where somebody missing was last seen.",
    "returned_how_missing": "Say how they returned.",
    "harm_missing": "Say what harm they came to.",
    "interview_by_missing": "Say who will do the return interview.",
    "told_provider_missing": "Say what the provider is told.",
    "conditions_missing": "Say on which conditions a restricted home may be used.",
    "note_missing": "Say why, or what was found.",
    "answer_missing": "The answer is empty.",
    "what_happened_missing": "Say what happened.",
    "action_taken_missing": "Say what has been done so far.",
    "outcome_missing": "Say what came of it.",
    "offer_not_now": "The offer’s state does not allow this.",
}
#: A name -> the lines where it was given a text, and the texts.
Names = dict[str, list[tuple[int, str]]]
_STATUS = {"RuleBroken": 422, "NotNow": 409}


@dataclass(frozen=True)
class Meaning:
    """A code's statuses and its sentence."""

    statuses: tuple[int, ...]
    text: str


def unexplained(codes: set[str]) -> list[str]:
    """The codes that nothing raises with a sentence and nobody explains here."""
    said, told = _raised(frozenset(codes))
    return sorted(code for code in codes if not (code in WORDS or said.get(code) or told.get(code)))


def meanings(codes: set[str]) -> dict[str, Meaning]:
    """Each code's meaning; the code in words where nobody explains it."""
    said, told = _raised(frozenset(codes))
    common = {code: status for status, each in problems.COMMON.items() for code in each}
    found = {}
    for code in sorted(codes):
        text = WORDS.get(code) or next(
            iter(said.get(code) or told.get(code) or {}), code.replace("_", " ").capitalize()
        )
        statuses = set(said.get(code, {}).values())
        if code in common:
            statuses = {common[code]}
        elif not statuses:
            statuses = {409 if code.endswith("_not_now") else 422}
        found[code] = Meaning(tuple(sorted(statuses)), _sentence(text))
    return found


def _sentence(text: str) -> str:
    """The message with its placeholders as "…", ending as a sentence does."""
    plain = re.sub(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", "…", text).strip()
    return plain if plain.endswith((".", "…", "!", "?")) else f"{plain}."


@cache
def _raised(codes: frozenset[str]) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Code -> message -> status: of what is raised, and of sentences that stand beside a code in tables."""
    said: dict[str, dict[str, int]] = defaultdict(dict)
    told: dict[str, dict[str, int]] = defaultdict(dict)
    for path in _sources():
        source = path.read_text(encoding="utf-8")
        if codes.isdisjoint(re.findall(r'"([a-z][a-z0-9_]+)"', source)):
            continue
        nodes = list(ast.walk(ast.parse(source)))
        names = _names(nodes)
        for node in nodes:
            for code, message, status in _pairs(node, names):
                (said if status else told)[code].setdefault(message, status or 422)
    return said, told


def _sources() -> Iterator[Path]:
    for root in ROOTS:
        for path in sorted((Path(settings.BASE_DIR) / root).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _names(nodes: list[ast.AST]) -> Names:
    """The texts that names were given, with the line where."""
    found: Names = defaultdict(list)
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            text = _text(node.value, {})
            if text:
                found[node.targets[0].id].append((node.lineno, text))
    return found


def _pairs(node: ast.AST, names: Names) -> Iterator[tuple[str, str, int]]:
    """The codes of a node with their messages; status 0 where nothing is raised there."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        arguments = list(node.args)
        if name == "Problem" and len(arguments) > 2:
            arguments = arguments[1:]
        if len(arguments) > 1 and (code := _code(arguments[0])) and (text := _text(arguments[1], names)):
            yield code, text, _STATUS.get(name, 0)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if (code := _code(key)) and isinstance(value, ast.Call) and (text := _text(value, names)):
                yield code, text, 0
    elif isinstance(node, ast.Tuple) and node.elts and (code := _code(node.elts[0])):
        for element in node.elts[1:]:
            if text := _text(element, names):
                yield code, text, 0


def _code(node: ast.AST | None) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    value = str(node.value) if is_text and isinstance(node, ast.Constant) else ""
    return value if re.fullmatch(r"[a-z][a-z0-9_]+", value) else ""


def _text(node: ast.AST, names: Names) -> str:
    """The first sentence in an expression: of a literal, a translation, a format, or a name given one."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
            return part.value
        if isinstance(part, ast.Name) and part.id in names:
            before = [text for line, text in names[part.id] if line <= part.lineno]
            if before:
                return before[-1]
    return ""
