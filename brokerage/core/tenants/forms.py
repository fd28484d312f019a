"""Forms of an organisation's administrator."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from brokerage.core.forms import Checkboxes, GovukDateField, LongTextField, MoneyField, Radios, Text
from brokerage.core.tenants.actions import may_sign_by_machine, role_choices
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category


class RolesForm(forms.Form):
    """Roles and money limit."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=Checkboxes(),
        error_messages={"required": _("Choose at least one role")},
    )
    weekly_limit = MoneyField(
        label=_("May award alone up to"),
        help_text=_("Pounds a week. Leave empty if every award needs an approver."),
        per=_("per week"),
        required=False,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = self.fields["roles"]
        assert isinstance(roles, forms.MultipleChoiceField)
        roles.choices = role_choices(actor)
        if actor.kind != "authority":
            del self.fields["weekly_limit"]


class InviteForm(RolesForm):
    """Somebody new."""

    field_order = ["name", "email", "roles", "weekly_limit"]
    name = forms.CharField(label=_("Full name"), max_length=120, widget=Text(width=20))
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The invitation goes there, and they will sign in with it."),
        error_messages={"invalid": _("Enter an e-mail address like name@example.org")},
    )


class MembershipForm(RolesForm):
    """Somebody who belongs already."""

    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False, widget=Text(width=20))


class DelegationForm(forms.Form):
    """A dated permission to the region's hub."""

    central_team = forms.ModelChoiceField(
        label=_("Who may act for you"), queryset=Organisation.objects.none(), widget=Radios(), empty_label=None
    )
    starts_on = GovukDateField(label=_("From"))
    ends_on = GovukDateField(label=_("Until (leave empty if open)"), required=False)
    weekly_limit = MoneyField(label=_("May award up to"), per=_("per week"), required=False)
    categories = forms.MultipleChoiceField(
        label=_("For which kinds of home"),
        help_text=_("Choose none to delegate all of them."),
        choices=Category.choices,
        widget=Checkboxes(),
        required=False,
    )
    reason = LongTextField(label=_("Why"), max_length=1000, rows=3)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Organisation.objects.filter(runs_region__members__organisation_id=actor.organisation_id)
        field = self.fields["central_team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = teams.distinct()


class OrganisationForm(forms.ModelForm):
    """How the organisation shows itself."""

    colour = forms.CharField(
        label=_("Colour"),
        help_text=_("For example #00563f. It is darkened if white text could not be read on it."),
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter a colour like #00563f"))],
        widget=Text(width=10),
    )

    class Meta:
        model = Organisation
        fields = [
            "name_cy",
            "colour",
            "contact_email",
            "contact_phone",
            "out_of_hours_phone",
            "address",
            "machine_signing",
        ]
        labels = {
            "name_cy": _("Name in Welsh"),
            "contact_email": _("E-mail of the placements team"),
            "contact_phone": _("Telephone"),
            "out_of_hours_phone": _("Out-of-hours telephone"),
            "address": _("Address"),
            "machine_signing": _("Our API clients may sign agreements for us"),
        }
        help_texts = {
            "machine_signing": _(
                "Only a client with the scope agreements:sign. The agreement names the client and the person who owns "
                "it, who answers for the signature."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_sign_by_machine(self.instance.kind):
            del self.fields["machine_signing"]
