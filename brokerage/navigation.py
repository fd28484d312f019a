"""The service navigation of each kind of organisation, by what the actor may do."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokerage.core.web import OrganisationRequest, address
from brokerage.safeguarding.sections import sections

#: In place of an address: the first part of safeguarding that the actor may see.
SAFEGUARDING = "safeguarding"

#: In Welsh another word than a home in which people live.
FIRST_PAGE = pgettext_lazy("the first page", "Home")

#: (label, address, permissions of which one is needed)
ITEMS: dict[str, list[tuple[Any, str, tuple[str, ...]]]] = {
    "authority": [
        (FIRST_PAGE, "organisation_home", ()),
        (_("Referrals"), "placements:referral_list", ("referral.view", "referral.view_own")),
        (_("Search homes"), "placements:home_search", ("referral.match",)),
        (_("Approvals"), "contracts:approval_list", ("award.approve",)),
        (_("Agreements"), "contracts:agreement_list", ("agreement.view",)),
        (_("Placements"), "placements:placement_list", ("placement.view",)),
        (_("Safeguarding"), SAFEGUARDING, ()),
        (_("Spend"), "reports:spend", ("spend.view",)),
        (_("Vehicles"), "dpv:vehicle_list", ("dpv.view",)),
        (_("Imports"), "providers:import_list", ("import.placements",)),
        (_("People"), "tenants:people", ("people.manage",)),
    ],
    "associate": [
        (FIRST_PAGE, "organisation_home", ()),
        (_("Vehicles"), "dpv:vehicle_list", ("dpv.view",)),
        (_("People"), "tenants:people", ("people.manage",)),
    ],
    "central": [
        (FIRST_PAGE, "organisation_home", ()),
        (_("Vehicles"), "dpv:vehicle_list", ("dpv.view",)),
        (_("Providers"), "providers:provider_list", ("providers.verify", "dpv.view")),
        (_("Safeguarding"), SAFEGUARDING, ()),
        (_("Imports"), "providers:import_list", ("import.register", "import.prices")),
        (_("Market"), "reports:market", ("region.report", "dpv.manage")),
        (_("People"), "tenants:people", ("people.manage",)),
    ],
    "provider": [
        (FIRST_PAGE, "organisation_home", ()),
        (_("Inbox"), "placements:inbox", ("inbox.view",)),
        (_("Offers"), "placements:offer_list", ("offer.write",)),
        (_("Agreements"), "contracts:agreement_list", ("agreement.view",)),
        (_("Safeguarding"), SAFEGUARDING, ()),
        (_("Our homes"), "providers:own_establishments", ("profile.manage", "vacancy.manage", "inbox.view")),
        (_("People"), "tenants:people", ("people.manage",)),
    ],
    "host": [(FIRST_PAGE, "organisation_home", ())],
}


def items(request: OrganisationRequest) -> list[dict[str, Any]]:
    """The items the actor may use; the longest address that the page's begins with is the current one."""
    actor = request.actor
    found: list[dict[str, Any]] = []
    for label, name, permissions in ITEMS.get(actor.kind, []):
        if permissions and not actor.may(*permissions):
            continue
        if name == SAFEGUARDING:
            parts = sections(actor, request.path)
            if parts:
                found.append({"label": label, "url": parts[0]["url"], "current": False, "parts": parts})
            continue
        try:
            url = address(actor, name)
        except NoReverseMatch:
            continue
        found.append({"label": label, "url": url, "current": False})
    # Everything lies under the home page's address: that one is current only itself.
    home = address(actor, "organisation_home")
    matching = [
        item
        for item in found
        if request.path == item["url"]
        or item["url"] != home
        and request.path.startswith(item["url"])
        or any(part["current"] for part in item.get("parts", ()))
    ]
    if matching:
        max(matching, key=lambda item: len(item["url"]))["current"] = True
    return found
