"""Every text of safeguarding that others read is searched for names; the tick is asked for once something was found."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.guard import require_nobody_named
from dpv.actions.measure_appeals import appeal_measure
from dpv.actions.measures import propose_lift
from dpv.models import Measure
from placements.models import Placement
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import IN_A_MONTH, announced
from tests.dpv.measuring import SOON, in_force, proposed
from tests.safeguarding.alerting import raised
from tests.safeguarding.concerns.noting import complained, did, noted, suggestions_of, three_noted
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
#: What the search stops at although it is an office's.
OFFICE = "Ring the office on 020 7946 0018."


def _alert(who: str, tail: str, **changes: Any) -> tuple[str, str, str]:
    reference = raised(**changes).reference
    return who, f"alerts/{reference}/{tail}/", f"/alerts/{reference}"


def _suggestion() -> str:
    three_noted()
    return suggestions_of("carol")[0].reference


def _measure(who: str, act: str, *, then: Callable[[Measure], None] = lambda made: None) -> tuple[str, str, str]:
    """Carol's measure that holds, and the page of an act on it."""
    made = in_force(establishment_id=ident("birch-house"))
    then(made)
    return who, f"measures/{made.reference}/{act}/", f"/measures/{made.reference}"


def _to_lift(made: Measure) -> None:
    with acting(actor_of("carol")) as carol:
        propose_lift(carol, reference=made.reference, note="Better.")


def _appealed(made: Measure) -> None:
    with acting(actor_of("bob")) as bob:
        appeal_measure(bob, reference=made.reference, text="Both were awake.")


def _waiting_measure(who: str, act: str) -> tuple[str, str, str]:
    made = proposed(establishment_id=ident("birch-house"))
    return who, f"measures/{made.reference}/{act}/", f"/measures/{made.reference}"


def _complaint(act: str) -> tuple[str, str, str]:
    made = complained()
    if act == "answer":
        did("bob", "acknowledge_complaint", made)
    return "bob", f"concerns/complaints/{made.reference}/{act}/", f"/complaints/{made.reference}"


_REVIEWED = {"review_on_day": SOON.day, "review_on_month": SOON.month, "review_on_year": SOON.year}
_REVIEWED_THEN = {"review_on": SOON.isoformat()}
#: The page's address and its text, the operation's tail and body: who, what is begun.
CASES: dict[str, tuple[Callable[[], tuple[str, str, str]], str, dict[str, Any], str, dict[str, Any]]] = {
    "closing an alert": (lambda: _alert("tessa", "close"), "outcome", {}, "/close", {}),
    "not sending an alert": (lambda: _alert("tessa", "do-not-send", severity="high"), "reason", {}, "/dismiss", {}),
    "answering an alert": (lambda: _alert("olive", "answer"), "response", {}, "/answer", {}),
    "moving a closure's day": (
        lambda: ("carol", f"closures/{(c := announced()).reference}/another-day/", f"/closures/{c.reference}"),
        "change_note",
        {"closes_on_day": "14", "closes_on_month": "2", "closes_on_year": str(IN_A_MONTH.year + 1)},
        "/reschedule",
        {"closes_on": f"{IN_A_MONTH.year + 1}-02-14"},
    ),
    "withdrawing a closure": (
        lambda: ("carol", f"closures/{(c := announced()).reference}/not-closing/", f"/closures/{c.reference}"),
        "change_note",
        {},
        "/withdraw",
        {},
    ),
    "deciding on a concern": (
        lambda: ("tessa", f"concerns/notes/{(n := noted()).reference}/decide/", f"/concerns/{n.reference}"),
        "reason",
        {"decision": "look"},
        "/decide",
        {"decision": "look"},
    ),
    "deciding on a pattern": (
        lambda: ("carol", f"concerns/suggestions/{(s := _suggestion())}/decide/", f"/suggestions/{s}"),
        "reason",
        {"decision": "look"},
        "/decide",
        {"decision": "look"},
    ),
    "answering a complaint": (lambda: _complaint("answer"), "text", {}, "/answer", {}),
    "confirming a measure": (
        lambda: _waiting_measure("mark", "decide"),
        "note",
        {"decision": "yes"},
        "/decide",
        {"agree": True},
    ),
    "refusing a measure": (
        lambda: _waiting_measure("mark", "decide"),
        "note",
        {"decision": "no"},
        "/decide",
        {"agree": False},
    ),
    "taking a measure back": (lambda: _waiting_measure("carol", "withdraw"), "note", {}, "/withdraw", {}),
    "reviewing a measure": (lambda: _measure("mark", "review"), "note", _REVIEWED, "/review", _REVIEWED_THEN),
    "the conditions of a measure": (
        lambda: _measure("mark", "review"),
        "conditions",
        {**_REVIEWED, "note": "Seen."},
        "/review",
        {**_REVIEWED_THEN, "note": "Seen."},
    ),
    "lifting a measure": (lambda: _measure("mark", "lift"), "note", {}, "/lift", {}),
    "the conditions after a measure": (
        lambda: _measure("mark", "lift"),
        "lift_conditions",
        {"note": "Seen."},
        "/lift",
        {"note": "Seen."},
    ),
    "keeping a measure": (
        lambda: _measure("mark", "lift/decide", then=_to_lift),
        "note",
        {"decision": "no"},
        "/lift/decide",
        {"agree": False},
    ),
    "an appeal against a measure": (lambda: _measure("bob", "appeal"), "text", {}, "/appeal", {}),
    "the answer to an appeal": (
        lambda: _measure("mark", "appeal/answer", then=_appealed),
        "answer",
        {"outcome": "partly"},
        "/appeal/answer",
        {"outcome": "partly"},
    ),
    "a message about a complaint": (lambda: _complaint("message"), "text", {}, "/messages", {}),
}

