"""The guard against naming a person in an alert: everybody told would read it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from brokerage.core.clock import database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import current
from placements.models import Placement
from placements.redaction import find_disclosures
from placements.states import PLACEMENT_LIVE

#: Finds that may be about the home or an office and not about a person: they can be confirmed as harmless.
HARMLESS_IF_CHECKED = frozenset({"name", "postcode", "phone", "email", "school", "address", "identifier"})
NAMES = _("Take out what may tell who a person is: “%(found)s”")
MAY_NAME = _("“%(found)s” may tell who a person is. Take it out, or say that you have checked that it does not")


def require_nobody_named(text: str, *, field: str, provider_id: UUID, is_checked: bool) -> None:
    """Refuse a text that tells who a person is (`names_a_person`): names of our own people living with the provider,
    birthdays and NHS numbers always, anything else that looks like a name or an address until somebody says that it
    was checked."""
    names = _names_of_ours(provider_id)
    ours = {name.casefold() for name in names}
    found = find_disclosures(text, known_names=names, on=database_today())
    for finding in found:
        is_known = any(part in ours for part in (finding.text.casefold(), *finding.text.casefold().split()))
        if is_known or not is_checked or finding.kind not in HARMLESS_IF_CHECKED:
            can_be_checked = not is_known and finding.kind in HARMLESS_IF_CHECKED
            raise RuleBroken("names_a_person", (MAY_NAME if can_be_checked else NAMES) % {"found": finding.text}, field)


def _names_of_ours(provider_id: UUID) -> list[str]:
    """What our own people living with the provider are called; nobody but an authority has any."""
    context = current()
    if context is None or context.actor is None or not context.actor.is_authority:
        return []
    people = Placement.objects.filter(provider_id=provider_id, status__in=PLACEMENT_LIVE).select_related("person")
    known: list[str] = []
    for placement in people[:300]:
        person = placement.person
        known += [person.full_name, person.known_as, person.given_name, person.family_name, *person.other_names]
    return [name for name in dict.fromkeys(known) if name]
