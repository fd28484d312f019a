"""The pages of concerns, patterns and complaints: quick, forgiving, as many queries for many rows as for few."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.concerns.models import Complaint, Concern, Suggestion
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.concerns.noting import (
    CANARY,
    complained,
    did,
    in_mediation,
    noted,
    suggestions_of,
    three_noted,
    worked,
)

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
NEW = "/o/harrow/concerns/notes/new/"
CENTRAL = "/o/west-london-central/concerns"
DAY = {"seen_on_day": str(TODAY.day), "seen_on_month": str(TODAY.month), "seen_on_year": str(TODAY.year)}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_concern_is_noted_on_one_short_page(sign_in: SignIn) -> None:
    client = sign_in("olive")
    page = client.get(NEW, {"q": "birch ho"}).content.decode()
    assert f"?establishment={ident('birch-house')}" in page
    form = f"{NEW}?establishment={ident('birch-house')}"
    shown = client.get(form).content.decode()
    assert f'value="{TODAY.year}"' in shown and re.search(r'name="is_shared"[^>]*checked', shown)
    typed = {"kind": "care", "what": "", "is_shared": "on", **DAY}
    answer = client.post(form, typed)
    assert answer.status_code == 200 and "Say what worries you" in words(answer)
    answer = client.post(form, {**typed, "what": "Ring 07700 900123 to hear more."})
    assert "may tell who a person is" in words(answer) and "07700 900123 to hear more" in words(answer)
    answer = client.post(form, {**typed, "what": "The kitchen was dirty."})
    with acting(actor_of("olive")):
        concern = Concern.objects.get()
    assert concern.region_id and answer["Location"] == f"/o/harrow/concerns/notes/{concern.reference}/"
    assert "The kitchen was dirty." in words(client.get(answer["Location"]))


def test_a_lead_decides_and_goes_on_to_the_alert(sign_in: SignIn) -> None:
    concern = noted()
    tessa = sign_in("tessa")
    page = f"/o/harrow/concerns/notes/{concern.reference}/"
    assert "Say what is done" in words(tessa.get(page))
    assert "Say what is done" not in words(sign_in("olive").get(page))
    answer = tessa.post(f"{page}decide/", {"decision": "alert", "reason": ""})
    assert (
        answer.status_code == 200
        and "Say why" in words(answer)
        and re.search(r'value="alert"[^>]*checked', answer.content.decode())
    )
    answer = tessa.post(f"{page}decide/", {"decision": "alert", "reason": "Others must know."})
    assert answer["Location"] == f"/o/harrow/alerts/new/?establishment={ident('birch-house')}"
    assert tessa.get(f"{page}decide/").status_code == 409
    assert "Others must know." in words(tessa.get(page))


def test_the_lists_show_what_each_may_read(sign_in: SignIn) -> None:
    concern = noted()
    assert concern.reference in words(sign_in("carol").get(f"{CENTRAL}/notes/"))
    assert concern.reference not in words(sign_in("edith").get("/o/ealing/concerns/notes/"))
    assert sign_in("bob").get("/o/birch/concerns/notes/").status_code == 404
    client = sign_in("olive")
    for query, shown in (("?state=open", True), ("?state=no_action", False), ("?q=birch", True), ("?q=cedar", False)):
        assert (concern.reference in words(client.get(f"/o/harrow/concerns/notes/{query}"))) is shown
    assert client.get("/o/harrow/concerns/notes/?provider=x").status_code == 404
    assert client.get("/o/harrow/search/", {"q": concern.reference})["Location"].endswith(f"{concern.reference}/")


def test_a_pattern_is_shown_in_numbers_and_decided(sign_in: SignIn) -> None:
    three_noted()
    (suggestion,) = suggestions_of("carol")
    carol = sign_in("carol")
    assert suggestion.reference in words(carol.get("/o/west-london-central/"))
    assert suggestion.reference in words(carol.get(f"{CENTRAL}/suggestions/?pattern=concerns"))
    page = f"{CENTRAL}/suggestions/{suggestion.reference}/"
    shown = words(carol.get(page))
    assert "3 concerns within 90 days" in shown and "Nothing happens to the home" in shown
    assert "Verify the provider" in shown and "Raise a safeguarding alert" in shown
    answer = carol.post(f"{page}decide/", {"decision": "dismiss", "reason": ""})
    assert answer.status_code == 200 and "Say why" in words(answer)
    assert carol.post(f"{page}decide/", {"decision": "dismiss", "reason": "All is well."})["Location"] == page
    assert "All is well." in words(carol.get(page)) and carol.get(f"{page}decide/").status_code == 409
    assert sign_in("tessa").get(f"/o/harrow/concerns/suggestions/{suggestion.reference}/").status_code == 404
    assert sign_in("olive").get("/o/harrow/concerns/suggestions/").status_code == 403


def test_the_register_tells_central_leads_how_much_there_is(sign_in: SignIn) -> None:
    noted()
    complained()
    birch, home = ident("birch"), ident("birch-house")
    carol = sign_in("carol")
    shown = words(carol.get(f"/o/west-london-central/providers/{birch}/"))
    assert "1 concern in 90 days, 1 open complaint" in shown
    assert "1 concern in 90 days" in words(carol.get(f"/o/west-london-central/providers/homes/{home}/"))
    page = sign_in("olive").get(f"/o/harrow/providers/homes/{home}/")
    assert "in 90 days" not in words(page) and f"{NEW}?establishment={home}" in page.content.decode()


def test_a_complaint_from_making_to_its_end_by_pages(sign_in: SignIn) -> None:
    olive, bob, carol = sign_in("olive"), sign_in("bob"), sign_in("carol")
    new = "/o/harrow/concerns/complaints/new/"
    assert f"?against={ident('birch')}" in olive.get(new, {"q": "birch"}).content.decode()
    form = f"{new}?against={ident('birch')}"
    typed = {"kind": "invoice", "what": "Five weeks are charged.", "wanted": "", "agreement_reference": "A-0000-0000"}
    answer = olive.post(form, typed)
    assert "Say what should happen" in words(answer) and "Five weeks are charged." in words(answer)
    answer = olive.post(form, {**typed, "wanted": "Four."})
    assert "No agreement between you two" in words(answer)
    answer = olive.post(form, {**typed, "wanted": "Four.", "agreement_reference": ""})
    with acting(actor_of("olive")):
        complaint = Complaint.objects.get()
    assert answer["Location"].endswith(f"/complaints/{complaint.reference}/")
    theirs = f"/o/birch/concerns/complaints/{complaint.reference}/"
    assert complaint.reference in words(bob.get("/o/birch/"))
    assert "Acknowledge the complaint" in words(bob.get(theirs))
    assert bob.post(f"{theirs}acknowledge/").status_code == 302
    assert bob.get(f"{theirs}acknowledge/").status_code == 409
    answer = bob.post(f"{theirs}answer/", {"text": " "})
    assert answer.status_code == 200 and "Write what you want to say" in words(answer)
    bob.post(f"{theirs}answer/", {"text": "The month has five weeks."})
    ours = f"/o/harrow/concerns/complaints/{complaint.reference}/"
    assert "The month has five weeks." in words(olive.get(ours))
    assert complaint.reference not in words(carol.get(f"{CENTRAL}/complaints/"))
    olive.post(f"{ours}ask-for-mediation/", {"text": "We cannot agree."})
    mediating = f"{CENTRAL}/complaints/{complaint.reference}/"
    assert "We cannot agree." in words(carol.get(mediating)) and complaint.reference in words(
        carol.get("/o/west-london-central/")
    )
    carol.post(f"{mediating}mediate/", {"text": "Four weeks are due."})
    assert "Four weeks are due." in words(bob.get(theirs))
    assert bob.get(f"{theirs}settle/").status_code == 409
    olive.post(f"{ours}settle/", {"text": "Corrected."})
    assert "Settled" in words(bob.get(f"{CENTRAL.replace('west-london-central', 'birch')}/complaints/?state=settled"))


def test_a_central_team_complains_of_nobody(sign_in: SignIn) -> None:
    carol = sign_in("carol")
    assert "Make a complaint" not in words(carol.get(f"{CENTRAL}/complaints/"))
    assert carol.get(f"{CENTRAL}/complaints/new/").status_code == 403


def _queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_lists_ask_as_often_for_many_rows(sign_in: SignIn) -> None:
    three_noted()
    complaint = in_mediation()
    carol, olive = sign_in("carol"), sign_in("olive")
    (suggestion,) = suggestions_of("carol")
    asked = [
        (carol, f"{CENTRAL}/notes/"),
        (carol, f"{CENTRAL}/suggestions/"),
        (carol, f"{CENTRAL}/suggestions/{suggestion.reference}/"),
        (olive, "/o/harrow/concerns/complaints/"),
        (olive, f"/o/harrow/concerns/complaints/{complaint.reference}/"),
    ]
    few = [_queries(*each) for each in asked]
    for number in range(12):
        noted(what=f"Again, {number}.", establishment_id=ident("birch-lodge" if number % 2 else "birch-house"))
        complained(what=f"Again, {number}.")
        did("olive", "send_message", complaint, f"Again, {number}.")
    worked("default")
    with acting(actor_of("carol")):
        assert Suggestion.objects.count() > 1
    assert [_queries(*each) for each in asked] == few and max(few) <= 25


def test_no_word_of_it_reaches_whoever_may_not_read_it(sign_in: SignIn) -> None:
    noted()
    complained()
    for who, slug in (("edith", "ealing"), ("cecil", "cedar"), ("nia", "newport")):
        for page in ("", "concerns/notes/", "concerns/suggestions/", "concerns/complaints/", "messages/"):
            assert CANARY not in sign_in(who).get(f"/o/{slug}/{page}").content.decode()
    assert CANARY not in sign_in("carol").get(f"{CENTRAL}/complaints/").content.decode()
