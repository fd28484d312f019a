"""The account pages (allauth's) wear our layouts: one heading, error links that land, every tag closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import user_of
from tests.pages.markup import Markup

pytestmark = pytest.mark.django_db

ENTRANCE = ["/accounts/login/", "/accounts/password/reset/", "/accounts/login/code/", "/accounts/signup/"]
MANAGE = [
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/sessions/",
    "/accounts/logout/",
]


def check(html: str) -> Markup:
    markup = Markup(html)
    assert not markup.open_tags
    headings = [element for element in markup.elements if element.tag == "h1"]
    assert [element.classes for element in headings] == [["govuk-heading-l"]]
    assert len(markup.ids) == len(set(markup.ids))
    assert not [element for element in markup.elements if "style" in element.attributes]
    for element in markup.elements:
        if element.tag == "button":
            assert {"govuk-button", "app-link-button"} & set(element.classes) or "toggle" in element.attributes["class"]
    return markup


@pytest.mark.parametrize("path", ENTRANCE)
def test_entrance_pages(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    check(response.text)


@pytest.mark.parametrize("path", MANAGE)
def test_pages_of_ones_own_account(sign_in: Callable[[str], Client], path: str) -> None:
    response = sign_in("olive").get(path, follow=True)
    assert response.status_code == 200
    check(response.text)


def test_a_fresh_proof_is_asked_for_in_the_same_clothes(client: Client) -> None:
    olive = user_of("olive")
    olive.set_password("correct horse battery")
    olive.save(update_fields=["password"])
    client.force_login(olive)
    response = client.get("/accounts/reauthenticate/")
    assert response.status_code == 200
    check(response.text)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/login/code/"])
def test_error_links_land_on_a_control(client: Client, path: str) -> None:
    markup = check(client.post(path, {}).text)
    links = [e.attributes["href"] for e in markup.elements if e.tag == "a" and e.attributes["href"].startswith("#id")]
    assert links
    assert all(markup.by_id(link[1:]).tag == "input" for link in links)
    assert "<title>Error: " in markup.html


def test_a_wrong_password_is_said_at_the_top_and_the_address_kept(client: Client) -> None:
    page = client.post("/accounts/login/", {"login": "nobody@example.org", "password": "wrong"}).text
    assert "There is a problem" in page
    assert Markup(page).by_id("id_login").attributes["value"] == "nobody@example.org"


def test_nobody_is_invited_to_sign_up(client: Client) -> None:
    assert "/signup" not in client.get("/accounts/login/").text
    assert "by invitation" in client.get("/accounts/signup/").text


def test_account_pages_in_welsh(client: Client) -> None:
    assert "Mewngofnodi" in client.get("/accounts/login/", headers={"accept-language": "cy"}).text


def test_unread_messages_are_counted_in_the_frame(sign_in: Callable[[str], Client]) -> None:
    page = sign_in("olive").get("/o/harrow/").text
    assert 'href="/o/harrow/messages/"' in page
    assert "unread" not in page
