"""Forms of the pages about webhooks: shapes of input only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core.api.models import ApiClient
from brokerage.core.forms import Checkboxes, GovukDateTimeField, Radios, Text
from brokerage.core.tenants.actors import Actor
from brokerage.core.webhooks import events
from brokerage.core.webhooks.actions import NEEDED_SCOPE


class WebhookForm(forms.Form):
    """Where to send, and what."""

    url = forms.CharField(
        label=_("Address"),
        help_text=_("A public address that starts with https://, such as https://cases.example.gov.uk/events"),
        max_length=500,
        widget=Text(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": _("Enter an address")},
    )
    description = forms.CharField(label=_("What it is for"), max_length=120, required=False, widget=Text(width=20))
    kinds = forms.MultipleChoiceField(
        label=_("Which events"), help_text=_("Choose none to send all of them."), widget=Checkboxes(), required=False
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField)
        kinds.choices = [(event.kind, event.label) for event in events.events(actor.kind)]


class NewWebhookForm(WebhookForm):
    """A webhook of one of the organisation's API clients."""

    field_order = ["client", "url", "description", "kinds"]
    client = forms.ChoiceField(
        label=_("API client"), widget=Radios(), error_messages={"required": _("Choose an API client")}
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        client = self.fields["client"]
        assert isinstance(client, forms.ChoiceField)
        client.choices = [(str(each.pk), each.name) for each in clients_of(actor)]


class ReplayForm(forms.Form):
    """From when on events are sent again."""

    since = GovukDateTimeField(label=_("Send again everything since"))


def clients_of(actor: Actor) -> list[ApiClient]:
    """The organisation's clients that may have webhooks."""
    standing = ApiClient.objects.filter(organisation_id=actor.organisation_id, revoked_at__isnull=True)
    return [client for client in standing.select_related("oauth") if NEEDED_SCOPE in client.scopes]
