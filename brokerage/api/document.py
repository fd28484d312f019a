"""The OpenAPI document: what drf-spectacular reads from the operations, completed with what holds for all of them.

`script/openapi` writes it to docs/openapi.json; that file is what is served and what the pages for developers show.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from brokerage.api.codes import Meaning, meanings, unexplained
from brokerage.core.api import problems
from brokerage.core.api.scopes import SCOPES
from brokerage.core.webhooks import events

Document = dict[str, Any]

PATH = Path(settings.BASE_DIR) / "docs" / "openapi.json"
HABITS = Path(__file__).with_name("habits.md")
#: Where the part of the description that is prose ends; tables follow.
TABLES = "## Scopes"

#: Tags: name, what it is about, and the first words of the addresses that belong to it.
TAGS = (
    ("Reference data", "Your own organisation, authorities and regions.", "organisation authorities regions"),
    (
        "Providers and homes",
        "The register as authorities read it; a provider’s own homes, households, vacancies and insurance.",
        "providers establishments homes households vacancies insurance profile",
    ),
    ("Imports", "Lists that come in: checked, what they would trigger, carried out.", "imports"),
    ("Vehicles", "Purchasing vehicles, lots, admissions, ceilings and menus.", "vehicles admissions menu-items lots"),
    ("Referrals", "From draft to published, with people, documents, matching and offers received.", "referrals people"),
    ("Opportunities and offers", "A provider’s side of a referral.", "opportunities invitations offers"),
    ("Awards", "Choosing an offer, and approving the choice.", "awards approvals"),
    ("Agreements", "Terms, signatures, the sealed PDF and its verification.", "agreements"),
    ("Placements", "Starting, changing and ending placements.", "placements"),
    (
        "Safeguarding alerts",
        "Raising, sending and closing alerts; those you are told of, your answers, welfare checks and proof.",
        "alerts",
    ),
    (
        "Closures of homes",
        "Homes that close, who was told, and where each of your people there goes next.",
        "closures",
    ),
    ("Measures", "Restrictions, suspensions and bars by a central team, and appeals.", "measures"),
    (
        "Missing and notifiable events",
        "What providers report of their own residents, and what the authority that placed them does.",
        "incidents",
    ),
    ("Concerns and complaints", "Concerns, the patterns they make, complaints.", "concerns suggestions complaints"),
    ("Registration checks", "Homes that no longer pass, and your answers.", "findings failing-homes"),
    ("Spend and market", "What was committed and spent, and what is offered.", "spend market"),
    (
        "Messages, changes and audit",
        "What happened, for the owner, for programs and for the record.",
        "messages changes webhooks audit",
    ),
)
#: Refusals that say the same at every operation: status -> name of the shared response.
SHARED = {
    400: "Malformed",
    401: "NotAuthenticated",
    403: "Forbidden",
    404: "NotFound",
    412: "EditionDiffers",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    429: "TooMany",
}
HEADERS = {
    "ETag": "The edition; send it as If-None-Match or If-Match.",
    "Link": 'The address of the next page, with `rel="next"`; absent on the last one.',
    "Location": "The address of what was made.",
    "RateLimit": "Requests left in this window, and the seconds until it ends.",
    "RateLimit-Policy": "Requests allowed in a window, and its seconds.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "What is missing: a token, or a scope.",
}


def build() -> Document:
    """The document as the code gives it now, in English. Raises `ValueError` for whatever spectacular warns of."""
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    with translation.override("en"):
        document: Document = SchemaGenerator().get_schema(request=None, public=True)
        if GENERATOR_STATS:
            caches = (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)
            raise ValueError("\n".join(message for each in caches for message in each))
    unknown = unexplained(set(document["x-codes"]))
    if unknown:
        raise ValueError(f"nobody says what these codes mean (see brokerage/api/codes.py): {', '.join(unknown)}")
    validate_schema(document)
    return document


def text_of(document: Document) -> str:
    """The document as the file holds it."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


@cache
def served() -> bytes:
    """The committed document."""
    return PATH.read_bytes()


@cache
def loaded() -> Document:
    """The committed document, read."""
    found: Document = json.loads(served())
    return found


def finish(result: Document, **_named: Any) -> Document:
    """Spectacular's hook: habits, tags, shared refusals and the meaning of every code."""
    codes = {code for _path, _method, operation in operations_of(result) for code in operation["x-codes"]}
    known = meanings(codes)
    for path, _method, operation in operations_of(result):
        operation["tags"] = [_tag(path)]
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and not parameter.get("description"):
                before = path.partition("{" + parameter["name"] + "}")[0].rstrip("/")
                parameter["description"] = f"Which of `{before}`."
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                _describe_success(int(status), response, result)
        _describe_refusals(operation, known)
    result["components"]["responses"] = _shared_responses(known)
    result["components"]["headers"] = {
        name: {"description": words, "schema": {"type": "string"}} for name, words in HEADERS.items()
    }
    used = {operation["tags"][0] for _path, _method, operation in operations_of(result)}
    result["tags"] = [{"name": name, "description": words} for name, words, _paths in TAGS if name in used]
    result["info"]["description"] = _description(known)
    result["x-codes"] = {
        code: {"statuses": list(known[code].statuses), "meaning": known[code].text} for code in sorted(known)
    }
    cleaned: Document = _without_internals(result)
    return cleaned


