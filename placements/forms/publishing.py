"""Forms of a referral on its way to providers and while it runs. Rules are in the actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_REASON
from dpv.models import Lot
from placements.actions.running import MOST_MILES


def lot_choices(lots: Iterable[Lot]) -> list[tuple[str, str]]:
    """Lots with their vehicle, as checkboxes."""
    return [(str(lot.pk), f"{lot.vehicle.name}: {lot.name}") for lot in lots]


def put_choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Give a choice field what may be chosen this time."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


class LotsForm(forms.Form):
    """Which lots to look on."""

    lots = forms.MultipleChoiceField(
        label=_("Lots"),
        help_text=_("Select every lot that could meet the need. Each home is invited under its own vehicle’s terms."),
        widget=govuk.Checkboxes(),
        error_messages={"required": _("Select at least one lot")},
    )

    def __init__(self, *args: Any, lots: Iterable[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        put_choices(self, "lots", lot_choices(lots))


class PublishForm(forms.Form):
    """The last questions before a referral goes out."""

    left_out_reason = govuk.LongTextField(
        label=_("Why are some homes that could meet the need not invited?"),
        help_text=_("Kept as the record of equal treatment. Providers do not see it."),
        required=False,
        rows=3,
        max_length=1000,
    )
    restricted_reason = govuk.LongTextField(
        label=_("Why are restricted homes invited, and how are the conditions kept?"),
        help_text=_("Kept in your authority’s record. Do not write who the person is."),
        required=False,
        rows=3,
        max_length=1000,
    )
    closes_at = govuk.GovukDateTimeField(
        label=_("When must providers answer by?"),
        help_text=_("Nobody can make an offer after this moment."),
        error_messages={"required": _("Enter a closing date and time")},
    )
    is_sealed = govuk.YesNoField(
        label=_("Keep offers sealed until closing time?"),
        help_text=_("If you choose Yes, nobody in your organisation sees any offer before then."),
        initial="no",
    )

    def __init__(
        self,
        *args: Any,
        closes_at: dt.datetime,
        must_be_sealed: bool,
        left_out: int,
        restricted: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closes_at"].initial = closes_at
        if not left_out:
            del self.fields["left_out_reason"]
        if not restricted:
            del self.fields["restricted_reason"]
        if must_be_sealed:
            del self.fields["is_sealed"]


class InviteForm(forms.Form):
    """Why more homes are invited; which ones is ticked on the matching page."""

    reason = govuk.LongTextField(
        label=_("Why are more homes invited? (optional)"),
        help_text=_("Needed if one of them is restricted. Kept in your authority’s record. Providers do not see it."),
        required=False,
        rows=2,
        max_length=500,
    )


class ExtendForm(forms.Form):
    """A later closing time."""

    closes_at = govuk.GovukDateTimeField(
        label=_("New closing time"), error_messages={"required": _("Enter a closing date and time")}
    )
    reason = govuk.LongTextField(
        label=_("Why is more time needed?"),
        help_text=_("For your own record. Providers do not see it."),
        max_length=500,
        rows=2,
    )


class WidenForm(forms.Form):
    """A longer distance, more lots."""

    max_miles = forms.IntegerField(
        label=_("Furthest distance"),
        help_text=_("In miles, as the crow flies, from the middle of the postcode area."),
        required=False,
        min_value=1,
        max_value=MOST_MILES,
        widget=govuk.Text(attrs={"inputmode": "numeric"}, suffix=str(_("miles")), width=4),
    )
    lots = forms.MultipleChoiceField(label=_("More lots"), required=False, widget=govuk.Checkboxes())

    def __init__(self, *args: Any, lots: Iterable[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = lot_choices(lots)
        if choices:
            put_choices(self, "lots", choices)
        else:
            del self.fields["lots"]


class NoteForm(forms.Form):
    """What providers are told of an amendment."""

    note = govuk.LongTextField(
        label=_("What has changed?"),
        help_text=_("Everyone invited reads this. Do not write names, addresses or dates of birth."),
        max_length=1000,
        rows=3,
        error_messages={"required": _("Say what has changed, so that providers see it at once")},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class EndForm(forms.Form):
    """The end of a referral without a placement."""

    reason = govuk.LongTextField(
        label=_("Why does it end without a placement?"),
        help_text=_("For your own record. Providers are told only that it has ended."),
        max_length=1000,
        rows=3,
    )


class AnswerForm(forms.Form):
    """An answer for everyone invited."""

    published_question = govuk.LongTextField(
        label=_("The question, as everyone invited will see it"),
        help_text=_("Take out anything that tells which provider asked."),
        max_length=LONGEST_REASON,
        rows=3,
    )
    answer = govuk.LongTextField(
        label=_("Your answer"),
        help_text=_("Do not write names, addresses or dates of birth."),
        max_length=LONGEST_REASON,
        rows=4,
    )
