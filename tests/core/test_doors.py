"""Pages of an organisation open to its members only, and say nothing to others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_home_of_each_kind_of_organisation(sign_in: Callable[[str], Client]) -> None:
    for who, slug in (("olive", "harrow"), ("carol", "west-london-central"), ("bob", "birch")):
        response = sign_in(who).get(f"/o/{slug}/")
        assert response.status_code == 200


def test_another_organisation_is_not_found(sign_in: Callable[[str], Client]) -> None:
    client = sign_in("olive")
    assert client.get("/o/ealing/").status_code == 404
    assert client.get("/o/no-such/").status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/o/harrow/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


def test_one_membership_goes_straight_home_several_choose(sign_in: Callable[[str], Client]) -> None:
    assert sign_in("olive").get("/")["Location"] == "/o/harrow/"
    hugh = sign_in("hugh")
    assert hugh.get("/")["Location"] == "/organisations/"
    page = hugh.get("/organisations/").content.decode()
    assert "Ealing" in page and "West London Central Team" in page


def test_health_answers(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200 and ready.json()["database"] == "ok"


def test_messages_page_is_empty_and_kind(sign_in: Callable[[str], Client]) -> None:
    page = sign_in("olive").get("/o/harrow/messages/")
    assert "No messages yet" in page.content.decode()
