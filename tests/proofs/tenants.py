"""Nothing is read or written across tenants, by page and API, when the application's own filters are switched off: row
security alone holds.

Strangers with every role and permission knock at every address of another organisation, which opens for somebody of it.
No operation with another's id opens for them and nothing breaks; canary words and ids of the other's things are
searched in every answer (in the text of PDFs and inside archives too), and its rows are compared before and after. What
its own people fill in and send is sent by strangers too (`across`). The words are searched in the log, and in every
e-mail and text as well (`disclosed`). The twins run without row security, or say a word where none may stand.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from django.db import transaction
from django.db.models import QuerySet
from django.test import Client

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import current
from brokerage.core.tenants.managers import ScopedManager
from tests.api.table import routes
from tests.cast import PEOPLE, actor_of, user_of
from tests.isolation.api_world import STRANGERS, ApiWorld, build_api_world, owners
from tests.isolation.test_api import NOT_HERE as API_NOT_HERE
from tests.isolation.test_api import SHARED
from tests.isolation.test_urls import ALL as ADDRESSES
from tests.isolation.test_urls import ENTITLED, NOT_HERE
from tests.isolation.world import CANARIES, World, everything
from tests.pages.opened import people
from tests.proofs.across import CHANGED, Across, Books
from tests.proofs.attack import in_process
from tests.proofs.disclosed import BROKE, listening, search_letters, search_log, texting, told
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching
from tests.safeguarding import alerting
from tests.safeguarding.concerns import noting
from tests.signing_in import prove as prove_oneself

#: Words of what was reported, beside those of the isolation matrix.
SAID = (alerting.CANARY, noting.CANARY)
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
#: Tables of which Birch's rows are compared: what it keeps itself, and what its region knows of it. (The register of
#: homes is every central team's to keep, and each region has measures of its own.)
BIRCHS = """
SELECT table_name::text FROM information_schema.columns
WHERE column_name = 'provider_id' AND table_name ~ '^(providers|dpv)_' AND table_name <> 'providers_establishment'
"""
OF_ITS_REGION = "AND region_id = (SELECT region_id FROM dpv_vehicle WHERE code = 'T-RES')"


#: What `without_filters` takes away.
_REAL = [
    (thing, name, getattr(thing, name))
    for thing, name in (
        (QuerySet, "_filter_or_exclude_inplace"),
        (Actor, "require"),
        (Actor, "may"),
        (ScopedManager, "get_queryset"),
    )
]


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


@contextmanager
def with_filters() -> Iterator[None]:
    """The application as it is, inside `without_filters`."""
    with ExitStack() as stack:
        for thing, name, real in _REAL:
            stack.enter_context(mock.patch.object(thing, name, real))
        yield


def prove(play: Play) -> None:
    """The API, then the pages and their forms; each with its twin."""
    for name, prove_of in (("api", _prove_api), ("pages", _prove_pages)):
        place = play.place / name
        place.mkdir()
        with own_place(f"tenants_{name}", place) as database, watching(database) as watch:
            prove_of(play, watch)


def _prove_api(play: Play, watch: Watch) -> None:
    with listening((*CANARIES, *SAID)) as log:
        world = build_api_world()
        _sweep(play, watch, "API", _api(play, world), play.rounds, share=0.5)
    search_log(play, log)
    _twin(play, watch, "API", _twin_api(world))


def _prove_pages(play: Play, watch: Watch) -> None:
    with texting(), listening(CANARIES) as log:
        world = people().world
        clients = {who: _browser(who) for who in sorted({*STRANGE, *(owner for owner, _organisation in ENTITLED)})}
        pages, twins = _pages(play, world, clients)
        _sweep(play, watch, "page", pages, play.rounds, share=0.4)
        across = Across(play, world, clients, Books(watch), with_filters, (*CANARIES, *_secrets(world)))
        _sweep(play, watch, "form", across.knocks(), across.rounds, share=0.25)
        across.count()
        search_letters(play, watch, CANARIES)
    search_log(play, log)
    _twin(play, watch, "page", twins)
    _twin(play, watch, "form", across.some(WRITTEN), sign=CHANGED)


#: An owner gets a page or a file, or is told that this address is only posted to or that it is not the time.
OPENED = (200, 204, 304, 405, 409)
REFUSED = re.compile("permission denied for|violates row-level security policy")
#: Who knocks at pages.
STRANGE = ("edith", "alice", "nia", "carol", "wendy")
#: Forms that change something for a stranger too where no row security stops it.
WRITTEN = ("placements:referral_section", "placements:referral_publish", "placements:referral_extend")
#: Pages that tell what they show by row security alone.
TELLING = ("placements:referral_list", "placements:placement_list", "placements:placement")
#: What was knocked at, and what was answered with words that were searched: whatever of it was disclosed.
Knock = tuple[str, Callable[[], list[str]]]


def _sweep(
    play: Play, watch: Watch, kind: str, every: list[Knock], rounds: Callable[..., Iterator[int]], share: float
) -> None:
    play.random.shuffle(every)
    before = _digest(watch)
    with in_process() as faults, without_filters():
        # It says in its log what it would say, for whoever listens.
        logging.disable(logging.NOTSET)
        for number in rounds(len(every), share=share):
            what, knock = every[number % len(every)]
            known = len(faults)
            for found in knock():
                # Whom the application lets through, the database refuses: for this its filters are off.
                if found.startswith(BROKE) and _is_refusal(faults[known:]):
                    play.outcome.inputs["refused by the database alone"] += 1
                else:
                    play.violated(f"{what}: {found} {faults[-1][-600:] if faults[known:] else ''}")
            play.outcome.cases += 1
            if number % 25 == 0 or number == len(every) - 1:
                after = _digest(watch)
                changed = [table for table in before if before[table] != after[table]]
                play.require(not changed, f"{changed} of another organisation changed, last by {what}")
                before = after
    play.note(f"{min(number + 1, len(every))} of {len(every)} knocks by {kind}")


def _is_refusal(faults: list[str]) -> bool:
    return bool(faults) and all(REFUSED.search(fault) for fault in faults)


def _digest(watch: Watch) -> dict[str, Any]:
    """Each table's rows of Harrow, and of Birch, in one number."""
    harrow, birch = (str(actor_of(who).organisation_id) for who in ("oscar", "bob"))
    rows = [(table, f"{column} = %s", harrow) for table, column in OWN_ROWS.items()]
    for (table,) in watch.ask(BIRCHS):
        rows.append((table, f"provider_id = %s {OF_ITS_REGION if table.startswith('dpv_') else ''}", birch))
    return {
        table: watch.ask(f"SELECT count(*), sum(hashtext(t::text)) FROM {table} t WHERE {which}", whose)
        for table, which, whose in rows
    }


