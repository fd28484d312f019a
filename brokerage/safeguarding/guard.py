"""The guard against naming a person in an alert: everybody told would read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from brokerage.core.clock import database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import current
from placements.models import Placement
from placements.redaction import find_disclosures, find_known_names
from placements.states import PLACEMENT_LIVE

#: Finds that may be about the home or an office and not about a person: they can be confirmed as harmless.
HARMLESS_IF_CHECKED = frozenset({"name", "postcode", "phone", "email", "school", "address", "identifier"})
#: For so long after they left, people are still spoken of.
SPOKEN_OF = dt.timedelta(days=90)
NAMES = _("Take out what may tell who a person is: “%(found)s”")
MAY_NAME = _("“%(found)s” may tell who a person is. Take it out, or say that you have checked that it does not")


def require_nobody_named(text: str, *, field: str, provider_id: UUID, is_checked: bool) -> None:
    """Refuse a text that tells who a person is (`names_a_person`): names of our own people who live with the provider
    or did lately, birthdays and NHS numbers always, anything else that looks like a name or an address until somebody
    says that it was checked."""
    require_nobody_named_in({field: text}, provider_id=provider_id, is_checked=is_checked)


def require_nobody_named_in(texts: Mapping[str, str], *, provider_id: UUID, is_checked: bool) -> None:
    """As `require_nobody_named`, for texts by their fields. One query for any number of them."""
    today = database_today()
    ours = _names_of_ours(provider_id, today)
    for field, text in texts.items():
        if named := find_known_names(text, ours):
            raise RuleBroken("names_a_person", NAMES % {"found": named[0]}, field)
        for finding in find_disclosures(text, on=today):
            can_be_checked = finding.kind in HARMLESS_IF_CHECKED
            if not is_checked or not can_be_checked:
                words = MAY_NAME if can_be_checked else NAMES
                raise RuleBroken("names_a_person", words % {"found": finding.text}, field)


def _names_of_ours(provider_id: UUID, today: dt.date) -> list[str]:
    """What our own people are called who live with the provider or left it lately; nobody but an authority has any."""
    context = current()
    if context is None or context.actor is None or not context.actor.is_authority:
        return []
    lately = Q(status__in=PLACEMENT_LIVE) | Q(ended_on__gte=today - SPOKEN_OF)
    people = Placement.objects.filter(lately, provider_id=provider_id).select_related("person")
    known: list[str] = []
    for placement in people:
        person = placement.person
        known += [person.full_name, person.known_as, person.given_name, person.family_name, *person.other_names]
    return [name for name in dict.fromkeys(known) if name]
