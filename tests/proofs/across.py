"""Forms of one organisation, filled in as its own people would and sent by strangers: to the same address, and to that
of the stranger's own organisation with the other's thing in it.

Everything is undone. What it changes is looked for inside its transaction, by a function of the superuser's that reads
past row security.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve

from tests.cast import PEOPLE, actor_of
from tests.isolation.test_urls import DENIED, ENTITLED
from tests.isolation.world import World
from tests.pages.opened import addressed
from tests.pages.sent import more_pages, view_of, ways_of
from tests.pages.typed import TYPED
from tests.proofs.disclosed import told
from tests.proofs.forms import Form, Typed, forms_of
from tests.proofs.play import Play
from tests.proofs.racing import Watch
from tests.signing_in import prove

#: Columns that say whose a row is.
WHOSE = ("authority_id", "organisation_id", "provider_id", "raised_by_id", "held_by_id", "announced_by_id")
CHANGED = "changed"
#: Who sends the owner's forms, besides those whom the isolation matrix keeps out: another region's council, and its
#: central team what a central team would.
ELSEWHERE = {"oscar": ("nia",), "bob": ("nia",), "alice": ("nia",), "carol": ("nia", "wendy")}
#: Forms by which anybody entitled tells others something, and the tables that tell it.
TELL = {
    "safeguarding:alert_raise": ("safeguarding_alert", "safeguarding_alertrecipient", "notifications_message"),
    "concerns:concern_new": ("concerns_concern",),
    "closures:closure_announce": (
        *("closures_closure", "closures_closurerecipient", "closures_closureresident", "notifications_message"),
    ),
}
#: The register of providers and homes is every central team's to keep.
REGISTER = {"providers:verify", "providers:unverify", "providers:oversight", "providers:registration"}
#: So many forms that do something for their owner are sent at least, and where all are sent: what nobody can carry out
#: proves nothing.
FEWEST, ALL = 20, 100


class Books:
    """The rows of organisations, each table in one number: as they stand in the transaction of this moment too."""

    def __init__(self, watch: Watch) -> None:
        self.owners = {str(actor_of(who).organisation_id): organisation for who, organisation in ENTITLED}
        listed = ", ".join(f"'{each}'" for each in self.owners)
        columns = watch.ask(
            "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name = ANY (%s)",
            list(WHOSE),
        )
        columns.append(("tenants_organisation", "id"))
        rows = " UNION ALL ".join(
            f"SELECT '{table}'::text, {column}::uuid, concat(count(*), ' ', sum(hashtext(t::text))) FROM {table} t"
            f" WHERE {column} IN ({listed}) GROUP BY {column}"
            for table, column in columns
        )
        watch.ask(
            "CREATE FUNCTION proof_books() RETURNS TABLE (book text, whose uuid, said text)"
            f" LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN QUERY {rows}; END $$"
        )
        watch.ask("GRANT EXECUTE ON FUNCTION proof_books() TO PUBLIC")
        self.before = self._read()

    def changed(self, *, but: str) -> list[tuple[str, str]]:
        """Tables, and who has rows there that are not what they were; but one's own."""
        now = self._read()
        return sorted(
            (table, self.owners[whose])
            for table, whose in now.keys() | self.before.keys()
            if self.owners[whose] != but and now.get((table, whose)) != self.before.get((table, whose))
        )

    def _read(self) -> dict[tuple[str, str], set[str]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM proof_books()")
            found: dict[tuple[str, str], set[str]] = {}
            for table, whose, said in cursor.fetchall():
                found.setdefault((table, str(whose)), set()).add(said)
        return found


@dataclass
class Across:
    """Whose forms are sent by whom, and what came of it: in the short form some, each by one stranger.

    `as_it_is` puts the application's own filters on; `words` are those that no stranger may read.
    """

    play: Play
    world: World
    clients: dict[str, Client]
    books: Books
    as_it_is: Callable[[], AbstractContextManager[None]]
    words: tuple[str, ...]
    #: Forms that were sent, the addresses of those that their owners carried out, and the pages looked at.
    known: set[tuple[str, str, str]] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.is_sample = self.play.short
        self.pages = {
            (name, who): path for who, organisation in ENTITLED for name, path in addressed(self.world, organisation)
        } | more_pages(self.world.values)

    def knocks(self) -> list[tuple[str, Callable[[], list[str]]]]:
        """Every page of everybody's, whose forms are sent."""
        return [(f"{name} as {who}", partial(self._page, who, path)) for (name, who), path in self.pages.items()]

    def some(self, names: Collection[str]) -> list[tuple[str, Callable[[], list[str]]]]:
        """Those of some addresses, sent by every stranger, whatever was sent before."""
        self.is_sample = False
        self.known.clear()
        return [(what, knock) for what, knock in self.knocks() if what.partition(" ")[0] in names]

    def rounds(self, many: int, *, share: float) -> Iterator[int]:
        """Numbers of pages while there is time, each once; on a busy machine until there were enough forms."""
        number = -1
        for number in self.play.rounds(many, share=share):
            yield number
            if number + 1 == many:
                return
        while len(self.done) < FEWEST and number + 1 < many:
            number += 1
            yield number

    def count(self) -> None:
        """The proof proves something."""
        done, least = len(self.done), ALL if len(self.looked) == len(set(self.pages.values())) else FEWEST
        self.play.require(done >= least, f"only {done} of the addresses that strangers posted to do anything")
        self.play.note(f"strangers sent the filled forms of {done} addresses that do something for their owners")

    def _page(self, who: str, path: str) -> list[str]:
        found: list[str] = []
        self.looked.add(path)
        for form in self._forms(who, path):
            for button, typed in ways_of(form, TYPED):
                key = (who, form.path, button)
                if key not in self.known:
                    self.known.add(key)
                    found += self._form(form, typed)
        return found

    def _forms(self, who: str, path: str) -> list[Form]:
        with self.as_it_is(), transaction.atomic():
            response = self.clients[who].get(path)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            transaction.set_rollback(True)
        if response.status_code != 200 or "html" not in response.get("Content-Type", ""):
            return []
        own = f"/o/{PEOPLE[who][1]}/"
        return [
            form
            for form in forms_of(body.decode(), who, path, with_bare=True)
            if form.method.lower() == "post" and form.path.startswith(own)
        ]

    def _form(self, form: Form, typed: Typed) -> list[str]:
        """Sent by its owner, then by strangers; of a sample only if its owner carries it out."""
        name = view_of(form.path)
        with self.as_it_is():
            status, changed, _problems = self._send(form, typed, form.who, form.path)
        if status < 400 and changed:
            self.done.add(name)
        elif self.is_sample:
            return []
        strangers = self._strangers(name, form.who)
        if self.is_sample:
            strangers = self.play.random.sample(strangers, min(len(strangers), 1))
        return [found for who in strangers for found in self._strange(form, typed, who)]

    def _strangers(self, name: str, owner: str) -> list[str]:
        outside = {who for who, organisation in self.world.outsiders(name) if PEOPLE[who][1] == organisation}
        shared = {"wendy"} if name in REGISTER else set()
        return sorted(({*outside, *ELSEWHERE[owner]} & self.clients.keys()) - {owner} - shared)

    def _strange(self, form: Form, typed: Typed, who: str) -> list[str]:
        """At the owner's address; at the stranger's own, where the database alone refuses; and there as it is."""
        theirs, own = (f"/o/{PEOPLE[each][1]}/" for each in (form.who, who))
        path = own + form.path.removeprefix(theirs)
        names_something = len(resolve(path.partition("?")[0]).kwargs) > 1 and view_of(path) not in self.world.shared
        found = self._found(form, typed, who, form.path, {404})
        found += self._found(form, typed, who, path, None)
        with self.as_it_is():
            refused = self._found(form, typed, who, path, DENIED if names_something else None)
        return [*found, *(f"as it is, {each}" for each in refused)]

    def _found(self, form: Form, typed: Typed, who: str, path: str, answers: Collection[int] | None) -> list[str]:
        """What a stranger's sending it to this path does that it must not."""
        status, changed, problems = self._send(form, typed, who, path)
        self.play.outcome.cases += 1
        self.play.outcome.inputs["filled forms sent by strangers"] += 1
        if answers and status not in answers:
            problems.append(f"answered {status}")
        problems += [f"{CHANGED} {table} of {whose}" for table, whose in changed]
        return [f"{problem}: the form of {form.who} sent by {who} to {path}" for problem in problems]

    def _send(self, form: Form, typed: Typed, who: str, path: str) -> tuple[int, list[tuple[str, str]], list[str]]:
        """The status, which rows of whose it changes beside the sender's own, and what it tells; undone."""
        client = self.clients[who]
        cookies = client.cookies.copy()
        cache.clear()
        but = "" if who == form.who else PEOPLE[who][1]
        # What is said may be said back.
        words = [word for word in self.words if word not in path + str(typed)]
        with transaction.atomic():
            prove(client, who)
            if form.has_file:
                response = client.post(path, {**typed, **_files(form)})
            else:
                encoded = urlencode(typed, doseq=True)
                response = client.post(path, encoded, content_type="application/x-www-form-urlencoded")
            problems = told(response, words)
            # What is beyond repair leaves nothing behind.
            changed = [] if connection.needs_rollback else self.books.changed(but=but)
            transaction.set_rollback(True)
        client.cookies = cookies
        return response.status_code, [each for each in changed if each[0] not in TELL.get(view_of(path), ())], problems


def _files(form: Form) -> Typed:
    return {
        each.name: [SimpleUploadedFile("paper.txt", b"Nothing but plain words.", "text/plain")]
        for each in form.controls
        if each.kind == "file"
    }
