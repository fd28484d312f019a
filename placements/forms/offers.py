"""The offer form: what is typed becomes `OfferAnswers`, and refusals go beside their fields. No rules here.

Its fields depend on what the release asks (a statement for each need), on the vehicle's rules (a solo uplift) and on
the provider's menu. Rows of extras are added and removed on the server, so that it works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.errors import ActionRefused, RuleBroken
from brokerage.core.money import money_text, pounds
from brokerage.core.vocabulary import Need
from placements.models import InvitedHousehold
from placements.offer_answers import LONGEST_TEXT, MOST_EXTRAS, Asked, ExtraAsked, OfferAnswers

ROWS = "extras"


class Redrawable(forms.Form):
    """A form that can be shown again as typed without complaining yet."""

    def __init__(self, *args: Any, is_redrawn: bool = False, **kwargs: Any) -> None:
        self.is_redrawn = is_redrawn
        super().__init__(*args, **kwargs)

    def full_clean(self) -> None:
        if self.is_redrawn:
            self._errors = ErrorDict(renderer=self.renderer)
            self.cleaned_data: dict[str, Any] = {}
            return
        super().full_clean()


class ExtraForm(Redrawable):
    """One extra from the menu."""

    code = forms.ChoiceField(label=_("Extra"), required=False)
    quantity_per_week = forms.DecimalField(
        label=_("How many a week"),
        required=False,
        min_value=0,
        max_digits=7,
        decimal_places=2,
        widget=govuk.Text(width=5, attrs={"inputmode": "decimal"}),
    )
    unit_rate = govuk.MoneyField(
        label=_("Price of one"), help_text=_("Leave empty for the price you tendered."), required=False
    )
    outcome = govuk.LongTextField(label=_("What it is to achieve"), max_length=LONGEST_TEXT, rows=2, required=False)
    starts_on = govuk.GovukDateField(label=_("First day"), required=False)
    ends_on = govuk.GovukDateField(label=_("Last day"), required=False)
    review_on = govuk.GovukDateField(label=_("Review on"), required=False)

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, Any]] = [("", _("Select an extra"))]
        for rate in asked.menu.values():
            words = _("%(service)s, up to %(price)s") % {"service": rate.label, "price": rate.price_text}
            choices.append((rate.code, words))
        self.fields["code"] = forms.ChoiceField(label=_("Extra"), required=False, choices=choices)
        self.order_fields(["code"])

    @property
    def position(self) -> int:
        """The number in the names of its fields."""
        return int(str(self.prefix).rpartition("-")[2])

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in self.fields)

    def asked_for(self) -> ExtraAsked:
        """The row as typed; what could not be read is left out."""
        given = self.cleaned_data
        return ExtraAsked(
            code=given.get("code") or "",
            quantity_per_week=given.get("quantity_per_week"),
            unit_rate=given.get("unit_rate"),
            starts_on=given.get("starts_on"),
            ends_on=given.get("ends_on"),
            review_on=given.get("review_on"),
            outcome=given.get("outcome") or "",
        )


class OfferForm(Redrawable):
    """One establishment's offer. `rows` are the forms of its extras, in the order shown."""

    household_id = forms.ChoiceField(label=_("Household"), required=False)
    weekly_core = govuk.MoneyField(label=_("Core weekly price"), per=_("a week"), required=False)
    children_together = forms.IntegerField(
        label=_("How many of the children would you take together?"),
        required=False,
        min_value=1,
        max_value=20,
        widget=govuk.Text(width=2, attrs={"inputmode": "numeric"}),
    )
    solo_uplift = govuk.MoneyField(label=_("Solo uplift"), per=_("a week"), required=False)
    solo_reason = govuk.LongTextField(
        label=_("Why nobody else may be placed"), max_length=LONGEST_TEXT, rows=3, required=False
    )
    starts_on = govuk.GovukDateField(label=_("First day the person could move in"), required=False)
    held_until = govuk.GovukDateTimeField(
        label=_("You hold this offer until"),
        help_text=_("A day and time after the closing time, for example 27 3 2027, 17:00."),
        required=False,
    )
    who_lives_there = govuk.LongTextField(
        label=_("Who lives there now?"),
        help_text=_("Ages and sex only, no names. If nobody does, say so."),
        max_length=LONGEST_TEXT,
        rows=3,
        required=False,
    )
    staffing = govuk.LongTextField(
        label=_("Who would care for the person?"),
        help_text=_("Staff or carers by day and by night, and who leads them."),
        max_length=LONGEST_TEXT,
        rows=4,
        required=False,
    )
    impact_on_residents = govuk.LongTextField(
        label=_("What would it mean for the people who live there?"),
        help_text=_("Your impact assessment in short. No names."),
        max_length=LONGEST_TEXT,
        rows=4,
        required=False,
    )
    conditions = govuk.LongTextField(
        label=_("Conditions (optional)"),
        help_text=_("Anything that must be so for this offer to stand."),
        max_length=LONGEST_TEXT,
        rows=3,
        required=False,
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        asked: Asked,
        households: Iterable[InvitedHousehold] = (),
        answers: OfferAnswers | None = None,
        is_redrawn: bool = False,
        row_positions: list[int] | None = None,
    ) -> None:
        self.asked = asked
        self.households = list(households)
        self.answers = answers or OfferAnswers()
        super().__init__(data, initial=_initial(self.answers), is_redrawn=is_redrawn)
        self._fit(self.households)
        self.rows = self._make_rows(data, row_positions)

    def _fit(self, households: list[InvitedHousehold]) -> None:
        asked = self.asked
        self.fields["weekly_core"].help_text = _(
            "Your ceiling is %(ceiling)s a week. The price may not be above it."
        ) % {"ceiling": pounds(asked.ceiling)}
        if asked.is_fostering and households:
            self.fields["household_id"] = forms.ChoiceField(
                label=_("Which household do you offer?"),
                required=False,
                widget=govuk.Radios(),
                choices=[(str(each.household_id), _household_label(each, asked)) for each in households],
            )
            self.order_fields(["household_id"])
        else:
            del self.fields["household_id"]
        if asked.siblings < 2:
            del self.fields["children_together"]
        if asked.rules.solo_uplift_max_percent:
            self.fields["solo_uplift"].help_text = _("At most %(percent)s%%. Leave empty unless it is needed.") % {
                "percent": f"{asked.rules.solo_uplift_max_percent.normalize():f}"
            }
        else:
            del self.fields["solo_uplift"], self.fields["solo_reason"]
        for need in asked.needs:
            self.fields[f"statements.{need}"] = govuk.LongTextField(
                label=Need(need).label,
                max_length=LONGEST_TEXT,
                rows=3,
                required=False,
                initial=self.answers.statements.get(need, ""),
            )

    def _make_rows(self, data: Mapping[str, Any] | None, positions: list[int] | None) -> list[ExtraForm]:
        if data is None:
            return [
                ExtraForm(prefix=f"{ROWS}-{position}", asked=self.asked, initial=_initial_extra(extra))
                for position, extra in enumerate(self.answers.extras)
            ]
        if positions is None:
            positions = row_positions(data)
        return [
            ExtraForm(data, prefix=f"{ROWS}-{position}", asked=self.asked, is_redrawn=self.is_redrawn)
            for position in positions
        ]

    def add_row(self) -> None:
        """An empty row at the end."""
        position = max((row.position for row in self.rows), default=-1) + 1
        self.rows.append(ExtraForm(prefix=f"{ROWS}-{position}", asked=self.asked))

    @property
    def statement_fields(self) -> list[Any]:
        return [self[f"statements.{need}"] for need in self.asked.needs]

    @property
    def all_forms(self) -> list[forms.Form]:
        return [self, *self.rows]

    @property
    def has_errors(self) -> bool:
        return any(form.errors for form in self.all_forms)

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(row.is_valid() for row in self.rows)])

    def given(self) -> OfferAnswers:
        """The answers as typed; what could not be read is left out."""
        values = getattr(self, "cleaned_data", {})
        household = values.get("household_id")
        return OfferAnswers(
            household_id=UUID(household) if household else None,
            weekly_core=values.get("weekly_core"),
            children_together=values.get("children_together") or 1,
            solo_uplift=values.get("solo_uplift"),
            solo_reason=values.get("solo_reason") or "",
            extras=tuple(row.asked_for() for row in self._filled_rows()),
            starts_on=values.get("starts_on"),
            held_until=values.get("held_until"),
            statements={need: values.get(f"statements.{need}") or "" for need in self.asked.needs},
            who_lives_there=values.get("who_lives_there") or "",
            staffing=values.get("staffing") or "",
            impact_on_residents=values.get("impact_on_residents") or "",
            conditions=values.get("conditions") or "",
        )

    def add_refusals(self, broken: Iterable[ActionRefused]) -> None:
        """Each refusal beside its field; `extras.<position>.<field>` goes to that row."""
        filled = self._filled_rows()
        for refusal in broken:
            form: forms.Form = self
            field = refusal.field or ""
            head, _dot, rest = field.partition(".")
            if head == ROWS and rest:
                position, _dot, field = rest.partition(".")
                if position.isdigit() and int(position) < len(filled):
                    form = filled[int(position)]
            known = field if field in form.fields else None
            form.add_error(known, ValidationError(str(refusal.message), code=refusal.code))

    def _filled_rows(self) -> list[ExtraForm]:
        return [row for row in self.rows if row.is_bound and row.is_valid() is not None and not row.is_blank]