def _api(play: Play, world: ApiWorld) -> list[Knock]:
    knocks = []
    for route in routes():
        for owner in owners(route):
            opens = _owners_call(play, world, route, owner)
            for stranger in STRANGERS.values():
                knock = _api_knock(world, route, stranger, owner)
                knocks.append((f"{route} as {stranger}", _after(opens, knock)))
    return knocks


def _after(opens: Callable[[], None], knock: Callable[[], list[str]]) -> Callable[[], list[str]]:
    def knocked() -> list[str]:
        opens()
        return knock()

    return knocked


def _api_knock(world: ApiWorld, route: Any, stranger: str, owner: str) -> Callable[[], list[str]]:
    machine = world.machines[stranger]
    machine.browser.raise_request_exception = False
    is_shared = any(route.path.startswith(begin) and stranger in who for begin, who in SHARED.items())

    def knock() -> list[str]:
        response = world.knock(route, machine, owner)
        found = told(response, (*world.canaries, *world.secrets))
        return found if is_shared or not route.parameters else [*found, *_opened(response)]

    return knock


def _owners_call(play: Play, world: ApiWorld, route: Any, owner: str) -> Callable[[], None]:
    """The operation answers whoever its things belong to, as `tests/isolation/test_api.py` says; asked once, undone."""
    asked = route.name in API_NOT_HERE or f"{route.name} {owner}" in API_NOT_HERE

    def opens() -> None:
        nonlocal asked
        if asked:
            return
        asked = True
        machine = world.own(route, owner)
        machine.browser.raise_request_exception = False
        with with_filters(), transaction.atomic():
            status = world.knock(route, machine, owner).status_code
            transaction.set_rollback(True)
        play.outcome.cases += 1
        closed = status >= 500 or status in (401, 403, 404)
        play.require(not closed, f"{route} answers its own {owner} {status}, so that its refusals prove nothing")

    return opens


