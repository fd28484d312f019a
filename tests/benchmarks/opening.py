"""Every page and operation of the URL table with things of a country in its address, and who opens them.

What a country has nothing of (alerts, concerns, events) is opened in the tests' own worlds instead.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
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
#: Times that one task asks for one thing, at most, where it is undone.
OFTEN = 50
#: Tasks that look through a table that grows from end to end, by the beginning of the scan as a watch tells it, and why
#: that is known.
LOOK_THROUGH = {
    "audit_outboxitem: brokerage.core.audit.tasks.purge_done: DELETE": "once a night; an index would cost every row of"
    " the day",
    "notifications_message: brokerage.core.notifications.tasks.purge_messages: DELETE": "once a night, as above",
}


@dataclass(frozen=True)
class Reader:
    """Who asks: in the name of which organisation (address and id), by what, and whether for pages or operations."""

    name: str
    slug: str
    own: str
    browser: Any
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
        found.append(Reader(who, actor.slug, str(actor.organisation_id), _browser(user_of(who))))
    found.append(Reader("provider", provider, str(provider_id), _browser(User.objects.get(pk=user_id))))
    harrow = actor_of("olive")
    found.append(Reader("system", harrow.slug, str(harrow.organisation_id), machine_of("olive"), is_machine=True))
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
    """Every reader opens everything, then each task of the workers comes; how many addresses answered."""
    answered = 0
    with _refusals_unsaid():
        for reader in readers(cursor, provider):
            for path in list(addresses_of(cursor, reader)):
                watch.reader, watch.page = reader.name, f"{path} as {reader.name}"
                response = reader.browser.get(path)
                if response.streaming:
                    b"".join(response.streaming_content)
                assert response.status_code < 500, f"{watch.page}: {response.status_code}"
                answered += response.status_code == 200
    tick(watch, spares=True)
    return answered


def send_all(watch: Watch, cursor: Any, provider: str) -> int:
    """Every person sends every form of these pages, filled in as a person would, and it is undone; how many forms."""
    from tests.pages.sent import Sender
    from tests.pages.typed import TYPED

    sender, pages = Sender({}, TYPED, watch), {}
    for reader in readers(cursor, provider):
        if not reader.is_machine:
            # Nobody proves themselves in the name of somebody whom the cast does not know.
            who = "" if reader.slug == provider else reader.name
            sender.clients[who] = reader.browser
            pages |= {(path, who): path for path in addresses_of(cursor, reader)}
    with _refusals_unsaid():
        return len(sender.send_all(pages))


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


def tick(watch: Watch, *, spares: bool = False) -> None:
    """Run each task of the schedule once. `spares`: one that comes less often than each second changes nothing."""
    from brokerage.celery import app

    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        watch.reader = watch.page = entry["task"]
        with _spared() if spares and not isinstance(entry["schedule"], float) else nullcontext():
            app.tasks[entry["task"]]()


class _Enough(BaseException):
    """Raised through a task that catches each exception of one organisation and goes on with the next."""


@contextmanager
def _spared() -> Iterator[None]:
    """Undo what is done here, and end it once it has asked for one thing `OFTEN`: with a large country a night takes
    long, and asks for the same of each authority, account and batch."""
    from django.db import connection, transaction

    asked: Counter[str] = Counter()

    def count(execute: Any, sql: str, *values: Any) -> Any:
        asked[sql] += 1
        if asked[sql] > OFTEN:
            raise _Enough
        return execute(sql, *values)

    with suppress(_Enough), transaction.atomic(), connection.execute_wrapper(count):
        yield
        transaction.set_rollback(True)


def unexcused(scans: Collection[str]) -> list[str]:
    """Of these scans, as a watch tells them, those without an excuse; and the excuses that none of them needs."""
    unused = [known for known in LOOK_THROUGH if not any(scan.startswith(known) for scan in scans)]
    return [
        *(scan for scan in scans if not scan.startswith(tuple(LOOK_THROUGH))),
        *(f"excused, and not needed: {known}" for known in unused),
    ]
