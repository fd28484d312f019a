"""Forms of safeguarding alerts: raising, answering, checking on people, deciding, closing, filtering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.forms.checked import CheckedForm
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.models import Kind, Severity
from brokerage.safeguarding.queries.lists import PLANS_MISSING, STATES
from brokerage.safeguarding.states import ALERT
from placements.models import Placement

_ANY = ("", _("All"))
FILE_HINT = _("PDF, Word, OpenDocument, text, JPEG or PNG. Take out what tells who a child is where you can.")


class SubjectForm(forms.Form):
    """The name of a provider or home. Not a person's."""

    q = forms.CharField(
        label=_("Provider, home or fostering household"),
        help_text=_("Part of the name, a registration number, or the code of a fostering household."),
        required=False,
        max_length=100,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
    )


class RaiseForm(CheckedForm):
    """Everything that whoever raises an alert says."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[("", _("Choose")), *Kind.choices],
        error_messages={"required": _("Choose what the alert is about")},
    )
    severity = forms.ChoiceField(
        label=_("How serious is it?"),
        choices=Severity.choices,
        widget=govuk.Radios(
            hints={"high": _("A second person decides before it is sent, unless somebody is in danger.")}
        ),
        error_messages={"required": _("Choose how serious it is")},
    )
    is_immediate_danger = forms.BooleanField(
        label=_("Somebody is in danger now"),
        help_text=_("Call 999 first. With this ticked the alert is sent at once, without a second person."),
        required=False,
    )
    what_happened = govuk.LongTextField(
        label=_("What happened?"),
        help_text=_("Facts: what, when, where. Name nobody, not even by initials."),
        max_length=LONGEST,
        rows=5,
        error_messages={"required": _("Say what happened")},
    )
    action_taken = govuk.LongTextField(
        label=_("What has been done so far?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say what has been done so far")},
    )
    regulator_reference = forms.CharField(label=_("Regulator’s reference"), required=False, max_length=60)
    regulator_told_on = govuk.GovukDateField(label=_("When was the regulator told?"), required=False)
    police_reference = forms.CharField(label=_("Police reference"), required=False, max_length=60)
    police_told_on = govuk.GovukDateField(label=_("When were the police told?"), required=False)
    lado_reference = forms.CharField(label=_("Designated officer’s (LADO) reference"), required=False, max_length=60)
    lado_told_on = govuk.GovukDateField(label=_("When was the designated officer told?"), required=False)
    told_provider = govuk.LongTextField(
        label=_("What may the provider read?"),
        help_text=_("Leave it empty and the provider is not told. It never reads what you wrote above."),
        required=False,
        max_length=LONGEST,
        rows=3,
    )
    attachments = govuk.MultipleFileField(label=_("Files (optional)"), help_text=FILE_HINT, required=False)

    #: Drawn under "More details", which is open when one of them is wrong or filled.
    DETAILS = (
        *("regulator_reference", "regulator_told_on", "police_reference", "police_told_on"),
        *("lado_reference", "lado_told_on"),
    )

    def ask_for_files_again(self) -> None:
        """Say that files are gone once the form comes back: no browser keeps them."""
        if self.is_bound and self.files and self.errors:
            self.add_error("attachments", ValidationError(_("Choose the files again"), code="choose_again"))

    @property
    def details(self) -> list[Any]:
        return [self[name] for name in self.DETAILS]

    @property
    def are_details_open(self) -> bool:
        typed = (name for name in self.data if name.startswith(("regulator_", "police_", "lado_")))
        return any(name in self.errors for name in self.DETAILS) or any(self.data.get(name) for name in typed)


class PlansForm(CheckedForm):
    """What will be done for each of our people there: a field for each (`plan_<placement id>`)."""

    def __init__(self, data: Any = None, *, people: Iterable[Placement] = ()) -> None:
        super().__init__(data)
        self.people = list(people)
        for placement in self.people:
            self.fields[f"plan_{placement.pk}"] = govuk.LongTextField(
                label=_now("What will you do for %(reference)s?") % {"reference": placement.reference},
                help_text=where_and_since(placement),
                max_length=LONGEST,
                rows=3,
                error_messages={
                    "required": _now("Say what will be done for %(reference)s") % {"reference": placement.reference}
                },
            )

    @property
    def plans(self) -> dict[UUID, str]:
        return {placement.pk: self.cleaned_data[f"plan_{placement.pk}"] for placement in self.people}


class AnswerForm(PlansForm):
    """What the organisation will do, and for each of its people there a plan."""

    response = govuk.LongTextField(
        label=_("What will your organisation do?"),
        help_text=_("Whoever raised the alert and the region’s central team read this. Name nobody."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what your organisation will do")},
    )


class CheckForm(forms.Form):
    """What was found when somebody looked after one of our people."""

    is_safe = govuk.YesNoField(label=_("Are they safe?"), error_messages={"required": _("Say whether they are safe")})
    found = govuk.LongTextField(
        label=_("What was found?"),
        help_text=_("Only your organisation reads this."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what was found")},
    )
    done_on = govuk.GovukDateField(
        label=_("When was it?"), error_messages={"required": _("Enter the day of the check")}
    )


class MeetingForm(CheckedForm):
    """A strategy meeting as it was held."""

    held_on = govuk.GovukDateField(
        label=_("When was it held?"), error_messages={"required": _("Enter the day of the meeting")}
    )
    chaired_by = forms.CharField(
        label=_("Who was in the chair?"),
        help_text=_("Role and organisation, such as “head of safeguarding, Harrow”. Name nobody."),
        max_length=160,
        error_messages={"required": _("Say who was in the chair, as role and organisation")},
    )
    attended = govuk.LongTextField(
        label=_("Who came?"),
        help_text=_("Organisations and roles, one a line. Name nobody."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say who came, as organisations and roles")},
    )
    notes = govuk.LongTextField(
        label=_("What was said?"),
        help_text=_("The central teams and councils with people there read this. Name nobody, not even by initials."),
        max_length=LONGEST,
        rows=6,
        error_messages={"required": _("Say what was said")},
    )
    decisions = govuk.LongTextField(
        label=_("What was decided?"),
        help_text=_("Who does what by when."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what was decided")},
    )
    next_on = govuk.GovukDateField(label=_("When is the next meeting?"), required=False)


class AlertFileForm(CheckedForm):
    """A file to add to an alert."""

    file = forms.FileField(
        label=_("Choose a file"),
        help_text=FILE_HINT,
        error_messages={"required": _("Choose a file"), "empty": _("This file is empty")},
    )


class ConfirmForm(forms.Form):
    """Nothing to say: the button says it."""


class DismissForm(CheckedForm):
    """Why an alert is not sent."""

    reason = govuk.LongTextField(
        label=_("Why is it not sent?"),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say why it is not sent")},
    )


class CloseForm(CheckedForm):
    """What came of a live alert."""

    outcome = govuk.LongTextField(
        label=_("What came of it?"),
        help_text=_("Everybody who was told reads this. Name nobody."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what came of it")},
    )


class AlertFilter(forms.Form):
    """What the list is narrowed to."""

    state = forms.ChoiceField(label=_("Status"), required=False)
    severity = forms.ChoiceField(label=_("How serious"), required=False, choices=[_ANY, *Severity.choices])
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[_ANY, *Kind.choices])
    q = forms.CharField(label=_("Home, provider or reference"), required=False, max_length=100)
    #: Keeps the list that is looked at when its filter is sent.
    show = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, is_raised: bool, has_people: bool = False) -> None:
        super().__init__(data)
        state = self.fields["state"]
        assert isinstance(state, forms.ChoiceField)
        if is_raised:
            state.choices = [_ANY, *ALERT.choices]
        else:
            known = ((name, label) for name, (_rows, label) in STATES.items() if has_people or name != PLANS_MISSING)
            state.choices = [_ANY, *known]
            del self.fields["show"]


def where_and_since(placement: Placement) -> str:
    """Where one of our people lives and since when, or from when: words without a name."""
    home = placement.establishment.name if placement.establishment else placement.provider_name
    if placement.household:
        home = f"{home}, {placement.household.code}"
    if placement.started_on:
        return _now("%(home)s, since %(day)s") % {"home": home, "day": day(placement.started_on)}
    return _now("%(home)s, to move in on %(day)s") % {"home": home, "day": day(placement.planned_start_on)}
