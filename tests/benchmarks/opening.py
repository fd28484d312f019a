"""Every page and operation of the URL table with things of a country in its address, and who opens them.

What a country has nothing of (alerts, concerns, events) is opened in the tests' own worlds instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.plans import Watch

_RELEASED = "SELECT reference FROM placements_release WHERE provider_id = %(own)s AND state = 'open' LIMIT 1"
_AGREED = "SELECT reference FROM contracts_agreement WHERE %(own)s IN (authority_id, provider_id) LIMIT 1"
_PLACED = "SELECT reference FROM placements_placement WHERE authority_id = %(own)s LIMIT 1"
_HOME = "SELECT id FROM providers_establishment ORDER BY provider_id = %(own)s DESC LIMIT 1"
_BOTH = "%(own)s IN (authority_id, provider_id) LIMIT 1"
#: What a parameter names in a country; %(own)s is the reader's organisation.
NAMED = {
    "reference": "SELECT reference FROM placements_referral WHERE authority_id = %(own)s AND status = 'placed'"
    " ORDER BY created_at DESC LIMIT 1",
    "offer": f"SELECT id FROM placements_offer WHERE {_BOTH}",
    "award": "SELECT id FROM placements_award WHERE authority_id = %(own)s LIMIT 1",
    "invitation": f"SELECT id FROM placements_invitation WHERE {_BOTH}",
    "release": f"SELECT id FROM placements_release WHERE {_BOTH}",
    "person": "SELECT id FROM placements_person WHERE authority_id = %(own)s LIMIT 1",
    "section": "SELECT 'needs'",
    "sheet": "SELECT 'lots'",
    "kind": "SELECT 'placements'",
    "code": "SELECT code FROM dpv_vehicle ORDER BY code LIMIT 1",
    "lot": "SELECT l.code FROM dpv_lot l JOIN dpv_vehicle v ON v.id = l.vehicle_id ORDER BY v.code, l.code LIMIT 1",
    "admission": "SELECT id FROM dpv_admission LIMIT 1",
    "item": "SELECT id FROM dpv_menuitem LIMIT 1",
    "establishment": _HOME,
    "home": _HOME,
    "household": "SELECT id FROM providers_carerhousehold LIMIT 1",
    "policy": "SELECT id FROM providers_insurance ORDER BY provider_id = %(own)s DESC LIMIT 1",
    "provider": "SELECT organisation_id FROM providers_provider LIMIT 1",
    "slug": "SELECT slug FROM tenants_region LIMIT 1",
    "gss_code": "SELECT gss_code FROM tenants_authorityprofile LIMIT 1",
    "message": "SELECT id FROM notifications_message WHERE organisation_id = %(own)s LIMIT 1",
}
#: The same where one name means different things: by the beginning of a page's name or an operation's address.
OWN = {
    "agreements/": {"reference": _AGREED},
    "contracts:agreement": {"reference": _AGREED},
    "opportunities/": {"reference": _RELEASED},
    "placements/": {"reference": _PLACED},
    "placements:opportunity": {"reference": _RELEASED},
    "placements:placement": {"reference": _PLACED},
    "providers:establishment": {"pk": _HOME},
    "providers:own_establishment": {"pk": _HOME},
    "providers:provider": {"pk": NAMED["provider"]},
    "tenants:membership": {"pk": "SELECT id FROM tenants_membership WHERE organisation_id = %(own)s LIMIT 1"},
}
#: A country has nothing that these name.
WITHOUT = (
    *("closures", "concerns", "dpv:measure_", "dpv:measure", "firewall", "incidents", "safeguarding", "voice"),
    *("alerts/", "complaints/", "findings/", "measures/", "suggestions/"),
)
#: What lists and searches are asked besides.
ASKED = {
    "placements:home_search": ("?category=residential&age=14",),
    "placements:placement_list": ("?status=active",),
    "placements:referral_list": ("?status=published", "?category=fostering&mine=on"),
}


@dataclass(frozen=True)
class Reader:
    """Who asks: in the name of which organisation (address and id), how, and by pages or operations."""

    name: str
    slug: str
    own: str
    get: Callable[[str], Any]
    is_machine: bool = False


def readers(cursor: Any, provider: str) -> list[Reader]:
    """An officer, a commissioner and a system of Harrow's, a central team, and whoever runs this provider."""
    from brokerage.core.accounts.models import User
    from tests.api.clients import client_of as machine_of
    from tests.cast import actor_of, user_of

    cursor.execute(
        "SELECT o.id, m.user_id FROM tenants_organisation o JOIN tenants_membership m ON m.organisation_id = o.id"
        " WHERE o.slug = %s LIMIT 1",
        [provider],
    )
    provider_id, user_id = cursor.fetchone()
    found = []
    for who in ("olive", "connie", "carol"):
        actor = actor_of(who)
        found.append(Reader(who, actor.slug, str(actor.organisation_id), _browser(user_of(who)).get))
    found.append(Reader("provider", provider, str(provider_id), _browser(User.objects.get(pk=user_id)).get))
    harrow = actor_of("olive")
    machine = machine_of("olive")
    found.append(Reader("system", harrow.slug, str(harrow.organisation_id), machine.get, is_machine=True))
    return found


def _browser(user: Any) -> Any:
    from django.test import Client

    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)
    return browser


def addresses_of(cursor: Any, reader: Reader) -> Iterator[str]:
    """Every GET of the URL table that the country has something for."""
    from tests.api.table import routes
    from tests.isolation.test_urls import ALL

    if reader.is_machine:
        for route in routes():
            if route.method == "get" and (values := _values(cursor, reader, route.path, route.parameters)) is not None:
                yield route.filled(values) + ("?limit=50" if route.operation.paged else "")
        return
    for address in ALL:
        if (found := _values(cursor, reader, address.name, address.parameters)) is not None:
            path = address.filled(reader.slug, found)
            yield from (path + asked for asked in ("", *ASKED.get(address.name, ())))


def _values(cursor: Any, reader: Reader, name: str, parameters: list[str]) -> dict[str, Any] | None:
    """What the parameters name, or None where the country has nothing of it."""
    said = dict(NAMED)
    for begin in sorted(OWN, key=len):
        if name.startswith(begin):
            said |= OWN[begin]
    if parameters and (name.startswith(WITHOUT) or not set(parameters) <= set(said)):
        return None
    values = {}
    for parameter in parameters:
        cursor.execute(said[parameter], {"own": reader.own})
        row = cursor.fetchone()
        if row is None:
            return None
        values[parameter] = row[0]
    return values


def open_all(watch: Watch, cursor: Any, provider: str) -> int:
    """Every reader opens everything, then every tick of the workers; how many addresses answered."""
    answered = 0
    with _refusals_unsaid():
        for reader in readers(cursor, provider):
            for path in list(addresses_of(cursor, reader)):
                watch.reader, watch.page = reader.name, f"{path} as {reader.name}"
                response = reader.get(path)
                if response.streaming:
                    b"".join(response.streaming_content)
                assert response.status_code < 500, f"{watch.page}: {response.status_code}"
                answered += response.status_code == 200
    tick(watch, every=1.0)
    return answered


@contextmanager
def _refusals_unsaid() -> Iterator[None]:
    """Everybody opens everything: that much of it is refused is no news. Faults are still told."""
    logger = logging.getLogger("django.request")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def tick(watch: Watch, *, every: float | None = None) -> None:
    """Run each task of the schedule once, or each that comes every so many seconds."""
    from brokerage.celery import app

    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        if every is None or entry["schedule"] == every:
            watch.reader = watch.page = entry["task"]
            app.tasks[entry["task"]]()
