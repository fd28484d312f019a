"""The form renderer: every error link lands on a control, every description exists, nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import engines
from django.test import override_settings
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from brokerage.core import forms as govuk
from brokerage.core.errors import NotNow, RuleBroken
from tests.pages.markup import Markup

CHOICES = [("today", "Today"), ("later", "Later"), ("other", "Something else")]


class Everything(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="Full name", help_text="As on the passport", max_length=50)
    email = forms.EmailField(label="Email address")
    price = govuk.MoneyField(label="Weekly price", per="per week")
    beds = forms.IntegerField(label="Beds", min_value=1)
    about = govuk.LongTextField(label="About", max_length=200)
    born = govuk.GovukDateField(label="Date of birth", help_text="For example, 27 3 2026")
    closes = govuk.GovukDateTimeField(label="Closing time")
    urgency = forms.ChoiceField(
        label="How urgent is it?", choices=CHOICES, widget=govuk.Radios(reveals={"other": "why"})
    )
    why = forms.CharField(label="Say why", required=False)
    needs = forms.MultipleChoiceField(label="Needs", choices=CHOICES, widget=govuk.Checkboxes(hints={"today": "Now"}))
    grouped = forms.ChoiceField(label="Grouped", choices=[("One", CHOICES[:2]), CHOICES[2]], widget=forms.RadioSelect)
    lot = forms.ChoiceField(label="Lot", choices=[("", "Choose"), *CHOICES])
    place = forms.ChoiceField(label="Place", choices=[("", ""), *CHOICES], widget=govuk.AutocompleteSelect)
    agree = forms.BooleanField(label="I have checked this")
    school = govuk.YesNoField(label="Is the child at school?")
    papers = govuk.MultipleFileField(label="Papers")
    secret = forms.CharField(label="Password", widget=forms.PasswordInput)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


PAGE = "{% load pages %}{% include 'components/error_summary.html' with form=form %}<form>{{ form }}</form>"


def page(form: forms.Form) -> Markup:
    return Markup(engines["django"].from_string(PAGE).render({"form": form}))


@pytest.mark.parametrize("prefix", [None, "first"])
@pytest.mark.parametrize("data", [{}, {"born_day": "31", "born_month": "2", "born_year": "2026"}])
def test_every_error_link_lands_on_a_control(prefix: str | None, data: dict[str, str]) -> None:
    named = {f"{prefix}-{key}" if prefix else key: value for key, value in data.items()}
    markup = page(Everything(named, prefix=prefix))
    links = [e.attributes["href"][1:] for e in markup.elements if e.tag == "a" and "href" in e.attributes]
    assert len(links) == 16
    assert {markup.by_id(name).tag for name in links} <= {"input", "select", "textarea"}
    assert not any(markup.by_id(name).attributes.get("type") == "hidden" for name in links)


@pytest.mark.parametrize("form", [Everything(), Everything({})], ids=["unbound", "bound"])
def test_ids_are_unique_and_every_reference_exists(form: forms.Form) -> None:
    markup = page(form)
    assert len(markup.ids) == len(set(markup.ids))
    for element in markup.elements:
        for name in element.attributes.get("aria-describedby", "").split():
            assert name in markup.ids
        if element.tag == "label":
            assert markup.by_id(element.attributes["for"]).tag in {"input", "select", "textarea"}
    assert not markup.open_tags


def test_hint_and_error_describe_the_control() -> None:
    markup = page(Everything({}))
    assert markup.by_id("id_name").attributes["aria-describedby"] == "id_name_helptext id_name_error"
    group = next(e for e in markup.elements if e.attributes.get("aria-describedby") == "id_urgency_error")
    assert group.tag == "fieldset"
    assert "aria-invalid" not in markup.by_id("id_urgency_0").attributes


def test_no_control_is_marked_required_for_the_browser() -> None:
    assert not any("required" in element.attributes for element in page(Everything()).elements)


def test_only_the_wrong_box_of_a_date_is_marked_and_linked() -> None:
    markup = page(Everything({"born_day": "3", "born_month": "4"}))
    assert "govuk-input--error" in markup.by_id("id_born_year").classes
    assert "govuk-input--error" not in markup.by_id("id_born_day").classes
    assert "#id_born_year" in [element.attributes.get("href") for element in markup.elements]


def test_what_was_typed_is_shown_again() -> None:
    typed = {
        "name": "Ann <b>",
        "price": "12.345",
        "born_day": "x",
        "born_month": "Sept",
        "closes_time": "sometime",
        "about": "two\r\nlines",
        "needs": "today",
        "urgency": "other",
        "why": "because",
    }
    markup = page(Everything(typed))
    assert markup.by_id("id_name").attributes["value"] == "Ann <b>"
    assert markup.by_id("id_price").attributes["value"] == "12.345"
    assert markup.by_id("id_born_day").attributes["value"] == "x"
    assert markup.by_id("id_born_month").attributes["value"] == "Sept"
    assert markup.by_id("id_closes_time").attributes["value"] == "sometime"
    assert "checked" in markup.by_id("id_urgency_2").attributes
    assert markup.by_id("id_why").attributes["value"] == "because"
    assert "two\r\nlines" in markup.html.replace("&#13;", "\r")


def test_a_revealed_field_is_drawn_once_under_its_option() -> None:
    markup = page(Everything())
    assert markup.ids.count("id_why") == 1
    assert markup.ids.index("id_urgency_2") < markup.ids.index("id_why") < markup.ids.index("id_needs_0")


def test_labels_and_values_are_escaped() -> None:
    class Hostile(forms.Form):
        field = forms.ChoiceField(label="<script>", choices=[("<i>", "<b>")], widget=govuk.Radios(hints={"<i>": "<u>"}))

    tags = {element.tag for element in page(Hostile({})).elements}
    assert not tags & {"script", "b", "i", "u"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("27", "3", "2026"), date(2026, 3, 27)),
        (("1", "April", "2026"), date(2026, 4, 1)),
        (("1", "sept", "2026"), date(2026, 9, 1)),
        (("1", "Ebrill", "2026"), date(2026, 4, 1)),
        ((" 9 ", "09", "1999"), date(1999, 9, 9)),
    ],
)
def test_dates_as_people_write_them(typed: tuple[str, str, str], expected: date) -> None:
    assert govuk.read_date(govuk.DateParts(*typed)) == expected


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (("", "3", "2026"), ("day",)),
        (("1", "", ""), ("month", "year")),
        (("1", "1", "26"), ("year",)),
        (("31", "2", "2026"), ("day", "month", "year")),
        (("²", "2", "2026"), ("day", "month", "year")),
        (("1", "foo", "2026"), ("day", "month", "year")),
        (("1", "13", "2026"), ("day", "month", "year")),
    ],
)
def test_wrong_dates_name_their_boxes(typed: tuple[str, str, str], wrong: tuple[str, ...]) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        govuk.read_date(govuk.DateParts(*typed))
    assert caught.value.params["parts"] == wrong


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("17:00", "17:00"),
        ("5pm", "17:00"),
        ("5.30 PM", "17:30"),
        ("12am", "00:00"),
        ("midday", "12:00"),
        ("5yh", "17:00"),
    ],
)
def test_times_as_people_write_them(typed: str, expected: str) -> None:
    assert f"{govuk.read_time(typed):%H:%M}" == expected


@pytest.mark.parametrize("typed", ["", "5", "25:00", "17:60", "13pm", "0am", "noonish", "１７:00"])
def test_times_that_are_none(typed: str) -> None:
    with pytest.raises(forms.ValidationError):
        govuk.read_time(typed)


def clean(field: forms.Field, **data: str) -> Any:
    form = type("One", (forms.Form,), {"x": field})(data)
    assert form.is_valid(), form.errors
    return form.cleaned_data["x"]


def test_a_date_may_come_as_one_iso_text() -> None:
    assert clean(govuk.GovukDateField(), x="2026-04-01") == date(2026, 4, 1)
    assert clean(govuk.GovukDateField(required=False), x_day="", x_month="", x_year="") is None


@override_settings(TIME_ZONE="Europe/London")
def test_a_moment_is_read_in_london_time() -> None:
    summer = clean(govuk.GovukDateTimeField(), x_day="1", x_month="7", x_year="2026", x_time="5pm")
    assert summer.astimezone(UTC) == datetime(2026, 7, 1, 16, tzinfo=UTC)


@override_settings(TIME_ZONE="Europe/London")
def test_the_hour_that_does_not_exist_is_refused() -> None:
    form = type("One", (forms.Form,), {"x": govuk.GovukDateTimeField()})(
        {"x_day": "29", "x_month": "3", "x_year": "2026", "x_time": "01:30"}
    )
    assert form.errors.as_data()["x"][0].code == "clocks"


def test_unchanged_dates_are_unchanged() -> None:
    form = type("One", (forms.Form,), {"x": govuk.GovukDateField()})(
        {"x_day": "1", "x_month": "4", "x_year": "2026"}, initial={"x": date(2026, 4, 1)}
    )
    assert not form.has_changed()


@pytest.mark.parametrize(("typed", "expected"), [("£1,234.50", "1234.50"), ("900", "900.00"), ("0", "0.00")])
def test_money_is_decimal(typed: str, expected: str) -> None:
    assert clean(govuk.MoneyField(), x=typed) == Decimal(expected)


@pytest.mark.parametrize("typed", ["NaN", "1e9", "-5", "12.345", "inf"])
def test_money_that_is_none(typed: str) -> None:
    form = type("One", (forms.Form,), {"x": govuk.MoneyField()})({"x": typed})
    assert not form.is_valid()
    assert Markup(str(form["x"])).by_id("id_x").attributes["value"] == typed


def test_optional_money_left_empty_is_nothing() -> None:
    assert clean(govuk.MoneyField(required=False), x="  ") is None


def test_a_line_end_counts_once() -> None:
    assert clean(govuk.LongTextField(max_length=3), x="a\r\nb") == "a\nb"


@pytest.mark.parametrize(("typed", "expected"), [("yes", True), ("no", False), ("", None)])
def test_yes_and_no(typed: str, expected: bool | None) -> None:
    assert clean(govuk.YesNoField(required=False), x=typed) is expected


def test_no_is_an_answer_to_a_required_question() -> None:
    assert clean(govuk.YesNoField(), x="no") is False
    bound = type("One", (forms.Form,), {"x": govuk.YesNoField()})(initial={"x": False})["x"]
    assert "checked" in Markup(str(bound.as_field_group())).by_id("id_x_1").attributes


def test_several_files() -> None:
    form_class = type("One", (forms.Form,), {"x": govuk.MultipleFileField()})
    files = [SimpleUploadedFile("a.pdf", b"a"), SimpleUploadedFile("b.pdf", b"b")]
    form = form_class({}, MultiValueDict({"x": files}))
    assert form.is_valid()
    assert [file.name for file in form.cleaned_data["x"]] == ["a.pdf", "b.pdf"]
    assert not form_class({}, MultiValueDict()).is_valid()


def test_a_refusal_stands_beside_its_field() -> None:
    form = Everything({"name": "x"})
    form.is_valid()
    govuk.add_refusal(form, RuleBroken("too_dear", "The price is over the ceiling", "price"))
    govuk.add_refusal(form, RuleBroken("elsewhere", "Not a field here", "nowhere"))
    govuk.add_refusal(form, NotNow("closed", "Offers have closed"))
    assert "The price is over the ceiling" in form.errors["price"]
    assert list(form.non_field_errors()) == ["Not a field here", "Offers have closed"]


def test_an_unanswered_field_says_what_to_do() -> None:
    form = Everything({})
    assert form["name"].error_texts == ["Enter full name"]
    assert form["urgency"].error_texts == ["Answer the question: How urgent is it?"]
    assert form["lot"].error_texts == ["Select an answer for “Lot”"]
    assert form["agree"].error_texts == ["Tick “I have checked this”"]


def test_own_required_messages_are_kept() -> None:
    form = type("One", (forms.Form,), {"x": forms.CharField(error_messages={"required": "Say who"})})({})
    assert form["x"].error_texts == ["Say who"]


def test_forms_speak_welsh() -> None:
    with translation.override("cy"):
        html = page(Everything({})).html
    assert "Mae problem" in html
    assert "Rhowch: Full name" in html
    assert 'data-i18n.characters-under-limit.other="Nodau sy’n weddill: %{count}"' in html
