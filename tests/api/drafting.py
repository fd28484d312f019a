"""Drafts made through the API, for tests that begin where one is complete."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api.clients import Machine
from tests.scenarios import referral_answers

#: Answers of the scenario that only special schools are asked for.
SCHOOLS_ONLY = ("send_need", "school_stay")


def new_person(**changes: Any) -> dict[str, Any]:
    """A boy of fourteen or so, not yet on record."""
    return {
        "case_number": f"C-{uuid4().hex[:8]}",
        "given_name": "Zachariah",
        "family_name": "Quillfeather",
        "date_of_birth": "2012-01-01",
        "sex": "male",
        "home_postcode": "HA1 2AA",
        **changes,
    }


def started(machine: Machine, **changes: Any) -> str:
    """A new draft's address."""
    body = {"category": "residential", "urgency": "planned", "new_person": new_person(), **changes}
    answer = machine.post("/referrals", body)
    assert answer.status_code == 201, answer.content
    return f"/referrals/{answer.json()['reference']}"


def filled(machine: Machine, **sections: dict[str, Any]) -> str:
    """The address of a draft with every section answered."""
    address = started(machine)
    for section, answers in {**referral_answers(), **sections}.items():
        asked = {name: value for name, value in answers.items() if name not in SCHOOLS_ONLY}
        answer = machine.patch(f"{address}/sections/{section}", asked)
        assert answer.status_code == 200, answer.content
    return address


def problem(answer: Any, status: int, code: str, field: str | None = None) -> None:
    """That the answer is this refusal."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert (found["code"], found["field"]) == (code, field), found
