"""An associate member (an NHS board, say) reads the region's vehicles and runs itself; no page of it fails."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.models import Membership, Organisation
from brokerage.core.tenants.permissions import ASSOCIATE, Role
from tests.cast import actor_of, user_of

SignIn = Callable[..., Client]

#: Roles of an authority that an associate's older memberships may still carry.
ROLES = [Role.COMMISSIONER, Role.FINANCE_OFFICER, Role.AUTHORITY_ADMINISTRATOR]


@pytest.fixture
def board(committed: str, sign_in: SignIn) -> Client:
    """Connie signed in, who is also a member of the associate; the operator's command made it as the owner."""
    settings = connections["default"].settings_dict
    before = {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    call_command("add_associate", "Health Board", "--region=west-london", stdout=io.StringIO())
    with loader():
        organisation = Organisation.objects.get(slug="health-board")
        Membership.objects.create(user=user_of("connie"), organisation=organisation, roles=ROLES)
    connections["default"].close()
    settings.update(before)
    return sign_in("connie")


def pages(patterns: list[URLPattern | URLResolver], begin: str = "") -> list[str]:
    """Every address of an organisation that needs nothing but its name."""
    found = []
    for pattern in patterns:
        address = begin + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += pages(pattern.url_patterns, address)
        elif address.startswith("o/<slug:organisation>/") and address.count("<") == 1:
            found.append("/" + address.replace("<slug:organisation>", "health-board"))
    return found


def test_the_spend_page_is_not_an_associates(board: Client) -> None:
    assert board.get("/o/harrow/spend/").status_code == 200
    assert board.get("/o/health-board/spend/").status_code == 403
    home = board.get("/o/health-board/").content.decode()
    assert "/o/health-board/vehicles/" in home and "spend" not in home


def test_no_page_of_an_associate_fails(board: Client) -> None:
    found = pages(get_resolver().url_patterns)
    assert "/o/health-board/spend/" in found and len(found) > 15
    answers = {page: board.get(page).status_code for page in found}
    assert set(answers.values()) <= {200, 302, 403, 404, 405}, answers
    assert answers["/o/health-board/vehicles/"] == answers["/o/health-board/people/"] == 200


def test_whatever_its_roles_an_associate_holds_no_more(board: Client) -> None:
    actor = actor_of("connie", "health-board")
    assert actor.permissions == ASSOCIATE
    with acting(actor):
        assert not actor.may("spend.view", "placement.view", "referral.view", "import.placements", "search")
    assert actor_of("connie").may("spend.view")
