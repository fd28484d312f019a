"""The frame of every page: title, language, skip link, navigation; error pages without a database."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from brokerage.core.pages import context
from brokerage.core.pages.glances import Glance
from tests.pages.markup import Markup

PUBLIC = ["/accessibility/", "/privacy/", "/cookies/"]
STATUSES = ["400", "403", "403_csrf", "404", "409", "429", "500"]


def no_glances(request: Any) -> list[Glance]:
    return []


def navigation(request: Any) -> list[dict[str, Any]]:
    return [{"label": "Home", "url": "/", "current": True}, {"label": "<Spend>", "url": "/spend", "current": False}]


ALERT = {"title": "Safeguarding alert", "text": "New concern", "url": "/alert"}


@pytest.fixture
def request_of_harrow(settings: Any, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.PAGE_NAVIGATION = f"{__name__}.navigation"
    settings.PAGE_ALERTS = f"{__name__}.no_glances"
    monkeypatch.setattr(context, "read", lambda glances: [2, [ALERT]])
    request = rf.get("/o/harrow/referrals/?page=2")
    request.session = SessionStore()
    request.user = AnonymousUser()
    request.actor = SimpleNamespace(
        name="Priya Shah", organisation_name="Harrow", slug="harrow", colour="#ffdd00", organisation_id=1, user_id=2
    )
    return request


def draw(request: Any, source: str = "{% block content %}{% endblock %}", **more: Any) -> str:
    source += "{% block message_count %}{% endblock %}"
    return engines["django"].from_string('{% extends "base.html" %}' + source).render(more, request)


def test_the_frame_carries_name_colour_navigation_and_alert(request_of_harrow: Any) -> None:
    html = draw(request_of_harrow, "{% block page_title %}Referrals{% endblock %}")
    markup = Markup(html)
    assert not markup.open_tags
    assert "<title>Referrals – Harrow – Placement brokerage</title>" in html
    assert 'href="/theme/ffdd00.css"' in html
    assert "Priya Shah" in html
    assert "&lt;Spend&gt;" in html
    assert "Safeguarding alert" in html
    assert [e for e in markup.elements if e.attributes.get("aria-current") == "true" and e.tag == "a"]


def test_the_first_thing_in_the_body_is_the_support_script(request_of_harrow: Any) -> None:
    elements = Markup(draw(request_of_harrow)).elements
    body = next(place for place, element in enumerate(elements) if element.tag == "body")
    assert elements[body + 1].tag == "script"
    assert "supported.js" in elements[body + 1].attributes["src"]
    assert elements[body + 2].attributes["href"] == "#main-content"


def test_the_title_begins_with_error_when_the_form_has_one(request_of_harrow: Any) -> None:
    from django import forms

    form = type("One", (forms.Form,), {"x": forms.CharField()})({})
    assert "<title>Error: " in draw(request_of_harrow, form=form)


@pytest.mark.parametrize("demo", [True, False])
def test_the_demonstration_says_so(request_of_harrow: Any, settings: Any, demo: bool) -> None:
    settings.DEMO = demo
    assert ("Every person, home and price here is invented" in draw(request_of_harrow)) is demo


def test_the_language_switch_comes_back_to_the_page(request_of_harrow: Any) -> None:
    html = draw(request_of_harrow)
    assert 'name="next" value="/o/harrow/referrals/?page=2"' in html
    with translation.override("cy"):
        html = draw(request_of_harrow)
    assert '<html lang="cy"' in html
    assert "Neidio i’r prif gynnwys" in html


def test_without_an_organisation_there_is_no_navigation(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    assert context.Frame(request).navigation == []
    assert "govuk-service-navigation__list" not in draw(request)


@pytest.mark.parametrize("status", STATUSES)
def test_error_pages_need_no_request_and_no_database(status: str) -> None:
    html = render_to_string(f"{status}.html")
    markup = Markup(html)
    assert not markup.open_tags
    assert "<h1" in html
    assert "<title>" in html


def test_a_refusal_shows_its_own_words() -> None:
    assert "Offers closed &lt;b&gt;" in render_to_string("409.html", {"message": "Offers closed <b>"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_public_pages_answer_in_both_languages(client: Client, path: str, language: str) -> None:
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == 200
    assert f'<html lang="{language}"' in response.text
    assert not Markup(response.text).open_tags


@pytest.mark.django_db
def test_the_cookies_page_names_the_cookies_that_are_set(client: Client, settings: Any) -> None:
    page = client.get("/cookies/").text
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME):
        assert name in page
    client.post("/i18n/setlang/", {"language": "cy", "next": "/cookies/"})
    assert set(client.cookies) <= {
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
    }
    assert "Cwcis" in client.get("/cookies/").text