def row_positions(data: Mapping[str, Any]) -> list[int]:
    """The rows that were sent, by their hidden markers; never more than may be asked for."""
    sent: list[str] = data.getlist(ROWS) if hasattr(data, "getlist") else list(data.get(ROWS, ()))
    found = {int(value) for value in sent if value.isascii() and value.isdigit() and len(value) < 4}
    return sorted(found)[: MOST_EXTRAS + 1]


def price_errors(form: OfferForm) -> list[str]:
    """What cannot be read of the amounts, for the price as it stands."""
    texts: list[Any] = []
    for name in ("weekly_core", "children_together", "solo_uplift"):
        texts += form[name].errors if name in form.fields else []
    for row in form.rows:
        for name in ("code", "quantity_per_week", "unit_rate"):
            texts += row[name].errors
    return [str(text) for text in texts]


def refusal_texts(broken: Iterable[RuleBroken]) -> list[str]:
    """The sentences of refusals."""
    return [str(refusal.message) for refusal in broken]


def _initial(answers: OfferAnswers) -> dict[str, Any]:
    return {
        "household_id": str(answers.household_id or ""),
        "weekly_core": answers.weekly_core,
        "children_together": answers.children_together,
        "solo_uplift": answers.solo_uplift,
        "solo_reason": answers.solo_reason,
        "starts_on": answers.starts_on,
        "held_until": answers.held_until,
        "who_lives_there": answers.who_lives_there,
        "staffing": answers.staffing,
        "impact_on_residents": answers.impact_on_residents,
        "conditions": answers.conditions,
    }


def _initial_extra(extra: ExtraAsked) -> dict[str, Any]:
    return {
        "code": extra.code,
        "quantity_per_week": "" if extra.quantity_per_week is None else f"{extra.quantity_per_week.normalize():f}",
        "unit_rate": "" if extra.unit_rate is None else money_text(extra.unit_rate),
        "outcome": extra.outcome,
        "starts_on": extra.starts_on,
        "ends_on": extra.ends_on,
        "review_on": extra.review_on,
    }


def _household_label(invited: InvitedHousehold, asked: Asked) -> Any:
    label: Any = invited.household.code
    if invited.miles is not None:
        label = _("%(code)s, %(miles)s miles away") % {"code": label, "miles": invited.miles}
    if unfit := asked.unfit.get(invited.household_id):
        label = _("%(household)s. Not available: %(problem)s") % {"household": label, "problem": unfit[1]}
    return label
