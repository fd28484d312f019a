"""Forms around a referral: start, filter, copy, withdraw, siblings, the person's record, the disclosure check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.vocabulary import Category, Sex, Urgency
from placements.actions.disclosures import REASONS
from placements.actions.referrals import NewPerson
from placements.models import ReferralDocument
from placements.queries.disclosures import Disclosure
from placements.states import REFERRAL

KNOWN, NEW = "known", "new"


class IdentityFields(forms.Form):
    """Who a person is. Never part of an address or a log."""

    case_number = forms.CharField(
        label=_("Case number"), max_length=40, widget=govuk.Text({"autocomplete": "off"}, width=20)
    )
    given_name = forms.CharField(
        label=_("Given name"), max_length=80, widget=govuk.Text({"autocomplete": "off"}, width=20)
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=80, widget=govuk.Text({"autocomplete": "off"}, width=20)
    )
    known_as = forms.CharField(
        label=_("Known as (optional)"),
        max_length=80,
        required=False,
        widget=govuk.Text({"autocomplete": "off"}, width=20),
    )
    date_of_birth = govuk.GovukDateField(label=_("Date of birth"))
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices, widget=govuk.Radios(inline=True))
    home_postcode = forms.CharField(
        label=_("Home postcode (optional)"),
        required=False,
        max_length=10,
        help_text=_("The search is measured from its first half. Providers never see the rest."),
        widget=govuk.Text({"autocomplete": "off"}, width=10),
    )
    other_names = forms.CharField(
        label=_("Other names that must not slip out (optional)"),
        required=False,
        max_length=2000,
        help_text=_("Family, friends, carers: one on each line. The disclosure check looks for them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def names(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.cleaned_data.get("other_names", "").splitlines() if line.strip())


class PersonForm(IdentityFields):
    """Correct a person's record."""

    def changes(self) -> dict[str, Any]:
        return {**self.cleaned_data, "other_names": list(self.names())}


class NewReferralForm(IdentityFields):
    """Start a referral: for whom, what kind of home, how soon. `token` makes a second click harmless."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    who = forms.ChoiceField(
        label=_("Who is the referral for?"),
        choices=[(KNOWN, _("A person we know")), (NEW, _("Somebody new"))],
        widget=govuk.Radios(),
    )
    known_case_number = forms.CharField(
        label=_("Case number"), required=False, max_length=40, widget=govuk.Text({"autocomplete": "off"}, width=20)
    )
    category = forms.ChoiceField(
        label=_("What kind of home is needed?"), choices=Category.choices, widget=govuk.Radios()
    )
    urgency = forms.ChoiceField(label=_("When is it needed?"), choices=Urgency.choices, widget=govuk.Radios())
    social_worker = forms.ChoiceField(
        label=_("Social worker (optional)"),
        required=False,
        help_text=_("They can then read and help to write the draft."),
    )

    new_fields = tuple(IdentityFields.base_fields)

    def __init__(self, *args: Any, social_workers: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["social_worker"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("Nobody yet")), *social_workers]
        if not social_workers:
            del self.fields["social_worker"]
        if self.data.get("who") != NEW:
            for name in self.new_fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("who") == KNOWN:
            # Half-typed details of somebody new are kept on the page but are not what is asked.
            for name in self.new_fields:
                self.errors.pop(name, None)
            if not cleaned.get("known_case_number", "").strip():
                self.add_error("known_case_number", _("Enter the case number"))
        return cleaned

    def new_person(self) -> NewPerson | None:
        if self.cleaned_data["who"] != NEW:
            return None
        fields: dict[str, Any] = {name: self.cleaned_data[name] for name in self.new_fields if name != "other_names"}
        born: dt.date = fields.pop("date_of_birth")
        return NewPerson(date_of_birth=born, other_names=self.names(), **fields)


class ReferralFilter(forms.Form):
    """What the list shows."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *REFERRAL.choices])
    category = forms.ChoiceField(label=_("Kind of home"), required=False, choices=[("", _("All")), *Category.choices])
    mine = forms.BooleanField(label=_("Only mine"), required=False)


