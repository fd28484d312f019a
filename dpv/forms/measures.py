"""What is filled in about measures and appeals: shapes of input, no rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.forms.checked import CheckedForm
from brokerage.core.texts import LONGEST
from dpv.models import Lot, Measure, MeasureAppeal
from providers.queries.subjects import Subject

SHOW = [
    ("", _("All")),
    ("waiting", _("Waiting for a second person")),
    ("standing", _("In force")),
    ("review", _("To review within a week")),
    ("over", _("Lifted, refused or withdrawn")),
]


class MeasureFilter(forms.Form):
    """Narrows the list."""

    q = forms.CharField(label=_("Provider, home or reference"), required=False, max_length=80)
    show = forms.ChoiceField(label=_("Status"), required=False, choices=SHOW)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *Measure.Kind.choices])


class MeasureSubjectForm(forms.Form):
    """Words of the provider or home that it is about."""

    q = forms.CharField(label=_("Name of the provider or home, or URN"), max_length=80)


def _text(label: Any, help_text: Any = "", *, required: bool = True, error: Any = "", rows: int = 4) -> Any:
    return govuk.LongTextField(
        label=label,
        help_text=help_text,
        required=required,
        rows=rows,
        max_length=LONGEST,
        error_messages={"required": error or _("Enter the reason")},
    )


class ProposeForm(CheckedForm):
    """What is proposed about a provider or a home."""

    kind = forms.ChoiceField(
        label=_("What should happen?"),
        choices=[
            ("restrict", _("Restrict: invited and chosen only with a reason, on conditions")),
            ("suspend", _("Suspend: not invited, no offers, no awards, nothing signed, for now")),
            ("bar", _("Bar: the same, without an end in sight")),
        ],
        widget=govuk.Radios(),
        error_messages={"required": _("Choose what to do")},
    )
    covers = forms.ChoiceField(
        label=_("What does it cover?"),
        widget=govuk.Radios(),
        error_messages={"required": _("Choose what it covers")},
    )
    reason = _text(
        _("Reason"), _("Your colleagues and the region’s authorities read it, the provider does not. Name nobody.")
    )
    told_provider = _text(
        _("What is the provider told?"),
        _("It reads this as the reason, and may appeal. Do not say who raised a concern."),
        error=_("Say what the provider is told"),
    )
    conditions = _text(
        _("Conditions"),
        _("Of a restriction: on what it may be used. Of the others: what must happen before it is lifted."),
        required=False,
    )
    review_on = govuk.GovukDateField(label=_("Review on"), help_text=_("It holds until somebody lifts it."))
    alert_reference = forms.CharField(
        label=_("Safeguarding alert (optional)"), required=False, max_length=20, widget=govuk.Text(width=20)
    )
    is_urgent = forms.BooleanField(
        label=_("Somebody is in danger now: suspend at once, before a second person has confirmed it"), required=False
    )

    def __init__(self, *args: Any, subject: Subject, lots: Iterable[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        field = self.fields["covers"]
        assert isinstance(field, forms.ChoiceField)
        whole = _("All of %(provider)s, with every home") % {"provider": subject.provider_name}
        choices: list[tuple[str, Any]] = []
        if subject.establishment_id is not None:
            choices.append(("establishment", _("%(home)s, on every lot") % {"home": subject.name}))
        choices.extend(
            (
                f"lot:{lot.pk}",
                _("%(name)s on one lot: %(lot)s")
                % {"name": subject.name, "lot": f"{lot.vehicle.code} {lot.code}, {lot.name}"},
            )
            for lot in lots
        )
        field.choices = [*choices, ("provider", whole)] if choices else [("provider", whole)]
        if subject.establishment_id is None:
            field.choices = [("provider", whole), *choices]

    def facts(self) -> dict[str, Any]:
        """What `MeasureFacts` takes."""
        given = dict(self.cleaned_data)
        covers = given.pop("covers")
        home = self.subject.establishment_id
        return {
            **given,
            "provider_id": self.subject.provider_id,
            "establishment_id": home if covers != "provider" else None,
            "lot_id": UUID(covers.removeprefix("lot:")) if covers.startswith("lot:") else None,
        }


class DecideForm(CheckedForm):
    """The second person's decision on a proposal, or on a lift."""

    decision = forms.ChoiceField(
        label=_("Your decision"), widget=govuk.Radios(), error_messages={"required": _("Select what you decide")}
    )
    note = _text(_("Note"), _("Needed if you do not agree."), required=False, rows=3)

    def __init__(self, *args: Any, yes: Any, no: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("yes", yes), ("no", no)]


class LiftForm(CheckedForm):
    """Why it should be lifted, and what goes on after it."""

    note = _text(_("Why should it be lifted?"))
    lift_conditions = _text(
        _("Conditions after it is lifted (optional)"),
        _("For example: a visit each month for half a year. The provider reads them."),
        required=False,
        rows=3,
    )


class MeasureReviewForm(CheckedForm):
    """What a review found, the next one, and the conditions from now on."""

    note = _text(_("What the review found"))
    conditions = _text(_("Conditions from now on"), _("The provider reads them."), required=False, rows=3)
    review_on = govuk.GovukDateField(label=_("Next review on"))


class NoteForm(CheckedForm):
    """Why a proposal is taken back."""

    note = _text(_("Why do you take it back?"), rows=3)


class AppealForm(CheckedForm):
    """The provider's view."""

    text = _text(
        _("Why do you think the measure is wrong?"),
        _("The central team and the region’s authorities read it. Do not write who somebody is."),
        error=_("Say what you think of the measure"),
        rows=8,
    )


class AppealAnswerForm(CheckedForm):
    """The central team's answer."""

    outcome = forms.ChoiceField(
        label=_("What follows from it?"),
        choices=MeasureAppeal.Outcome.choices,
        widget=govuk.Radios(),
        error_messages={"required": _("Choose what follows from the appeal")},
    )
    answer = _text(_("Answer"), _("The provider reads it."), error=_("Enter the answer"))