def _pages(play: Play, world: World, clients: dict[str, Client]) -> tuple[list[Knock], list[Knock]]:
    """Every page with every stranger; and those of lists and of single things, which tell without row security."""
    strangers = {who: clients[who] for who in STRANGE}
    owners_of = {organisation: clients[who] for who, organisation in ENTITLED}
    knocks, twins = [], []
    for address in ADDRESSES:
        if address.name in world.shared:
            continue
        opens = _owners_knock(play, world, address, owners_of)
        for who, organisation in sorted({*world.outsiders(address.name), ("nia", "newport")}):
            if who not in strangers or PEOPLE[who][1] != organisation:
                continue
            for method in ("get", "post"):
                knock = _page_knock(world, address, strangers[who], organisation, method)
                knocks.append((f"{address.name} as {who}, {method}", _after(opens, knock)))
                if address.name in TELLING and method == "get":
                    twins.append(knocks[-1])
    return knocks, twins


def _browser(who: str) -> Client:
    everything(who)
    client = Client(raise_request_exception=False)
    client.force_login(user_of(who))
    prove_oneself(client, who)
    return client


def _page_knock(world: World, address: Any, client: Client, organisation: str, method: str) -> Callable[[], list[str]]:
    def knock() -> list[str]:
        path = address.filled(organisation, world.values_for(address.name))
        # What the stranger said may be said back.
        secrets = [secret for secret in _secrets(world) if secret not in path]
        # That a page opens tells nothing: without permissions whoever shares a vehicle is shown its forms.
        return told(getattr(client, method)(path), (*CANARIES, *secrets))

    return knock


def _secrets(world: World) -> list[str]:
    """References of Harrow's that stand in lists, which name nobody."""
    routes_of = ("placements:referral", "placements:referral_check", "placements:placement", "contracts:agreement")
    return [str(world.values_for(name)["reference"]) for name in routes_of]


def _owners_knock(play: Play, world: World, address: Any, clients: dict[str, Client]) -> Callable[[], None]:
    """The same address opens for somebody whose it is, or its being closed to strangers proves nothing; looked at
    once, and what that leaves behind is undone."""
    asked = False

    def opens() -> None:
        nonlocal asked
        if asked or address.name in NOT_HERE:
            return
        asked = True
        values, answers = world.values_for(address.name), []
        for organisation, client in clients.items():
            with transaction.atomic():
                response = client.get(address.filled(organisation, values))
                transaction.set_rollback(True)
            answers.append(response.status_code)
            if response.status_code in OPENED or _is_sent_on(response):
                play.outcome.cases += 1
                return
        play.violated(f"{address.name} opens for nobody, so that its refusals prove nothing: {answers}")

    return opens


def _is_sent_on(response: Any) -> bool:
    return response.status_code == 302 and not response["Location"].startswith("/accounts/")


def _opened(response: Any) -> list[str]:
    """Another's thing was opened or done, whatever it says of it."""
    if 200 <= response.status_code < 300 or _is_sent_on(response):
        return [f"it opens ({response.status_code})"]
    return []


def _twin_api(world: ApiWorld) -> list[Knock]:
    return [
        (route.name, _api_knock(world, route, "edith", owner))
        for route in routes()
        if route.method == "get" and route.name.startswith(("list_referrals", "get_referral", "list_placements"))
        for owner in owners(route)
    ]


def _twin(play: Play, watch: Watch, kind: str, knocks: list[Knock], sign: str = "told ") -> None:
    """Without row security, and without the filters, a stranger reads on, and writes."""
    for table in OWN_ROWS:
        if table != "tenants_membership":
            watch.ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with in_process(), without_filters():
        found = {what: knock() for what, knock in knocks}
    seen = [what for what, problems in found.items() if any(each.startswith(sign) for each in problems)]
    play.twin(f"a stranger without row security, by {kind}", bool(seen))