#: Their text may be left empty: the act would be done.
OPTIONAL = {"confirming a measure", "the conditions of a measure", "the conditions after a measure"}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.mark.parametrize("case", CASES)
def test_a_page_asks_for_the_tick_once_the_search_has_stopped(case: str, sign_in: SignIn) -> None:
    begin, field, typed, _tail, _body = CASES[case]
    who, path, _resource = begin()
    path = f"/o/{actor_of(who).slug}/{path}"
    client = sign_in(who)
    assert "id_is_checked" not in client.get(path).content.decode()
    if case not in OPTIONAL:
        assert "id_is_checked" not in client.post(path, typed).content.decode(), "nothing was found yet"
    found = client.post(path, {**typed, field: OFFICE})
    assert found.status_code == 200 and "id_is_checked" in found.content.decode(), words(found)
    assert "020 7946 0018” may tell who a person is" in words(found)
    again = client.post(path, {**typed, field: OFFICE, "is_checked": "on"})
    assert again.status_code == 302, words(again)


@pytest.mark.parametrize("case", CASES)
def test_an_operation_takes_the_tick(case: str) -> None:
    begin, field, _typed, tail, body = CASES[case]
    who, _path, resource = begin()
    machine = client_of(who)
    refused = machine.post(resource + tail, {**body, field: OFFICE})
    assert (refused.status_code, refused.json()["code"]) == (422, "names_a_person"), refused.content
    assert refused.json()["field"] == field
    passed = machine.post(resource + tail, {**body, field: OFFICE, "is_checked": True})
    assert passed.status_code == 200, passed.content


def test_no_tick_lets_the_name_of_our_own_people_through() -> None:
    awarded("birch-house")
    alert = raised()
    with acting(actor_of("oscar")):
        name = Placement.objects.select_related("person").get().person.full_name
    with acting(actor_of("tessa")) as tessa:
        for is_checked in (False, True):
            with pytest.raises(RuleBroken, match="Take out"):
                close_alert(tessa, reference=alert.reference, outcome=f"{name} has moved.", is_checked=is_checked)
        close_alert(tessa, reference=alert.reference, outcome=f"Nobody was hurt on {TODAY:%A}.")


def test_names_of_our_people_are_found_with_underscores_and_for_a_while_after_they_left() -> None:
    awarded("birch-house")
    alert = raised()
    with acting(actor_of("oscar")):
        person = Placement.objects.select_related("person").get().person

    def refuses(text: str) -> bool:
        with acting(actor_of("tessa")):
            try:
                require_nobody_named(text, field="outcome", provider_id=alert.provider_id, is_checked=True)
            except RuleBroken as refused:
                return "Take out" in str(refused.message)
            return False

    written = f"See {person.given_name}_{person.family_name}."
    assert refuses(written) and refuses(f"See {person.family_name}_notes.")
    for days, is_ours in ((80, True), (100, False)):
        gone = TODAY - dt.timedelta(days=days)
        with acting(actor_of("oscar")):
            changed = Placement.objects.filter(person=person)
            assert changed.update(status="ended", started_on=gone - dt.timedelta(days=9), ended_on=gone) == 1
        assert refuses(written) is is_ours


@pytest.mark.parametrize("field", ["reason", "told_provider", "conditions"])
def test_what_is_proposed_names_nobody(field: str, sign_in: SignIn) -> None:
    client, machine = sign_in("carol"), client_of("carol")
    page = f"/o/west-london-central/measures/new/?provider={ident('birch')}"
    typed = {
        "kind": "suspend",
        "covers": "provider",
        "reason": "Nobody was awake.",
        "told_provider": "We found nobody awake.",
        **_REVIEWED,
        field: OFFICE,
    }
    found = client.post(page, typed)
    assert found.status_code == 200 and "id_is_checked" in found.content.decode(), words(found)
    body = {name: value for name, value in typed.items() if name not in ("covers", *_REVIEWED)}
    body = {**body, **_REVIEWED_THEN, "provider_id": str(ident("birch"))}
    refused = machine.post("/measures", body)
    assert (refused.json()["code"], refused.json()["field"]) == ("names_a_person", field)
    assert client.post(page, {**typed, "is_checked": "on"}).status_code == 302
    again = machine.post("/measures", {**body, "kind": "bar", "is_checked": True})
    assert again.status_code == 201, again.content


def test_the_name_of_a_file_names_nobody(sign_in: SignIn) -> None:
    awarded("birch-house")
    alert = raised(who="olive")
    with acting(actor_of("oscar")):
        person = Placement.objects.select_related("person").get().person
    client = sign_in("olive")
    page = f"/o/harrow/alerts/{alert.reference}/files/new/"

    def sent(name: str, **typed: str) -> Any:
        return client.post(page, {"file": SimpleUploadedFile(name, b"Two adults.", "text/plain"), **typed})

    ours = f"{person.given_name}_{person.family_name}.txt"
    for typed in ({}, {"is_checked": "on"}):
        assert "Take out" in words(sent(ours, **typed))
    assert "id_is_checked" in sent("notes of Mr Smith.txt").content.decode()
    assert sent("notes of Mr Smith.txt", is_checked="on").status_code == 302
    assert sent("rota.txt").status_code == 302
