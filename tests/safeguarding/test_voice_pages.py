"""Pages and acts of leads: reading is recorded, answers are given, posters name no home, the provider stays outside."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.http import Http404
from django.test import Client

from brokerage.core.audit.models import Entry as AuditEntry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.voice import actions, codes, speaking
from brokerage.safeguarding.voice.models import Code, Message
from tests.cast import actor_of, ident
from tests.safeguarding.voices import CANARY, SAID, code_for, routed, said, the_message

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
LIST = "/o/harrow/voice/"


def page_of(message: Message, tail: str = "", slug: str = "harrow") -> str:
    return f"/o/{slug}/voice/{message.reference}/{tail}"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_reading_is_recorded_and_answering_reaches_the_writer(sign_in: SignIn) -> None:
    receipt = said(code_for().code, is_in_danger=True)
    client, message = sign_in("tessa"), the_message()
    listed = client.get(LIST).content.decode()
    assert message.reference in listed and "Danger now" in listed and CANARY not in listed
    shown = client.get(page_of(message)).content.decode()
    assert SAID in shown and "in danger now" in shown
    assert f"/o/harrow/alerts/new/?establishment={ident('birch-house')}" in shown
    assert the_message().status == "read" and the_message().read_by_name == "Tessa Manager"
    empty = client.post(page_of(message, "answer/"), {"text": ""})
    assert empty.status_code == 200 and "Write something" in empty.content.decode()
    assert client.post(page_of(message, "answer/"), {"text": "We come on Monday."}).status_code == 302
    assert client.post(page_of(message, "note/"), {"text": "Visit booked."}).status_code == 302
    assert [line.text for line in speaking.read(receipt)] == [SAID, "We come on Monday."]
    closed = client.post(page_of(message, "close/"), {"outcome": "Visited.", "became": "S-1"}, follow=True)
    assert "It became S-1." in words(closed.content.decode()) and "Visit booked." in closed.content.decode()
    assert client.get(page_of(message, "answer/")).status_code == 409
    with acting(actor_of("tessa")):
        acts = list(AuditEntry.objects.filter(kind__startswith="voice.").order_by("at"))
    assert {"voice.read", "voice.answered", "voice.noted", "voice.closed"} <= {act.kind for act in acts}
    assert CANARY not in str([vars(act) for act in acts]) and "Monday" not in str([vars(act) for act in acts])


def test_what_the_writer_added_is_read_before_it_is_answered(sign_in: SignIn) -> None:
    receipt = said(code_for().code)
    client, message = sign_in("tessa"), the_message()
    client.get(page_of(message))
    assert speaking.add(receipt, "There is more.")
    for tail, field in (("answer/", "text"), ("close/", "outcome")):
        kept = client.post(page_of(message, tail), {field: "My careful words."}).content.decode()
        assert "nobody has read" in kept and "My careful words." in kept
    assert "There is more." in client.get(page_of(message)).content.decode()
    assert client.post(page_of(message, "answer/"), {"text": "My careful words."}).status_code == 302


def test_who_may_not(sign_in: SignIn) -> None:
    said(code_for().code)
    message = the_message()
    for who, slug in (("olive", "harrow"), ("fiona", "harrow"), ("bob", "birch")):
        client = sign_in(who)
        for path in (f"/o/{slug}/voice/", page_of(message, slug=slug), f"/o/{slug}/voice/codes/"):
            assert client.get(path).status_code in (403, 404), (who, path)
    for who, slug in (("edith", "ealing"), ("nia", "newport")):
        client = sign_in(who)
        assert client.get(page_of(message, slug=slug)).status_code == 404
        assert "No messages" in client.get(f"/o/{slug}/voice/").content.decode()
    with acting(actor_of("olive")) as olive:
        for act in (
            lambda: actions.read_message(olive, reference=message.reference),
            lambda: actions.answer_message(olive, reference=message.reference, text="x"),
            lambda: actions.make_code(olive, home_id=ident("birch-house")),
        ):
            with pytest.raises(NotPermitted):
                act()


def test_passing_on_asks_for_a_reason_and_a_council(sign_in: SignIn) -> None:
    said(code_for().code)
    client, message = sign_in("tessa"), the_message()
    client.get(page_of(message))
    ealing, edith = str(actor_of("edith").organisation_id), actor_of("edith").organisation_id
    kept = client.post(page_of(message, "pass-on/"), {"council": ealing, "reason": ""}).content.decode()
    assert "Say why they must read it" in kept and f'value="{ealing}" selected' in kept
    shown = client.post(page_of(message, "pass-on/"), {"council": ealing, "reason": "They placed him."}, follow=True)
    assert "They placed him." in shown.content.decode() and "Ealing" in shown.content.decode()
    assert sign_in("edith").get(page_of(message, slug="ealing")).status_code == 200
    with acting(actor_of("tessa")) as tessa, pytest.raises(RuleBroken, match="already"):
        actions.pass_on(tessa, reference=message.reference, council_id=edith, reason="x")
    with acting(actor_of("tessa")) as tessa, pytest.raises(RuleBroken, match="Telephone"):
        actions.pass_on(tessa, reference=message.reference, council_id=ident("cedar"), reason="x")


def test_a_message_without_a_code_gets_its_home(sign_in: SignIn) -> None:
    said(where="The house with the birch")
    client, message = sign_in("carol"), the_message("carol")
    path = page_of(message, "home/", slug="west-london-central")
    shown = client.get(page_of(message, slug="west-london-central")).content.decode()
    assert "The house with the birch" in shown and path in shown
    assert "Birch House" in client.get(path, {"q": "birch"}).content.decode()
    assert "No home has that name" in client.get(path, {"q": "nowhere"}).content.decode()
    assert client.post(path, {"home": "x"}).status_code == 404
    assert client.post(path, {"home": ident("birch-house")}).status_code == 302
    assert the_message("tessa").establishment_id == ident("birch-house")
    assert client.get(path).status_code == 404
    with acting(actor_of("carol")) as carol, pytest.raises(NotNow):
        actions.place_message(carol, reference=message.reference, home_id=ident("cedar-house"))
    with acting(actor_of("carol")):
        (entry,) = AuditEntry.objects.filter(kind="voice.placed")
    # Administrators read the trail, and no messages: they do not learn which home it is about.
    assert entry.data == {}


def test_a_closed_message_that_gets_its_home_is_open_again_and_new_to_its_readers(sign_in: SignIn) -> None:
    said(where="The house with the birch")
    client, message = sign_in("carol"), the_message("carol")
    client.get(page_of(message, slug="west-london-central"))
    with acting(actor_of("carol")) as carol:
        actions.read_message(carol, reference=message.reference)
        actions.close_message(carol, reference=message.reference, outcome="Nobody knows that house.")
    path = page_of(message, "home/", slug="west-london-central")
    assert path in client.get(page_of(message, slug="west-london-central")).content.decode()
    assert client.post(path, {"home": ident("birch-house")}).status_code == 302
    for who in ("tessa", "carol"):
        found = the_message(who)
        assert (found.status, found.closed_at, found.closed_by_name) == ("new", None, "")


def test_a_poster_is_made_printed_and_replaced(sign_in: SignIn) -> None:
    client = sign_in("tessa")
    assert "No codes yet" in client.get("/o/harrow/voice/codes/").content.decode()
    found = client.get("/o/harrow/voice/codes/new/", {"q": "birch"}).content.decode()
    assert "Birch House" in found and "Make its code" in found
    made = client.post("/o/harrow/voice/codes/new/", {"home": ident("birch-house")})
    with acting(actor_of("tessa")):
        code = Code.objects.get()
    assert made["Location"] == f"/o/harrow/voice/codes/{code.pk}/"
    assert client.post("/o/harrow/voice/codes/new/", {"home": ident("birch-house")}).status_code == 409
    for size in ("a4", "a5", "nonsense"):
        poster = client.get(made["Location"], {"size": size}).content.decode()
        sheet = poster[poster.index('<div class="app-poster') :].partition("</main>")[0]
        assert str(code) in sheet and "/speak/" in sheet and "/siarad/" in sheet and "0800 1111" in sheet
        assert "Birch" not in sheet and "<path d=" in sheet
    assert client.post(f"{made['Location']}printed/").status_code == 302
    assert "Last printed by Tessa Manager" in client.get(made["Location"]).content.decode()
    assert client.post(f"{made['Location']}replace/", {"reason": ""}).status_code == 200
    replaced = client.post(f"{made['Location']}replace/", {"reason": "Nonsense comes."}, follow=True)
    assert str(code) not in replaced.content.decode()
    with acting(actor_of("tessa")) as tessa:
        with pytest.raises(NotNow):
            actions.replace_code(tessa, pk=code.pk, reason="Again.")
        with pytest.raises(Http404):
            actions.make_code(tessa, home_id=ident("no such home"))
    said(code.code)
    assert the_message().establishment_id == ident("birch-house")


def test_the_list_is_filtered_and_the_oldest_unread_comes_first(sign_in: SignIn) -> None:
    code = code_for().code
    for text in ("first", "second"):
        said(code, text=text)
    said(code, text="third", who="works", is_in_danger=True)
    client = sign_in("tessa")
    with acting(actor_of("tessa")):
        by_text = {message.text: message.reference for message in Message.objects.all()}
    listed = client.get(LIST).content.decode()
    order = sorted(by_text, key=lambda text: listed.index(f">{by_text[text]}<"))
    assert order == ["third", "first", "second"]
    only = client.get(LIST, {"who": "works"}).content.decode()
    assert by_text["third"] in only and by_text["first"] not in only
    assert "No message fits the filter" in client.get(LIST, {"q": "nowhere"}).content.decode()
    assert by_text["first"] in client.get(LIST, {"q": "birch", "status": "new"}).content.decode()


def test_the_address_of_the_poster_leads_to_the_page() -> None:
    code = code_for().code
    assert codes.is_well_formed(code)
    assert Client().get(f"/speak/{code}/").status_code == 200
    assert routed() == 0
