"""A provider's own profile: how to reach it, where it is registered. Its legal identity is the register's."""

from __future__ import annotations

from django.db import transaction

from brokerage.core.audit.record import record
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from providers.models import Provider


@transaction.atomic
def change_profile(
    actor: Actor,
    *,
    registered_address: str,
    contact_email: str,
    contact_phone: str,
    out_of_hours_phone: str,
) -> Provider:
    """Change the registered address and the contacts that authorities see."""
    actor.require("profile.manage")
    provider = Provider.objects.select_related("organisation").get(pk=actor.organisation_id)
    organisation: Organisation = provider.organisation
    contacts = {
        "contact_email": contact_email.strip(),
        "contact_phone": contact_phone.strip(),
        "out_of_hours_phone": out_of_hours_phone.strip(),
    }
    changed = sorted(name for name, value in contacts.items() if getattr(organisation, name) != value)
    for name in changed:
        setattr(organisation, name, contacts[name])
    if changed:
        organisation.save(update_fields=changed)
    if provider.registered_address != registered_address.strip():
        provider.registered_address = registered_address.strip()
        provider.save(update_fields=["registered_address"])
        changed.append("registered_address")
    if changed:
        record("provider.profile_changed", subject=provider, actor=actor, data={"fields": changed})
    return provider
