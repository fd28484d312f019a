"""Papers through the API: bytes in, checked by content, listed, fetched and logged, taken out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from placements.models import Release
from tests.api.clients import Machine, client_of
from tests.api.drafting import problem
from tests.cast import actor_of
from tests.scenarios import draft_referral, published_referral

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def added(
    machine: Machine, reference: str, content: bytes = PDF, name: str | None = "plan.pdf", **query: str
) -> object:
    asked = urlencode({"kind": "care_plan", **query})
    return machine.upload(f"/referrals/{reference}/documents?{asked}", content, "application/pdf", name)


def test_a_paper_is_added_listed_fetched_and_taken_out() -> None:
    reference, machine = draft_referral().reference, client_of("olive")
    made = added(machine, reference)
    assert made.status_code == 201, made.content
    paper = made.json()
    assert (paper["name"], paper["size"], paper["is_for_all_invited"]) == ("plan.pdf", len(PDF), False)
    address = f"/referrals/{reference}/documents"
    assert machine.get(address).json() == {"items": [paper], "next": None}
    fetched = machine.get(f"{address}/{paper['id']}")
    assert b"".join(fetched.streaming_content) == PDF
    assert fetched["Content-Type"] == "application/octet-stream" and "attachment" in fetched["Content-Disposition"]
    with acting(actor_of("olive")) as olive:
        assert Entry.objects.filter(organisation_id=olive.organisation_id, kind="document.read").count() == 1
    for _twice in range(2):
        assert machine.delete(f"{address}/{paper['id']}").status_code == 204
    assert machine.get(address).json()["items"] == []
    problem(machine.get(f"{address}/{paper['id']}"), 404, "not_found")


def test_the_list_goes_on_where_the_page_before_ended() -> None:
    reference, machine = draft_referral().reference, client_of("olive")
    names = [added(machine, reference, name=f"plan-{number}.pdf").json()["name"] for number in range(3)]
    first = machine.get(f"/referrals/{reference}/documents", limit=2).json()
    second = machine.get(f"/referrals/{reference}/documents", limit=2, cursor=first["next"]).json()
    assert [row["name"] for row in first["items"] + second["items"]] == names and second["next"] is None


@pytest.mark.parametrize(
    ("query", "content", "code", "field"),
    [
        ({"name": "plan.exe"}, PDF, "file_type_not_allowed", "file"),
        ({"name": "plan.png"}, PDF, "file_is_not_its_type", "file"),
        ({"name": None}, PDF, "file_name_missing", "Content-Disposition"),
        ({"name": "x" * 300}, PDF, "file_name_missing", "Content-Disposition"),
        ({}, b"MZ\x90\x00" + b"\x00" * 200, "file_is_program", "file"),
        ({"kind": "poem"}, PDF, "invalid_choice", "kind"),
        ({"readers": "everyone"}, PDF, "invalid_choice", "readers"),
        ({"colour": "blue"}, PDF, "unknown_field", "colour"),
        ({}, b"", "empty", "body"),
    ],
)
def test_a_file_is_refused_by_what_it_is(query: dict[str, Any], content: bytes, code: str, field: str) -> None:
    reference, machine = draft_referral().reference, client_of("olive")
    problem(added(machine, reference, content, **query), 422, code, field)
    assert machine.get(f"/referrals/{reference}/documents").json()["items"] == []


def test_everyone_invited_sees_a_paper_meant_for_them_and_no_other() -> None:
    story, machine = published_referral(), client_of("olive")
    shown = added(machine, story.reference, readers="invited").json()
    added(machine, story.reference, readers="shortlisted")
    with acting(actor_of("bob")):
        assert [paper["id"] for paper in Release.objects.get().documents] == [shown["id"]]


def test_papers_are_their_authoritys_own() -> None:
    reference, machine = draft_referral().reference, client_of("olive")
    paper = added(machine, reference).json()
    other = client_of("edith")
    address = f"/referrals/{reference}/documents"
    problem(other.get(address), 404, "not_found")
    problem(other.get(f"{address}/{paper['id']}"), 404, "not_found")
    problem(other.delete(f"{address}/{paper['id']}"), 404, "not_found")
    problem(added(other, reference), 404, "not_found")
    reader = client_of("olive", scopes=["referrals:read"])
    problem(added(reader, reference), 403, "missing_scope")
    problem(reader.delete(f"{address}/{paper['id']}"), 403, "missing_scope")
    problem(reader.get(address), 403, "missing_scope")
    problem(reader.get(f"{address}/{paper['id']}"), 403, "missing_scope")
    allowed = client_of("olive", scopes=["documents:read"])
    assert b"".join(allowed.get(f"{address}/{paper['id']}").streaming_content) == PDF