def operations_of(document: Document) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation: its path, its method in capitals, what is said of it."""
    return [
        (path, method.upper(), operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def own_codes(operation: dict[str, Any]) -> list[str]:
    """The codes that not every operation has."""
    common = {code for each in problems.COMMON.values() for code in each} | set(problems.INPUT_CODES)
    return [code for code in operation["x-codes"] if code not in common]


def _tag(path: str) -> str:
    first = path.split("/")[1]
    return next((name for name, _words, paths in TAGS if first in paths.split()), "Other")


def _describe_success(status: int, response: dict[str, Any], document: Document) -> None:
    headers = ["RateLimit", "RateLimit-Policy"]
    content = response.get("content", {}).get("application/json")
    if content:
        shape = document["components"]["schemas"].get(content["schema"].get("$ref", "").rpartition("/")[2], {})
        is_page = set(shape.get("properties", {})) == {"items", "next"} and "Page" in content["schema"]["$ref"]
        headers.append("Link" if is_page else "ETag")
        if not response.get("description"):
            response["description"] = "One page." if is_page else "Made." if status == 201 else "Done, or as asked."
    elif response.get("content"):
        response["description"] = response.get("description") or "The file."
    if status == 201:
        headers.append("Location")
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(headers)}


def _describe_refusals(operation: dict[str, Any], known: dict[str, Meaning]) -> None:
    own = own_codes(operation)
    for status in list(operation["responses"]):
        number = int(status)
        if number in SHARED:
            operation["responses"][status] = {"$ref": f"#/components/responses/{SHARED[number]}"}
        elif number in (409, 422):
            codes = [code for code in own if number in known[code].statuses]
            if codes:
                operation["responses"][status] = _refusal(number, codes, known)
            else:
                name = "NotNow" if number == 409 else "InvalidInput"
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _shared_responses(known: dict[str, Meaning]) -> dict[str, Any]:
    found = {}
    for status, name in SHARED.items():
        found[name] = _refusal(status, [code for code in problems.COMMON[status] if code in known], known)
    found["NotNow"] = _refusal(409, [], known)
    found["InvalidInput"] = _refusal(422, [], known)
    return dict(sorted(found.items()))


def _refusal(status: int, codes: list[str], known: dict[str, Meaning]) -> dict[str, Any]:
    """A response that lists its codes with their meanings."""
    lines = [f"- `{code}`: {known[code].text}" for code in codes]
    if status == 409:
        lines.append(f"- `not_now`: {known['not_now'].text}" if "not_now" in known else "")
    if status == 422:
        lines.append("- or a code of inputs, such as `required` or `unknown_field`.")
    code = codes[0] if codes else "not_now" if status == 409 else "required"
    field = None if codes or status == 409 else "reference"
    headers = ["RateLimit", "RateLimit-Policy"]
    headers += {401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, [])
    return {
        "description": "\n".join(line for line in lines if line),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    "Problem": {
                        "value": problems.body_of(status, code, known[code].text if code in known else "", field)
                    }
                },
            }
        },
    }


def _description(known: dict[str, Meaning]) -> str:
    """The habits, then the tables of scopes, events and codes."""
    parts = [
        HABITS.read_text(encoding="utf-8").strip(),
        TABLES,
        "| scope | clients of | allows to |\n| --- | --- | --- |",
    ]
    parts[-1] += "".join(
        f"\n| `{code}` | {', '.join(scope.kinds)} | {str(scope.label)[:1].lower()}{str(scope.label)[1:]} |"
        for code, scope in SCOPES.items()
    )
    parts += ["## Events", "| event | clients of | what happened |\n| --- | --- | --- |"]
    parts[-1] += "".join(
        f"\n| `{event.kind}` | {', '.join(sorted(event.organisations))} | {event.label} |" for event in events.events()
    )
    parts += ["## Codes", "| code | status | meaning |\n| --- | --- | --- |"]
    parts[-1] += "".join(
        f"\n| `{code}` | {', '.join(str(status) for status in meaning.statuses)} | {meaning.text} |"
        for code, meaning in sorted(known.items())
    )
    return "\n\n".join(parts)


def _without_internals(value: Any) -> Any:
    """Spectacular's own marks of enumerations are not for readers."""
    if isinstance(value, dict):
        return {name: _without_internals(inner) for name, inner in value.items() if name != "x-spec-enum-id"}
    if isinstance(value, list):
        return [_without_internals(inner) for inner in value]
    return value
