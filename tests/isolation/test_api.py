"""Every operation of the API, generated from the URL table, knocked at by every kind of client.

An operation whose address names something the world does not know fails by name: teach `api_world.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser

from brokerage.core.api.scopes import SCOPES
from tests.api.clients import Machine
from tests.api.table import Route, code_of, document, faults_of, routes
from tests.cast import PEOPLE, actor_of
from tests.isolation.api_world import STRANGERS, ApiWorld, owners

ALL = routes()
KINDS = {"edith": "authority", "nia": "authority", "cecil": "provider", "wendy": "central"}
#: What is not one organisation's own: by the beginning of the address, who may read it beside its owner.
SHARED: dict[str, tuple[str, ...]] = {
    # Ealing is told, because it is of the region: no more than that there is an alert.
    "alerts/": ("edith",),
    "authorities/": ("edith", "nia", "cecil", "wendy"),
    "regions/": ("edith", "nia", "cecil", "wendy"),
    "spend/": ("edith", "nia", "wendy"),
    "market/": ("edith", "nia", "wendy"),
    "vehicles/": ("edith", "cecil"),
    "admissions/": ("edith",),
    "menu-items/": ("edith",),
    "measures/": ("edith",),
    "providers/": ("edith", "nia", "wendy"),
    "establishments/": ("edith", "nia", "wendy"),
}
#: Operations that answer the entitled client with "not found" or "not permitted" in this world, and why.
NOT_HERE: dict[str, str] = {
    "get_market authority": "the market is its region's",
    "get_market_sheet authority": "the market is its region's",
    "get_spend central": "what was spent is each authority's",
    "get_spend_sheet central": "what was spent is each authority's",
    "close_live_alert central": "whoever raised an alert closes it",
    "dismiss_waiting_alert central": "it waits at the authority that raised it",
    "record_welfare_check central": "authorities check on their people",
    "record_welfare_check provider": "authorities check on their people",
    "get_finding central": "an authority's own people",
    "answer_finding central": "an authority's own people",
    "answer_finding provider": "an authority's own people",
    "create_alert provider": "a provider raises none",
    "list_alert_roster provider": "who else was told is not for the provider",
    "send_alert central": "it waits at the authority that raised it",
    "create_closure authority": "providers and central teams announce",
    "reschedule_announced_closure authority": "providers and central teams announce",
    "withdraw_announced_closure authority": "providers and central teams announce",
    "close_closing_home authority": "the central team keeps the register",
    "close_closing_home provider": "the central team keeps the register",
    "record_resident_next_home central": "authorities have people there",
    "record_resident_next_home provider": "authorities have people there",
    "plan_for_later_people central": "authorities have people there",
    "plan_for_later_people provider": "authorities have people there",
    "list_collected_checks provider": "how others are is not for the provider",
    **dict.fromkeys(
        (
            *("download_alert_roster provider", "ask_for_alert_proof provider", "get_alert_proof provider"),
            "download_alert_proof provider",
        ),
        "who else was told is not for the provider",
    ),
    "list_strategy_meetings provider": "what was said is not for the provider",
    "upload_alert_file provider": "whoever raised an alert adds files",
    "upload_alert_file central": "whoever raised an alert adds files",
    "download_alert_file provider": "files are not for the provider",
    "acknowledge_received_complaint authority": "the side that it is against acknowledges it",
    "acknowledge_received_complaint central": "the side that it is against acknowledges it",
    "answer_received_complaint authority": "the side that it is against answers it",
    "answer_received_complaint central": "the side that it is against answers it",
    "ask_complaint_mediation central": "a party asks for mediation",
    "close_own_complaint central": "whoever complained closes it",
    "close_own_complaint provider": "whoever complained closes it",
    "create_complaint central": "a central team is no party",
    "create_complaint provider": "the body names a provider: a provider complains of an authority",
    "decide_on_suggestion authority": "the pattern of this world is the central team's",
    "get_suggestion authority": "the pattern of this world is the central team's",
    "mediate_complaint authority": "the mediator mediates",
    "mediate_complaint provider": "the mediator mediates",
    "settle_own_complaint central": "whoever complained settles it",
    "settle_own_complaint provider": "whoever complained settles it",
    **dict.fromkeys(
        ("create_incident authority", "create_incidents authority", "withdraw_reported_incident authority"),
        "providers report, of their own residents",
    ),
    **{
        f"{act} provider": "the authority answers"
        for act in (
            *("acknowledge_reported_incident", "require_incident_follow_up", "offer_return_interview"),
            *("settle_return_interview", "close_reported_incident"),
        )
    },
    "propose_a_measure provider": "the central team measures providers",
    "decide_measure provider": "the central team decides",
    "withdraw_proposed_measure provider": "the central team decides",
    "review_standing_measure provider": "the central team decides",
    "propose_to_lift_measure provider": "the central team decides",
    "decide_lift_of_measure provider": "the central team decides",
    "answer_measure_appeal provider": "the central team answers",
    "appeal_against_measure central": "the provider appeals",
    "list_access provider": "who may buy is not for sellers",
    "get_section_adult": "the draft is for a child",
    "change_section_adult": "the draft is for a child",
    "get_section_parent_child": "the draft is not for a parent with a child",
    "change_section_parent_child": "the draft is not for a parent with a child",
}


def _said(response: Any) -> bytes:
    body = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    return bytes(body) + str(response.headers).encode()


def _keeps_secret(response: Any, words: tuple[str, ...], who: str, route: Route) -> None:
    said = _said(response)
    for word in words:
        assert word.encode() not in said, f"{route} told {who}: {word}"


each_route = pytest.mark.parametrize("route", ALL, ids=str)


def test_there_are_operations_and_all_are_documented() -> None:
    assert len(ALL) > 100
    written = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert written == {(route.template, route.method) for route in ALL}
    assert all(owners(route) for route in ALL), "every scope belongs to somebody"


@each_route
def test_nobody_without_a_good_token_gets_anything(api_world: ApiWorld, route: Route) -> None:
    for kind in owners(route):
        address, method = api_world.address(route, kind), route.method.upper()
        machine = api_world.own(route, kind)
        sent = [
            Browser().generic(method, f"/api/v1{address}"),
            Browser().generic(method, f"/api/v1{address.partition('?')[0]}?access_token={machine.token}"),
            api_world.knock(route, api_world.outside[f"expired {kind}"], kind),
            api_world.knock(route, api_world.outside[f"revoked {kind}"], kind),
            api_world.knock(route, Machine(machine.token[:-1] + "!", machine.client_id), kind),
        ]
        for response in sent:
            assert response.status_code == 401 and code_of(response) == "not_authenticated", route
            assert response["WWW-Authenticate"].startswith("Bearer")
            assert not faults_of(route, response)


@each_route
def test_every_scope_but_the_right_one_is_not_enough(api_world: ApiWorld, route: Route) -> None:
    for kind in owners(route):
        response = api_world.knock(route, api_world.outside[f"{kind} without {route.operation.scope}"], kind)
        assert response.status_code == 403 and code_of(response) == "missing_scope", f"{route} as {kind}"
        assert f'scope="{route.operation.scope}"' in response["WWW-Authenticate"]


@each_route
def test_a_stranger_finds_nothing_of_it(api_world: ApiWorld, route: Route) -> None:
    """With every scope of its kind: only tenancy stands between."""
    for stranger in STRANGERS.values():
        with transaction.atomic():
            _knock_as_stranger(api_world, route, stranger)
            transaction.set_rollback(True)


def _knock_as_stranger(api_world: ApiWorld, route: Route, stranger: str) -> None:
    kind = KINDS[stranger]
    machine = api_world.machines[stranger]
    shared = any(route.path.startswith(begin) and stranger in who for begin, who in SHARED.items())
    for owner in owners(route):
        response = api_world.knock(route, machine, owner)
        if kind not in SCOPES[route.operation.scope].kinds:
            assert response.status_code == 403 and code_of(response) == "missing_scope", f"{route} as {stranger}"
        elif route.parameters and not shared:
            assert response.status_code == 404, f"{route} as {stranger}: {response.status_code} {_said(response)!r}"
        else:
            assert not faults_of(route, response), f"{stranger}: {faults_of(route, response)}"
        _keeps_secret(response, (*api_world.canaries, *api_world.secrets), stranger, route)


@each_route
def test_the_right_client_gets_an_answer_that_is_documented(api_world: ApiWorld, route: Route) -> None:
    """Otherwise the refusals above would prove nothing."""
    for kind in owners(route):
        response = api_world.knock(route, api_world.own(route, kind), kind)
        assert not faults_of(route, response), f"as {kind}: {faults_of(route, response)}"
        if route.name not in NOT_HERE and f"{route.name} {kind}" not in NOT_HERE:
            told = f"{route} as {kind}: {response.status_code} {_said(response)[:300]!r}"
            assert response.status_code not in (401, 403, 404), told
            assert route.method != "get" or response.status_code in (200, 304), told


@each_route
def test_a_provider_at_the_first_stage_never_reads_who_it_is(api_world: ApiWorld, route: Route) -> None:
    if "provider" in owners(route):
        response = api_world.knock(route, api_world.own(route, "provider"), "provider")
        _keeps_secret(response, api_world.canaries, "bob", route)


def test_the_cast_is_who_this_matrix_thinks(api_world: ApiWorld) -> None:
    assert {PEOPLE[who][1] for who in STRANGERS.values()} == {"ealing", "cedar", "newport", "south-east-wales-central"}
    assert all(actor_of(who).kind == kind for who, kind in KINDS.items())
