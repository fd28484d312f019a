"""Forms of incidents: reporting one, adding to it, each move of its life, narrowing the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.incidents.models import EPISODES, InterviewOutcome, Kind, Risk
from brokerage.safeguarding.incidents.queries import STATES, Resident

_ANY = ("", _("All"))
_KINDS = [
    (_("Not where they should be"), [(kind.value, kind.label) for kind in Kind if kind.value in EPISODES]),
    (_("To be notified"), [(kind.value, kind.label) for kind in Kind if kind.value not in EPISODES]),
]


class ReportForm(forms.Form):
    """Everything that a provider says of one event."""

    agreement = forms.ChoiceField(
        label=_("Who is it about?"),
        help_text=_(
            "By the reference of the agreement; N- stands for a stay without an agreement in this service. Only the"
            " authority that placed them is told."
        ),
        error_messages={"required": _("Choose who it is about")},
    )
    kind = forms.ChoiceField(
        label=_("What happened?"),
        choices=[("", _("Choose")), *_KINDS],
        error_messages={"required": _("Choose what happened")},
    )
    happened_at = govuk.GovukDateTimeField(
        label=_("When was it, or since when are they missing?"),
        error_messages={"required": _("Enter when it happened")},
    )
    risk = forms.ChoiceField(
        label=_("How much are they at risk?"),
        choices=Risk.choices,
        widget=govuk.Radios(inline=True),
        error_messages={"required": _("Choose how much the person is at risk")},
    )
    what_happened = govuk.LongTextField(
        label=_("What are the circumstances?"),
        help_text=_("Only the authority that placed them and your own people read this."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what happened")},
    )
    last_seen = govuk.LongTextField(
        label=_("If they are missing: where were they last seen, and what were they wearing?"),
        required=False,
        max_length=LONGEST,
        rows=3,
    )
    action_taken = govuk.LongTextField(
        label=_("What has been done so far?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say what has been done so far")},
    )
    police_told_at = govuk.GovukDateTimeField(label=_("When were the police told?"), required=False)
    police_reference = forms.CharField(label=_("Police reference"), required=False, max_length=60)
    known_at = govuk.GovukDateTimeField(
        label=_("When did you learn of it?"), help_text=_("Leave it empty if it was just now."), required=False
    )
    regulator_told_at = govuk.GovukDateTimeField(label=_("When was the regulator told?"), required=False)
    regulator_reference = forms.CharField(label=_("Regulator’s reference"), required=False, max_length=60)
    lado_told_at = govuk.GovukDateTimeField(label=_("When was the designated officer (LADO) told?"), required=False)
    lado_reference = forms.CharField(label=_("Designated officer’s reference"), required=False, max_length=60)
    others_told = govuk.LongTextField(label=_("Who else was told?"), required=False, max_length=LONGEST, rows=2)

    #: Drawn under "More details", which is open when one of them is wrong or filled.
    DETAILS = (
        *("known_at", "regulator_told_at", "regulator_reference", "lado_told_at", "lado_reference", "others_told"),
    )

    def __init__(self, data: Any = None, *, residents: Iterable[Resident] = (), initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        agreement = self.fields["agreement"]
        assert isinstance(agreement, forms.ChoiceField)
        agreement.choices = [("", _("Choose")), *((each.agreement_reference, called(each)) for each in residents)]

    @property
    def details(self) -> list[Any]:
        return [self[name] for name in self.DETAILS]

    @property
    def are_details_open(self) -> bool:
        typed = (name for name in self.data if name.startswith(self.DETAILS))
        return any(name in self.errors for name in self.DETAILS) or any(self.data.get(name) for name in typed)


class EntryForm(forms.Form):
    """An addition of either side; the authority may keep one to itself."""

    text = govuk.LongTextField(
        label=_("What do you want to add?"),
        help_text=_("Both sides read it."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Write what you want to add")},
    )
    is_internal = forms.BooleanField(label=_("Only our organisation reads this"), required=False)

    def __init__(self, data: Any = None, *, is_authority: bool) -> None:
        super().__init__(data)
        if not is_authority:
            del self.fields["is_internal"]


class ReturnForm(forms.Form):
    """When and how somebody came back."""

    returned_at = govuk.GovukDateTimeField(
        label=_("When did they return?"), error_messages={"required": _("Enter when they returned")}
    )
    returned_how = govuk.LongTextField(
        label=_("How did they return, and how are they?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say how they returned")},
    )
    was_harmed = govuk.YesNoField(
        label=_("Did they come to harm?"), error_messages={"required": _("Say whether they came to harm")}
    )
    harm = govuk.LongTextField(
        label=_("If so, what harm, or what is suspected?"), required=False, max_length=LONGEST, rows=3
    )


class WithdrawForm(forms.Form):
    """Why a report was a mistake."""

    reason = govuk.LongTextField(
        label=_("What was mistaken?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say what was mistaken")},
    )


class AcknowledgeForm(forms.Form):
    """That it was read, and what is done."""

    text = govuk.LongTextField(
        label=_("What will you do? (optional)"),
        help_text=_("The provider reads it."),
        required=False,
        max_length=LONGEST,
        rows=3,
    )


class FollowUpForm(forms.Form):
    """What the provider is to do."""

    text = govuk.LongTextField(
        label=_("What is the provider to do, and by when?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say what the provider is to do")},
    )


class OfferForm(forms.Form):
    """Who will do the return interview."""

    interview_by = forms.CharField(
        label=_("Who will do the return interview?"),
        help_text=_("Somebody independent of the home, such as the social worker or an advocacy service."),
        max_length=120,
        error_messages={"required": _("Say who will do the interview")},
    )


class SettleForm(forms.Form):
    """What came of it."""

    interview_outcome = forms.ChoiceField(
        label=_("Was the return interview done?"),
        choices=InterviewOutcome.choices,
        widget=govuk.Radios(inline=True),
        error_messages={"required": _("Say whether it was done or declined")},
    )
    interview_on = govuk.GovukDateField(
        label=_("On which day was it done or declined?"), error_messages={"required": _("Enter the day")}
    )


class CloseForm(forms.Form):
    """What came of the incident."""

    outcome = govuk.LongTextField(
        label=_("What came of it?"),
        help_text=_("The provider reads it."),
        max_length=LONGEST,
        rows=4,
        error_messages={"required": _("Say what came of it")},
    )


class IncidentFilter(forms.Form):
    """What the list is narrowed to."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[_ANY, ("episodes", _("Missing or away")), *Kind.choices]
    )
    state = forms.ChoiceField(
        label=_("Status"), required=False, choices=[_ANY, *((name, label) for name, (_rows, label) in STATES.items())]
    )
    home = forms.ChoiceField(label=_("Home"), required=False)
    since = govuk.GovukDateField(label=_("From"), required=False)
    until = govuk.GovukDateField(label=_("Until"), required=False)
    q = forms.CharField(label=_("Home or reference"), required=False, max_length=100)

    def __init__(self, data: Any, *, homes: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        home = self.fields["home"]
        assert isinstance(home, forms.ChoiceField)
        home.choices = [_ANY, *homes]


class ExportForm(forms.Form):
    """Which period of missing episodes goes into the file."""

    since = govuk.GovukDateField(label=_("From"), error_messages={"required": _("Enter the first day")})
    until = govuk.GovukDateField(label=_("Until"), error_messages={"required": _("Enter the last day")})


def called(resident: Resident) -> str:
    """A resident as the provider knows them: the agreement, the home, the authority. Never a name."""
    words = [resident.agreement_reference, resident.home, resident.authority_name]
    if resident.ended_on:
        words.append(_now("left on %(day)s") % {"day": day(resident.ended_on)})
    elif resident.started_on:
        words.append(_now("since %(day)s") % {"day": day(resident.started_on)})
    return ", ".join(word for word in words if word)