class WithdrawForm(forms.Form):
    """Why a referral is given up."""

    reason = govuk.LongTextField(
        label=_("Why is it withdrawn?"),
        help_text=_("Providers that were invited read this. Leave out who the person is."),
        max_length=1000,
        rows=3,
    )


class CopyForm(forms.Form):
    """For whom the copy is."""

    SAME, OTHER = "same", "other"
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    who = forms.ChoiceField(
        label=_("Who is the copy for?"),
        choices=[(SAME, _("The same person")), (OTHER, _("A brother or sister, or another person"))],
        widget=govuk.Radios(
            hints={
                SAME: _("All answers are copied, except dates."),
                OTHER: _("Only where and when, the right home and practicalities are copied."),
            },
            reveals={OTHER: "case_number"},
        ),
    )
    case_number = forms.CharField(
        label=_("Case number of the other person"),
        required=False,
        max_length=40,
        widget=govuk.Text({"autocomplete": "off"}, width=20),
    )
    as_sibling = forms.BooleanField(label=_("They are brothers or sisters: link the two referrals"), required=False)
    category = forms.ChoiceField(label=_("Kind of home"), choices=Category.choices, widget=govuk.Radios(small=True))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("who") == self.OTHER and not cleaned.get("case_number", "").strip():
            self.add_error("case_number", _("Enter the case number"))
        return cleaned


class SiblingForm(forms.Form):
    """Another referral to tie this one to."""

    reference = forms.CharField(
        label=_("Reference of a brother’s or sister’s referral"),
        help_text=_("For example, R-7K3M-9QX2."),
        max_length=20,
        widget=govuk.Text({"autocomplete": "off"}, width=20),
    )


class DocumentForm(forms.Form):
    """A paper to add."""

    kind = forms.ChoiceField(
        label=_("Kind of document"), choices=[("", _("Select one")), *ReferralDocument.Kind.choices]
    )
    readers = forms.ChoiceField(
        label=_("Who may read it?"),
        choices=[("shortlisted", _("Shortlisted providers only")), ("invited", _("Everyone invited"))],
        initial="shortlisted",
        widget=govuk.Radios(
            hints={"invited": _("Choose this only for papers without names, addresses or dates of birth.")}
        ),
    )
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        max_length=255,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("PDF, DOCX, ODT, PNG, JPG or TXT, up to %(limit)s MB.") % {
            "limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024
        }


class CheckForm(forms.Form):
    """The disclosure check: for each open find, whether it is harmless and why."""

    def __init__(self, finds: Sequence[Disclosure], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finds = {find.digest: find for find in finds}
        for digest in self.finds:
            short = digest[:12]
            self.fields[f"harmless_{short}"] = forms.BooleanField(label=_("Confirm it is harmless"), required=False)
            self.fields[f"reason_{short}"] = forms.ChoiceField(
                label=_("Why?"), required=False, choices=[("", _("Select a reason")), *REASONS]
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for digest in self.finds:
            short = digest[:12]
            if cleaned.get(f"harmless_{short}") and not cleaned.get(f"reason_{short}"):
                self.add_error(f"reason_{short}", _("Say why this is harmless"))
        return cleaned

    def reasons(self) -> dict[str, str]:
        """Digest -> reason of what was ticked."""
        return {
            digest: self.cleaned_data[f"reason_{digest[:12]}"]
            for digest in self.finds
            if self.cleaned_data.get(f"harmless_{digest[:12]}")
        }

    def rows(self) -> list[dict[str, Any]]:
        """Each find with its two fields."""
        return [
            {"find": find, "harmless": self[f"harmless_{digest[:12]}"], "reason": self[f"reason_{digest[:12]}"]}
            for digest, find in self.finds.items()
        ]
