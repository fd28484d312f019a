"""The public pages for developers: every operation has one, whole, without scripts of its own, in plain markup."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from brokerage.api import document, markdown, reading
from brokerage.core.api.scopes import SCOPES
from tests.pages.markup import Markup

pytestmark = pytest.mark.django_db

PAGES = ("", "habits/", "operations/", "scopes/", "codes/", "events/")
NAMES = [operation["operationId"] for _path, _method, operation in document.operations_of(document.loaded())]


def page_of(path: str, language: str = "en") -> str:
    answer = Client().get(f"/developers/{path}", headers={"accept-language": language})
    assert answer.status_code == 200, path
    text = str(answer.text)
    assert not Markup(text).open_tags, path
    return text


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_open_to_everybody_in_both_languages(path: str, language: str) -> None:
    assert f'<html lang="{language}"' in page_of(path, language)


def test_the_footer_leads_there() -> None:
    assert 'href="/developers/"' in str(Client().get("/accessibility/").text)


def test_every_operation_is_listed_and_has_a_page_with_all_that_the_document_says() -> None:
    listed = page_of("operations/")
    for path, method, operation in document.operations_of(document.loaded()):
        name = operation["operationId"]
        assert f'href="/developers/operations/{name}/"' in listed
        text = unescape(page_of(f"operations/{name}/"))
        assert f"{method} /api/v1{path}" in text and operation["x-scope"] in text and operation["summary"] in text
        for parameter in operation.get("parameters", []):
            assert f"<code>{parameter['name']}</code>" in text, (name, parameter["name"])
        for code in operation["x-codes"]:
            assert f"<code>{code}</code>" in text, (name, code)


def test_an_operation_s_page_shows_fields_limits_choices_and_examples() -> None:
    found = reading.operation("create_referral", "https://brokerage.example")
    assert found is not None
    assert found.curl.startswith("curl \\\n  --request POST") and "Idempotency-Key" in found.curl
    assert json.loads(found.request_example) and json.loads(found.answer_example)
    assert any(field.required for field in found.body) and any(field.choices for field in found.body)
    assert {row["code"] for row in found.common} >= {"not_authenticated", "unknown_field"}
    lists = reading.operation("list_referrals", "https://brokerage.example")
    assert lists is not None
    assert "items[].reference" in {field.name for field in lists.answer}
    assert {"limit", "cursor"} <= {field.name for field in lists.parameters["query"]}


def test_a_command_names_the_file_it_sends() -> None:
    found = reading.operation("add_referral_document", "https://brokerage.example")
    assert found is not None
    assert "--data-binary @file.pdf" in found.curl and "Content-Disposition: attachment" in found.curl


def test_every_shape_can_be_laid_flat() -> None:
    for name in NAMES:
        found = reading.operation(name, "https://brokerage.example")
        assert found is not None
        for field in [*found.body, *found.answer]:
            assert field.kind, (name, field.name)


def test_scopes_and_codes_are_all_there() -> None:
    scopes, codes = page_of("scopes/"), page_of("codes/")
    assert all(f"<code>{scope}</code>" in scopes for scope in SCOPES)
    assert all(f"<code>{code}</code>" in codes for code in document.loaded()["x-codes"])


def test_an_unknown_operation_is_not_found() -> None:
    assert Client().get("/developers/operations/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a `b<c` **d** e", "a <code>b&lt;c</code> <strong>d</strong> e"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[x](https://example.org)", '<a class="govuk-link" href="https://example.org">x</a>'),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("number *n* and 3 * 4", "number <em>n</em> and 3 * 4"),
    ],
)
def test_text_becomes_no_other_markup(text: str, markup: str) -> None:
    assert markdown.inline(text) == markup


def test_blocks() -> None:
    html = markdown.html_of("One\ntwo\n\n- a\n  b\n- c\n\n```\n<x>  y\n```\n")
    assert re.findall(r"<(\w+)", html) == ["p", "ul", "li", "li", "pre", "code"]
    assert "<li>a b</li>" in html and "&lt;x&gt;  y" in html


def test_sections_have_anchors() -> None:
    found: list[Any] = markdown.sections_of("first\n\n## One effect\n\ntext")
    assert [(each.title, each.anchor) for each in found] == [("", ""), ("One effect", "one-effect")]
