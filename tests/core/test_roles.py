"""What each job may do, where it matters most who may not."""

from __future__ import annotations

from typing import Any

import pytest

from brokerage.core.tenants.permissions import PERMISSIONS, ROLES_BY_KIND, Role, permissions_of
from tests.api.crowds import superuser
from tests.cast import user_of
from tests.incidents import reporting


def holders(permission: str, kind: str) -> set[str]:
    return {role.value for role in ROLES_BY_KIND[kind] if permission in permissions_of([role], kind)}


@pytest.mark.parametrize("permission", ["voice.view", "voice.manage"])
def test_what_people_say_reaches_the_lead_and_who_stands_in_and_not_who_buys(permission: str) -> None:
    assert holders(permission, "authority") == {"safeguarding_lead", "team_manager", "nominated_officer", "director"}
    assert holders(permission, "central") == {"safeguarding_lead", "contract_manager"}
    assert not holders(permission, "provider") | holders(permission, "associate")


def test_a_home_manager_reports_events_and_sees_nothing_else() -> None:
    assert PERMISSIONS[Role.HOME_MANAGER] == {"incident.view", "incident.report"}
    assert holders("incident.report", "provider") == {"provider_administrator", "bid_writer", "home_manager"}


def test_the_pages_of_a_home_manager(committed: str, sign_in: Any) -> None:
    agreement = reporting.resident()
    with superuser(committed) as cursor:
        cursor.execute(
            "UPDATE tenants_membership SET roles = ARRAY['home_manager'] WHERE user_id = %s", [str(user_of("bob").pk)]
        )
    client = sign_in("bob")
    home = client.get("/o/birch/").content.decode()
    assert "Report an event" in home and "Open the inbox" not in home and "/agreements/" not in home
    page = client.get("/o/birch/incidents/new/")
    assert page.status_code == 200 and agreement.reference in page.content.decode()
    for hidden in ("inbox", "offers", "agreements", f"agreements/{agreement.reference}", "people", "our-homes"):
        assert client.get(f"/o/birch/{hidden}/").status_code in (403, 404), hidden
