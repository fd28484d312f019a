"""Forms of whoever administers an organisation's API clients."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core.api.scopes import scopes_of
from brokerage.core.forms import Checkboxes, MoneyField, Text
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership


class ClientForm(forms.Form):
    """What a client is called, who answers for it, what it may do and how much it may award alone."""

    name = forms.CharField(
        label=_("Name of the client"),
        help_text=_("The system that will use it, for example “Case management”. It stands in the audit trail."),
        max_length=60,
        widget=Text(width=20),
        error_messages={"required": _("Enter what the client is called")},
    )
    owner = forms.ChoiceField(
        label=_("Who answers for it"),
        help_text=_("What the client does is done in this person’s name. It stops when they leave your organisation."),
        error_messages={"required": _("Choose a person of your organisation")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("Choose only what the system needs. The owner’s own roles make no difference."),
        widget=Checkboxes(small=True),
        error_messages={"required": _("Choose what the client may do")},
    )
    weekly_limit = MoneyField(
        label=_("May award alone or approve up to"),
        help_text=_("Pounds a week. Leave empty if a person must approve every award, and the client approves none."),
        per=_("per week"),
        required=False,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner, scopes = self.fields["owner"], self.fields["scopes"]
        assert isinstance(owner, forms.ChoiceField) and isinstance(scopes, forms.MultipleChoiceField)
        members = Membership.objects.filter(
            organisation_id=actor.organisation_id, is_active=True, user__is_active=True
        ).order_by("user__name", "user__email")
        owner.choices = [
            ("", _("Choose a person")),
            *((str(pk), f"{name} ({email})") for pk, name, email in _people(members)),
        ]
        offered = scopes_of(actor.kind)
        scopes.choices = [(code, scope.label) for code, scope in offered.items()]
        assert isinstance(scopes.widget, Checkboxes)
        scopes.widget.hints = {code: code for code in offered}
        if actor.kind != "authority":
            del self.fields["weekly_limit"]


def _people(members: Any) -> Any:
    return members.values_list("user_id", "user__name", "user__email")
