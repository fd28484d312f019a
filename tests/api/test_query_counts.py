"""The number of queries of each operation: the same for 1, 10 and 100 rows, and bounded.

That no answer about one thing asks more often when everything has grown is held in `test_write_counts`, with the acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import databases
from tests.api.crowds import clone_of, multiply
from tests.api.table import Route, routes
from tests.conftest import connect_to
from tests.isolation.api_place import standing_world
from tests.isolation.api_world import ApiWorld, owners

#: Queries of one GET, with the token, the role and the transaction.
MOST = 25
GETS = [route for route in routes() if route.method == "get"]
LISTS = [route for route in GETS if route.operation.paged]
ONES = [route for route in GETS if not route.operation.paged]
#: What each list shows; copied for it.
SHOWN: dict[str, tuple[str, ...]] = {
    "list_admissions": ("dpv_admission",),
    "list_agreements": ("contracts_agreement",),
    "list_alerts": ("safeguarding_alertrecipient",),
    "list_raised_alerts": ("safeguarding_alert",),
    "list_people_there": ("placements_placement",),
    "list_welfare_checks": ("safeguarding_welfarecheck",),
    "list_alert_roster": ("safeguarding_alertrecipient",),
    "list_collected_checks": (),  # one row for each authority, however many checks it has
    "list_alert_timeline": (),  # what each kind of organisation sees of it differs
    "list_strategy_meetings": ("safeguarding_strategymeeting",),
    "list_alert_files": ("safeguarding_alertfile",),
    "list_closures": ("closures_closurerecipient",),
    "list_closure_progress": ("closures_closurerecipient",),
    "list_closure_timeline": (),  # what each kind of organisation sees of it differs
    "list_closure_residents": ("closures_closureresident",),
    "list_findings": ("firewall_finding",),
    "list_failing_homes": (),  # one row for each home, however many live there
    "list_approvals": ("placements_award",),
    "list_complaints": ("concerns_complaint",),
    "list_concerns": ("concerns_concern",),
    "list_suggestions": ("concerns_suggestion",),
    "list_entries": ("audit_entry", "audit_link"),
    "list_authorities": ("tenants_organisation",),
    "list_awards": ("placements_award",),
    "list_establishments": ("providers_establishment",),
    "list_establishment_households": ("providers_carerhousehold",),
    "list_homes": ("providers_establishment",),
    "list_households": ("providers_carerhousehold",),
    "list_policies": ("providers_insurance",),
    "list_incidents": ("incidents_incident",),
    "list_incident_entries": ("incidents_incidententry",),
    "list_residents": (),  # one line for each placement, which nobody but its authority reads
    "list_imports": ("providers_importrun",),
    "list_import_homes": (),  # they stand in the run itself
    "list_import_problems": ("providers_importproblem",),
    "list_invitations": ("placements_invitation",),
    "list_measures": ("dpv_measure",),
    "list_menu_items": ("dpv_menuitem",),
    "list_messages": ("notifications_message",),
    "list_offers": ("placements_offer",),
    "list_opportunities": ("placements_release",),
    "list_opportunity_clarifications": ("placements_clarification",),
    "list_opportunity_documents": (),  # they stand in the release itself
    "list_placements": ("placements_placement",),
    "list_providers": ("tenants_organisation", "providers_provider"),
    "list_referrals": ("placements_referral",),
    "list_referral_clarifications": ("placements_clarification",),
    "list_referral_documents": ("placements_referraldocument",),
    "list_referral_invitations": ("placements_invitation",),
    "list_received_offers": ("placements_offer",),
    "list_regions": ("tenants_region",),
    "list_vacancies": ("providers_occupancy",),
    "list_vehicles": ("dpv_vehicle",),
    "list_access": ("dpv_accessagreement",),
    "list_lots": ("dpv_lot",),
    "list_webhooks": ("webhooks_webhook",),
    "list_deliveries": ("webhooks_delivery",),
}


@pytest.fixture
def crowd(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, api_place: None
) -> Iterator[tuple[str, ApiWorld]]:
    """The world in a database of this test's own, and its name."""
    from django.conf import settings

    before = settings.DATABASES["default"]["NAME"]
    with django_db_blocker.unblock():
        with standing_world(request) as (source, world):
            pass
        name = f"{before}_crowd"
        clone_of(source, name)
        connect_to(name)
        try:
            yield name, world
        finally:
            connect_to(before)
            databases.drop(name)


def asked(world: ApiWorld, route: Route, kind: str, limit: int | None = None) -> tuple[int, Any]:
    """How many queries an answer took, and the answer."""
    address = world.address(route, kind)
    if limit is not None:
        address += f"{'&' if '?' in address else '?'}limit={limit}"
    with CaptureQueriesContext(connection) as queries:
        response = world.own(route, kind).send("GET", address)
        if response.streaming:
            b"".join(response.streaming_content)
    # The time of last use is noted once a minute, whenever that is.
    return sum("api_client_used" not in query["sql"] for query in queries.captured_queries), response


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_asks_as_often_for_a_hundred_rows_as_for_one(crowd: tuple[str, ApiWorld], route: Route) -> None:
    name, world = crowd
    assert route.name in SHOWN, f"which table does {route} show? Say so in SHOWN"
    seen = {}
    for kind in owners(route):
        _count, response = asked(world, route, kind, 200)
        if response.status_code == 200:
            seen[kind] = len(response.json()["items"])
    assert any(seen.values()), f"{route} shows nothing in this world: {seen}"
    connection.close()
    if min(rows for rows in seen.values() if rows) < 100:
        for table in SHOWN[route.name]:
            multiply(name, table, 100)
    for kind in [kind for kind, rows in seen.items() if rows]:
        counts = {}
        for limit in (1, 10, 100):
            counts[limit], response = asked(world, route, kind, limit)
            rows = len(response.json()["items"])
            assert rows == limit or not SHOWN[route.name], f"{route} as {kind}: {response.content[:300]!r}"
        assert len(set(counts.values())) == 1 and counts[1] <= MOST, f"{route} as {kind}: {counts}"


@pytest.mark.parametrize("route", ONES, ids=str)
def test_one_thing_asks_a_bounded_number_of_times(api_world: ApiWorld, route: Route) -> None:
    for kind in owners(route):
        asked(api_world, route, kind)
        count, _response = asked(api_world, route, kind)
        assert count <= MOST, f"{route} as {kind}: {count} queries"


def test_everything_named_here_is_there() -> None:
    assert set(SHOWN) == {route.name for route in LISTS}
