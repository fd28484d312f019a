"""Nothing is read or written across tenants, by page and API, when the application's own filters are switched off: row
security alone holds.

Strangers with every role and permission knock at every address of another organisation. Canary words and ids of the
other's things are searched in every answer, and its rows are compared before and after. The twin runs without row
security.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db.models import QuerySet
from django.test import Client

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import current
from brokerage.core.tenants.managers import ScopedManager
from tests.api.table import routes
from tests.cast import PEOPLE, actor_of, user_of
from tests.isolation.api_world import STRANGERS, ApiWorld, build_api_world, owners
from tests.isolation.test_urls import ALL as ADDRESSES
from tests.isolation.world import CANARIES, World, build_world, everything
from tests.proofs.attack import in_process
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching

#: Names by which the application filters for the organisation that acts.
TENANT = {
    f"{name}{end}"
    for name in ("authority", "provider", "organisation", "region")
    for end in ("", "_id", "__in", "__pk")
}
#: Harrow's and Birch's rows that no stranger may change.
OWN_ROWS = {
    "placements_referral": "authority_id",
    "placements_person": "authority_id",
    "placements_offer": "authority_id",
    "placements_award": "authority_id",
    "placements_placement": "authority_id",
    "placements_invitation": "authority_id",
    "contracts_agreement": "authority_id",
    "contracts_signature": "authority_id",
    "tenants_membership": "organisation_id",
}


@contextmanager
def without_filters() -> Iterator[None]:
    """No permission is asked, no manager asks for a context, and no query filters for the organisation that acts."""
    real = QuerySet._filter_or_exclude_inplace

    def unfiltered(self: Any, negate: bool, args: Any, kwargs: dict[str, Any]) -> Any:
        context = current()
        acting = str(context.organisation_id) if context else ""
        if not negate:
            kwargs = {
                name: value
                for name, value in kwargs.items()
                if not (name in TENANT and acting and acting in str(getattr(value, "pk", value)))
            }
        return real(self, negate, args, kwargs)

    with (
        mock.patch.object(QuerySet, "_filter_or_exclude_inplace", unfiltered),
        mock.patch.object(Actor, "require", lambda self, *_permissions: None),
        mock.patch.object(Actor, "may", lambda self, *_permissions: True),
        mock.patch.object(ScopedManager, "get_queryset", lambda self: super(ScopedManager, self).get_queryset()),
    ):
        yield


def prove(play: Play) -> None:
    """The API, then the pages; then the twin, on the API."""
    for name in ("api", "pages"):
        place = play.place / name
        place.mkdir()
        with own_place(f"tenants_{name}", place) as database, watching(database) as watch:
            if name == "api":
                world = build_api_world()
                _sweep(play, watch, _api(world), share=0.5)
                _twin(play, watch, world)
            else:
                _sweep(play, watch, _pages(), share=0.4)


#: What was knocked at, and what was answered with words that were searched: whatever of it was disclosed.
Knock = tuple[str, Callable[[], list[str]]]


def _sweep(play: Play, watch: Watch, every: list[Knock], share: float) -> None:
    play.random.shuffle(every)
    before = _digest(watch)
    with in_process(), without_filters():
        for number in play.rounds(len(every), share=share):
            what, knock = every[number % len(every)]
            for found in knock():
                play.violated(f"{what}: told {found}")
            play.outcome.cases += 1
            if number % 25 == 0 or number == len(every) - 1:
                after = _digest(watch)
                changed = [table for table in OWN_ROWS if before[table] != after[table]]
                play.require(not changed, f"{changed} of another organisation changed, last by {what}")
                before = after
    play.say(f"{min(number + 1, len(every))} of {len(every)} knocks")


def _digest(watch: Watch) -> dict[str, Any]:
    """Each table's rows of Harrow in one number."""
    harrow = str(actor_of("oscar").organisation_id)
    return {
        table: watch.ask(f"SELECT count(*), sum(hashtext(t::text)) FROM {table} t WHERE {column} = %s", harrow)
        for table, column in OWN_ROWS.items()
    }


def _api(world: ApiWorld) -> list[Knock]:
    return [
        (f"{route} as {stranger}", _api_knock(world, route, stranger, owner))
        for route in routes()
        for stranger in STRANGERS.values()
        for owner in owners(route)
    ]


def _api_knock(world: ApiWorld, route: Any, stranger: str, owner: str) -> Callable[[], list[str]]:
    machine = world.machines[stranger]
    machine.browser.raise_request_exception = False

    def knock() -> list[str]:
        return _told(world.knock(route, machine, owner), (*world.canaries, *world.secrets))

    return knock


def _pages() -> list[Knock]:
    world = build_world()
    clients = {}
    for who in ("edith", "alice", "nia", "carol"):
        everything(who)
        clients[who] = Client(raise_request_exception=False)
        clients[who].force_login(user_of(who), backend="allauth.account.auth_backends.AuthenticationBackend")
    return [
        (f"{address.name} as {who}, {method}", _page_knock(world, address, clients[who], who, organisation, method))
        for address in ADDRESSES
        if address.name not in world.shared
        for who, organisation in sorted({*world.outsiders(address.name), ("nia", "newport")})
        if who in clients and PEOPLE[who][1] == organisation
        for method in ("get", "post")
    ]


def _page_knock(
    world: World, address: Any, client: Client, who: str, organisation: str, method: str
) -> Callable[[], list[str]]:
    def knock() -> list[str]:
        path = address.filled(organisation, world.values_for(address.name))
        return _told(getattr(client, method)(path), CANARIES)

    return knock


def _told(response: Any, words: tuple[str, ...]) -> list[str]:
    body = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    said = bytes(body) + str(response.headers).encode()
    return [word for word in words if word.encode() in said]


def _twin(play: Play, watch: Watch, world: ApiWorld) -> None:
    """Without row security, and without the filters, a stranger reads on."""
    for table in OWN_ROWS:
        if table != "tenants_membership":
            watch.ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    caught = False
    with in_process(), without_filters():
        for route in routes():
            if route.method == "get" and route.name.startswith(("list_referrals", "get_referral", "list_placements")):
                for owner in owners(route):
                    caught = caught or bool(_api_knock(world, route, "edith", owner)())
    play.twin("a stranger without row security", caught)
