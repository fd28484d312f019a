"""Our components have the very elements and classes of GOV.UK Frontend's own published examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.utils.safestring import SafeString

from brokerage.core import forms as govuk
from brokerage.core.pages.figures import Cell, Col, Table
from tests.pages.markup import Markup

OUTLINES = json.loads((Path(__file__).parent / "govuk_outlines.json").read_text())["outlines"]
LINK = "#"


class Example(forms.Form):
    """Fields in the states of the published examples; all are wrong when sent empty."""

    line = forms.CharField(label="Text")
    amount = govuk.MoneyField(label="Amount", required=False)
    choice = forms.ChoiceField(label="Choice", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect)
    hinted = forms.ChoiceField(
        label="Choice",
        required=False,
        choices=[("a", "A"), ("b", "B")],
        widget=govuk.Radios(hints={"a": "First", "b": "Second"}),
    )
    waste = forms.MultipleChoiceField(
        label="Waste",
        required=False,
        choices=[("animal", "A"), ("mines", "B"), ("farm", "C"), ("none", "None")],
        widget=govuk.Checkboxes(exclusive="none"),
    )
    detail = govuk.LongTextField(label="Detail", help_text="Hint", max_length=10)
    day = govuk.GovukDateField(label="Day", help_text="Hint")
    file = forms.FileField(label="File", help_text="Hint")
    lot = forms.ChoiceField(label="Lot", help_text="Hint", choices=[("1", "One"), ("2", "Two"), ("3", "Three")])
    secret = forms.CharField(label="Password", required=False, widget=forms.PasswordInput)


def drawn(source: str, **context: Any) -> str:
    return engines["django"].from_string("{% load pages %}" + source).render(context)


TASKS = [
    {"label": "A", "url": LINK, "status": "Completed", "done": True},
    {"label": "B", "url": LINK, "status": "x", "colour": "teal"},
    {"label": "C", "url": LINK, "hint": "Ensure", "status": "x", "colour": "magenta"},
    {"label": "D", "url": LINK, "status": "x", "colour": "blue"},
    {"label": "E", "url": LINK, "status": "x", "colour": "red"},
    {"label": "F", "url": "", "hint": "It will cost"},
]
CRUMBS = [{"label": text, "url": LINK} for text in "ABCD"]
PROBLEM = "{% include 'components/error_summary.html' with form=form %}"

COMPONENTS = {
    "button: default": "{% button 'Save' %}",
    "button: secondary": "{% button 'Save' variant='secondary' %}",
    "button: link": "{% button 'Save' href='/' %}",
    "button: start link": "{% button 'Save' href='/' variant='start' %}",
    "details: default": "{% details 'Help' %}Text{% end_details %}",
    "inset-text: default": "{% inset %}Text{% end_inset %}",
    "warning-text: default": "{% warning 'Text' %}",
    "panel: default": "{% panel 'Done' 'Text' %}",
    "breadcrumbs: default": "{% breadcrumbs crumbs %}",
    "task-list: with hint text and additional states": "{% task_list tasks %}",
    "pagination: default": "{% pagination page %}",
    "pagination: with prev and next only": "{% pagination previous_url='/p' next_url='/n' %}",
    "notification-banner: default": "{% notification 'Text' %}",
    "notification-banner: with type as success": "{% notification 'Text' 'success' %}",
    "tag: green": "{% status_tag 'signed' %}",
}

FIELDS = {
    "input: with error message": "line",
    "input: with prefix": "amount",
    "radios: with fieldset and error message": "choice",
    "checkboxes: with divider and None": "waste",
    "character-count: with hint and error": "detail",
    "date-input: with error message and hint": "day",
    "file-upload: with error message and hint": "file",
    "select: with hint text and error message": "lot",
    "password-input: default": "secret",
}


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_has_the_published_elements(name: str) -> None:
    html = drawn(COMPONENTS[name], crumbs=CRUMBS, tasks=TASKS, form=Example({}), page=Paginator(range(30), 10).page(2))
    ours = [line.replace(".govuk-breadcrumbs--collapse-on-mobile", "") for line in Markup(html).outline]
    theirs = OUTLINES[name]
    if name.startswith("pagination"):
        # Ours writes "Previous page" in full instead of hiding the second word.
        theirs = [line for line in theirs if line != "span.govuk-visually-hidden"]
    assert ours == theirs


@pytest.mark.parametrize("name", FIELDS)
def test_field_has_the_published_elements(name: str) -> None:
    html = str(Example({})[FIELDS[name]].as_field_group())
    assert Markup(html).outline == OUTLINES[name]


def test_hinted_radios_as_the_page_heading() -> None:
    html = drawn("{% field form.hinted size='l' heading=True %}", form=Example())
    assert Markup(html).outline == OUTLINES["radios: with hints on items"]


def test_error_summary_has_the_published_elements() -> None:
    class Two(forms.Form):
        one = forms.CharField()
        two = forms.CharField()

    ours = Markup(drawn(PROBLEM, form=Two({}))).outline
    assert ours == OUTLINES["error-summary: default"]


def test_table_has_the_published_elements_but_its_rows_have_heads() -> None:
    table = Table("Rates", ["Month", Col("A", numeric=True), Col("B", numeric=True)], [["January", "£1", "£2"]] * 3)
    html = drawn("{% data_table table %}", table=table)
    ours = [line for line in Markup(html).outline if "caption" not in line]
    theirs = [line for line in OUTLINES["table: with head"] if line != "td.govuk-table__cell"]
    assert [line for line in ours if line != "th.govuk-table__header"] == [
        line for line in theirs if line != "th.govuk-table__header"
    ]
    assert ours.count("th.govuk-table__header") == 4


@pytest.mark.parametrize("stacked", [True, False])
def test_what_stands_in_a_table_is_text(stacked: bool) -> None:
    rows = [["<b>one</b>", Cell("<i>two</i>", url='/"x')], [1, SafeString("<em>mine</em>")]]
    html = str(Table("Words", ["First", Col('Se"cond', numeric=True)], rows, stacked=stacked).body)
    assert (
        "&lt;b&gt;one&lt;/b&gt;" in html and '<a class="govuk-link" href="/&quot;x">&lt;i&gt;two&lt;/i&gt;</a>' in html
    )
    assert ">1</th>" in html and "<em>mine</em></td>" in html
    assert html.count('data-label="Se&quot;cond"') == (2 if stacked else 0)
    assert html.count("<tr") == html.count("</tr>") == 2
