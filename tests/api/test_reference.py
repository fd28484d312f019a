"""Authorities, regions, the own organisation and the audit trail through the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from brokerage.api.urls import operations
from brokerage.core.api.inputs import Paged, Query
from brokerage.core.api.operations import Operation
from brokerage.core.tenants.api import AuthorityOut, AuthorityRow, OrganisationOut, RegionOut, RegionRow
from brokerage.core.tenants.models import AuthorityProfile
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import ident

pytestmark = pytest.mark.django_db

OWN = ("brokerage.core.tenants", "brokerage.core.audit", "brokerage.core.notifications", "providers.", "dpv.")


def own_operations() -> list[tuple[str, Operation]]:
    """Every operation of the lower storeys, with its method."""
    found = []
    for pattern in operations:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        for method, one in view.view_class.operations.items():
            if one.act.__module__.startswith(OWN):
                found.append((method, one))
    return found


def test_every_example_is_a_whole_valid_one() -> None:
    assert len(own_operations()) > 50
    for method, one in own_operations():
        if one.answer is not None:
            fits(one.answer, one.answer.example)
        if one.body is not None:
            checked = one.body(data=one.body.example, partial=one.partial)
            assert checked.is_valid(), (one.name, checked.errors)
        words = (one.act.__doc__ or "").splitlines()
        assert words and len(words[0]) < 80, (method, one.name)
        assert one.query is None or issubclass(one.query, Query)


@pytest.mark.parametrize("who", ["olive", "carol", "bob"])
def test_everybody_reads_authorities_page_by_page(who: str) -> None:
    machine = client_of(who)
    first = fits(AuthorityRow, machine.get("/authorities", limit=60).json())
    codes, following = [row["gss_code"] for row in first["items"]], first["next"]
    assert len(codes) == 60
    while following:
        page = machine.get("/authorities", limit=60, cursor=following).json()
        codes += [row["gss_code"] for row in page["items"]]
        following = page["next"]
    assert codes == sorted(codes) and len(set(codes)) == len(codes) == AuthorityProfile.objects.count()


def test_authorities_are_narrowed() -> None:
    machine = client_of("olive")
    wales = machine.get("/authorities", nation="Wales", limit=200, current="true").json()["items"]
    assert len(wales) == 22 and {row["nation"] for row in wales} == {"Wales"}
    west = machine.get("/authorities", region="west-london").json()["items"]
    assert [row["slug"] for row in west] == ["ealing", "harrow"]
    assert west[0]["regions"] == ["west-london"]
    refused = machine.get("/authorities", nation="France")
    assert refused.status_code == 422 and refused.json()["field"] == "nation"
    assert machine.get("/authorities", country="Wales").json()["code"] == "unknown_field"


def test_an_authority_names_what_adjoins_it() -> None:
    machine = client_of("bob")
    harrow = fits(AuthorityOut, machine.get("/authorities/E09000015").json())
    assert harrow["name"] == "Harrow"
    assert {"gss_code": "E09000009", "name": "Ealing"} in harrow["adjoins"]
    assert machine.get("/authorities/E99999999").status_code == 404
    assert machine.get("/authorities/%00").status_code == 404


def test_regions_and_their_members() -> None:
    machine = client_of("nia")
    rows = fits(RegionRow, machine.get("/regions").json())["items"]
    west = next(row for row in rows if row["slug"] == "west-london")
    assert (west["central_team"], west["member_count"]) == ("west-london-central", 3)
    found = fits(RegionOut, machine.get("/regions/west-london").json())
    assert [(one["slug"], one["gss_code"]) for one in found["members"]][:2] == [
        ("ealing", "E09000009"),
        ("harrow", "E09000015"),
    ]
    assert machine.get("/regions/nowhere").status_code == 404


@pytest.mark.parametrize(("who", "slug"), [("olive", "harrow"), ("carol", "west-london-central"), ("bob", "birch")])
def test_the_own_organisation_is_the_tokens(who: str, slug: str) -> None:
    machine = client_of(who, weekly_limit="1500.00")
    found = fits(OrganisationOut, machine.get("/organisation").json())
    assert found["slug"] == slug and found["id"] == str(ident(slug)) or slug == "harrow"
    assert found["client"]["id"] == str(machine.client_id)
    assert found["client"]["weekly_limit"] == "1500.00"
    assert (found["gss_code"] is not None) == (slug == "harrow")


def test_an_unchanged_answer_is_not_sent_again() -> None:
    machine = client_of("olive")
    first = machine.get("/organisation")
    again = machine.get("/organisation", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and again.content == b""


def test_too_few_scopes_are_named() -> None:
    refused = client_of("olive", scopes=["messages:read"]).get("/authorities")
    assert refused.status_code == 403
    assert refused.json()["code"] == "missing_scope" and "reference:read" in refused["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/authorities", "/regions"])
def test_lists_ask_the_same_number_of_questions_for_one_and_many(path: str) -> None:
    machine = client_of("olive")
    machine.get(path)
    counts = []
    for limit in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            assert machine.get(path, limit=limit).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]


def test_what_an_address_does_not_say_is_as_documented_and_what_it_must_say_is_missed() -> None:
    class Asked(Paged):
        name = serializers.CharField()
        kinds = serializers.ListField(child=serializers.CharField(), default=list)
        old = serializers.BooleanField(default=False)
        note = serializers.CharField(required=False)

    assert Asked.read(QueryDict("name=a")) == {"name": "a", "kinds": [], "old": False, "limit": 50}
    assert Asked.read(QueryDict("name=a&old=true&kinds=b&kinds=c&limit=7&note=d")) == {
        "name": "a",
        "kinds": ["b", "c"],
        "old": True,
        "limit": 7,
        "note": "d",
    }
    Asked.read(QueryDict("name=a"))["kinds"].append("kept")
    assert Asked.read(QueryDict("name=a"))["kinds"] == []
    for query, field, code in [
        ("old=true", "name", "required"),
        ("", "name", "required"),
        ("name=a&limit=0", "limit", "min_value"),
        ("name=a&new=1", "new", "unknown_field"),
        ("name=a&name=b", "name", "repeated"),
    ]:
        with pytest.raises(ValidationError) as refused:
            Asked.read(QueryDict(query))
        assert refused.value.get_codes() == {field: [code]}, query
    assert set(Asked().fields) == {"name", "kinds", "old", "note", "limit", "cursor"}, "a document names them all"
