"""Every page of the URL table, opened by each kind of person in one world, with the queries that it asks.

The world is that of the isolation matrix with what its pages show besides: questions, papers, a declined invitation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from brokerage.core.tenants.actions import invite_person
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions.meetings import record_meeting
from dpv.actions.suspensions import suspend_admission
from placements.actions.clarifications import ask_clarification
from placements.actions.declines import decline_invitation
from placements.actions.documents import add_document
from placements.models import Placement
from tests import scenarios
from tests.benchmarks.plans import Watch
from tests.cast import TODAY, actor_of, ident
from tests.incidents.reporting import one_place_more
from tests.isolation.test_urls import ENTITLED, PREFIX, Address, named_paths
from tests.isolation.world import World, build_world, everything
from tests.journeys.visitors import client_of
from tests.pages.sent import Key, Sent

#: Who opens what: their organisation's pages, or those outside of all.
READERS = (*ENTITLED, ("oscar", ""), ("", ""))
API = "api/v1/"
#: A page of words alone.
PLAIN = "/privacy/"
REFUSALS = {403, 404, 405}
#: What parameters outside an organisation name.
OUTSIDE = {
    "colour": "1d70b8",
    "token": "x",
    "provider_id": "none",
    "pk": 1,
    "name": "list_referrals",
    "code": "x",
    "uidb36": "1",
    "key": "x",
}
#: Pages about the referral with a paper and a question.
PAPERS = (
    *("placements:document", "placements:opportunity"),
    *("placements:referral_documents", "placements:referral_questions"),
)
#: What a search is asked.
ASKED = {"placements:home_search": "?category=residential&age=14", "search": "?q=nothing"}
#: Statements that change something: a page that makes a first opening known asks less often the second time.
CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")


@dataclass(frozen=True)
class Answer:
    """One opening of a page: its status, its queries, how large its main part was, where it sends."""

    status: int
    queries: tuple[str, ...]
    size: int
    leads_to: str


@dataclass
class Everybody:
    """The world's people in front of their browsers. By page and person: the path, what was asked when it was opened
    first, and its answers each time that all was opened."""

    world: World
    clients: dict[str, Client]
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    first: dict[tuple[str, str], Answer] = field(default_factory=dict)
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    #: Statuses of who got no answer.
    refused: dict[str, set[int]] = field(default_factory=dict)
    #: Every form sent, each time that all was opened.
    sent: tuple[dict[Key, Sent], ...] = ()
    watch: Watch = field(default_factory=Watch)

    def ask(self, who: str, path: str) -> Answer:
        """Open it; the marks of a savepoint ask nothing and are not counted."""
        with CaptureQueriesContext(connection) as asked:
            response = self.clients[who].get(path)
            body = b"".join(response.streaming_content) if response.streaming else response.content
        if response.status_code != 200:
            # What it left to be said is said, and not by the page that is counted next.
            self.clients[who].get(PLAIN)
        queries = tuple(query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"][:17])
        main = body.partition(b"<main")[2] or body
        return Answer(response.status_code, queries, len(main), response.get("Location", ""))

    def open_all(self, watch: Watch | None = None) -> None:
        """Everybody opens every page once more; the first time every address, to see who gets an answer."""
        watch = watch or Watch()
        is_first = not self.paths
        for who, organisation in READERS if is_first else [(who, "") for who in self.clients]:
            # What a session notes at its first page is no page's own.
            self.clients[who].get(PLAIN)
            if is_first:
                for name, path in addressed(self.world, organisation):
                    self._open_first(name, who, path)
                continue
            for (name, reader), path in self.paths.items():
                if reader == who:
                    watch.reader, watch.page = who, f"{name} as {who or 'nobody'}"
                    self.answers[name, who].append(self.ask(who, path))

    def _open_first(self, name: str, who: str, path: str) -> None:
        answer = self.ask(who, path)
        if answer.status in REFUSALS or (name, who) in self.paths:
            self.refused.setdefault(name, set()).add(answer.status)
            return
        self.paths[name, who], self.first[name, who] = path, answer
        changes = any(CHANGES.match(sql) for sql in answer.queries)
        self.answers[name, who] = [self.ask(who, path) if changes else answer]
        if name.endswith(("_open", "_document", "certificate")) and answer.leads_to:
            self._open_first(resolve(answer.leads_to.partition("?")[0]).view_name, who, answer.leads_to)


def addressed(world: World, organisation: str) -> Iterator[tuple[str, str]]:
    """Every page with things of this world in its path: the organisation's, or those outside of all."""
    for name, path in named_paths():
        if organisation and path.startswith(PREFIX):
            filled = Address(name, path.removeprefix(PREFIX)).filled(organisation, world.values_for(name))
            yield name, filled + ASKED.get(name, "")
        elif not organisation and not path.startswith((PREFIX, API)):
            outside = Address(name, re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", path).replace("^", "").replace("$", ""))
            yield name, outside.filled("", OUTSIDE).removeprefix("/o/")


def people() -> Everybody:
    """The world, in the database that the connection names, and everybody signed in."""
    world = build_world()
    for who, _organisation in ENTITLED:
        everything(who)
    fill(world)
    clients = {who: client_of(who, proved=True) for who, _organisation in ENTITLED}
    return Everybody(world, {**clients, "": Client(headers={"host": "localhost"})})


def fill(world: World) -> None:
    """What pages show besides, and things at the moments in which pages ask for something."""
    paper = SimpleUploadedFile("plan.txt", b"Calm, steady adults.", "text/plain")
    # Room for somebody more: another home may be invited.
    one_place_more("birch-lodge")
    running = scenarios.invited("birch-house", "birch-lodge", who="oscar")
    waits = scenarios.drafted_offer("bob", story=scenarios.invited("birch-house", who="oscar"), home="birch-house")
    _story, offers = scenarios.chosen("birch-house", who="olive")
    award = scenarios.award(offers[0], who="olive")
    free, (best,) = scenarios.chosen("birch-house", who="oscar")
    with acting(actor_of("oscar")) as oscar:
        document = add_document(
            oscar, reference=running.reference, upload=paper, kind="care_plan", is_for_all_invited=True
        )
        alert = world.values_for("safeguarding:alert")["reference"]
        record_meeting(oscar, reference=alert, held_on=TODAY, chaired_by="A", attended="B", notes="C", decisions="D")
        lives = Placement.objects.filter(status="active").first()
        assert lives
    with acting(actor_of("bob")) as bob:
        ask_clarification(bob, release=running.releases["birch"].pk, question="Is there a bus to school?")
        decline_invitation(bob, invitation_id=running.invitations["birch-lodge"].pk, reason="risk")
    with acting(actor_of("carol")) as carol:
        suspended = {"admission": ident("admission cedar-house")}
        suspend_admission(carol, admission_id=suspended["admission"], reason="A visit.", review_on=TODAY)
    with acting(actor_of("adam")) as adam:
        invite_person(adam, email="new@harrow.example", name="Nobody yet", roles=["finance_officer"])
    found = {"reference": running.reference, "document": document.pk}
    world.own |= {
        **dict.fromkeys(PAPERS, found),
        "placements:offer_check": {"offer": waits.pk},
        "contracts:accept_offer": {"reference": free.reference, "offer": best.pk},
        "contracts:approval": {"award": award.pk},
        "placements:placement_end": {"reference": lives.reference},
        "contracts:award_take_back": {"award": award.pk},
        "dpv:admission_lift": suspended,
        "dpv:admission_review": suspended,
    }
