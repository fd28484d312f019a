"""The pages of alerts: raising on one page, reading no more than one may, answering for each person, who was told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.audit.models import Entry
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding.actions.alerts import raise_alert
from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck
from placements.models import Placement
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.test_alerts import facts
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
NEW = "/o/harrow/alerts/new/"
TYPED = {
    "kind": "allegation",
    "severity": "medium",
    "what_happened": "A member of staff was arrested last night.",
    "action_taken": "The police and the regulator know.",
}


def raised(who: str = "olive", **changes: Any) -> Alert:
    with acting(actor_of(who)) as actor:
        return raise_alert(actor, facts=facts(**changes))


def page_of(alert: Alert, slug: str = "harrow", tail: str = "") -> str:
    return f"/o/{slug}/alerts/{alert.reference}/{tail}"


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def raised_alerts() -> list[Alert]:
    with acting(actor_of("olive")):
        return list(Alert.objects.all())


def test_a_home_is_found_by_part_of_its_name_without_scripts(sign_in: SignIn) -> None:
    client = sign_in("olive")
    assert "found" not in words(client.get(NEW)).lower()
    page = client.get(NEW, {"q": "birch ho"}).content.decode()
    assert f"?establishment={ident('birch-house')}" in page and "Birch Care Ltd" in page
    assert f"?household={ident('ALD-1')}" in client.get(NEW, {"q": "ALD-1"}).content.decode()
    assert f"?provider={ident('cedar')}" in client.get(NEW, {"q": "Cedar Care"}).content.decode()
    assert "Nothing has that name" in words(client.get(NEW, {"q": "nowhere"}))


@pytest.mark.parametrize("query", ["provider=x", "establishment=00000000-0000-4000-8000-000000000000", "household=1"])
def test_what_there_is_not_cannot_be_raised_about(sign_in: SignIn, query: str) -> None:
    assert sign_in("olive").get(f"{NEW}?{query}").status_code == 404


def test_the_home_and_the_provider_lead_to_the_form(sign_in: SignIn) -> None:
    client = sign_in("olive")
    for path, query in (("homes/", "establishment"), ("", "provider")):
        key = ident("birch-house") if query == "establishment" else ident("birch")
        page = client.get(f"/o/harrow/providers/{path}{key}/").content.decode()
        assert f"{NEW}?{query}={key}" in page
    assert NEW not in sign_in("fiona").get("/o/harrow/").content.decode()


def test_raising_on_one_page(sign_in: SignIn) -> None:
    client = sign_in("olive")
    path = f"{NEW}?establishment={ident('birch-house')}"
    assert "Birch House" in words(client.get(path))
    answer = client.post(
        path,
        {
            **TYPED,
            "police_reference": "CR/77",
            "police_told_on_day": "1",
            "police_told_on_month": "2",
            "police_told_on_year": "2025",
        },
        follow=True,
    )
    (alert,) = raised_alerts()
    assert answer.redirect_chain[-1][0] == page_of(alert)
    shown = words(answer)
    assert "The alert is sent." in shown and "CR/77" in shown and "Told on 1 February 2025" in shown
    assert alert.establishment_id == ident("birch-house") and alert.provider_id == ident("birch")
    assert re.search(r"0 of \d+ organisations have answered", shown)


def test_a_household_carries_its_agency_and_provider(sign_in: SignIn) -> None:
    sign_in("olive").post(f"{NEW}?household={ident('ALD-1')}", TYPED)
    (alert,) = raised_alerts()
    assert (alert.household_id, alert.establishment_id) == (ident("ALD-1"), ident("alder-fostering"))


def test_what_was_typed_is_kept_beside_its_error(sign_in: SignIn) -> None:
    path = f"{NEW}?establishment={ident('birch-house')}"
    typed = {**TYPED, "what_happened": "Born on 3 May 2012, found alone.", "lado_reference": "L-9"}
    answer = sign_in("olive").post(path, typed)
    page = answer.content.decode()
    assert "There is a problem" in page and 'href="#id_what_happened"' in page and "Take out what may tell" in page
    assert "Born on 3 May 2012, found alone." in page and "L-9" in page and "<details" in page
    assert re.search(r"<details[^>]* open", page)
    empty = words(sign_in("olive").post(path, {}))
    for said in ("Choose what the alert is about", "Choose how serious it is", "Say what happened"):
        assert said in empty
    assert not raised_alerts()


def test_harmless_words_pass_once_checked(sign_in: SignIn) -> None:
    path = f"{NEW}?establishment={ident('birch-house')}"
    typed = {**TYPED, "what_happened": "Ring the office on 020 7946 0018."}
    assert "020 7946 0018" in words(sign_in("olive").post(path, typed)) and not raised_alerts()
    assert sign_in("olive").post(path, {**typed, "is_checked": "on"}).status_code == 302


def test_a_high_one_is_sent_by_a_second_person(sign_in: SignIn) -> None:
    officer, manager = sign_in("olive"), sign_in("tessa")
    officer.post(f"{NEW}?provider={ident('birch')}", {**TYPED, "severity": "high"})
    (alert,) = raised_alerts()
    assert "Nobody has been told yet" in words(officer.get(page_of(alert)))
    assert "Send it to everybody" not in words(officer.get(page_of(alert)))
    assert sign_in("edith").get(page_of(alert, "ealing")).status_code == 404
    assert alert.reference in words(manager.get("/o/harrow/"))
    assert "Send it to everybody" in words(manager.get(page_of(alert)))
    assert officer.post(page_of(alert, tail="send/")).status_code == 403
    assert "The alert is sent." in words(manager.post(page_of(alert, tail="send/"), follow=True))
    assert sign_in("edith").get(page_of(alert, "ealing")).status_code == 200
    assert manager.post(page_of(alert, tail="send/")).status_code == 409


def test_whoever_raised_it_is_not_the_second_person(sign_in: SignIn) -> None:
    alert = raised("tessa", severity="high")
    answer = sign_in("tessa").post(page_of(alert, tail="send/"))
    assert answer.status_code == 200 and "Somebody else than whoever raised it decides" in words(answer)
    assert raised_alerts()[0].status == "awaiting_confirmation"


def test_not_sending_needs_a_reason(sign_in: SignIn) -> None:
    alert = raised(severity="high")
    manager = sign_in("tessa")
    assert "Say why it is not sent" in words(manager.post(page_of(alert, tail="do-not-send/"), {"reason": ""}))
    shown = words(manager.post(page_of(alert, tail="do-not-send/"), {"reason": "A mix-up"}, follow=True))
    assert "The alert is not sent." in shown and "A mix-up" in shown and "Not sent" in shown


def test_each_reads_no_more_than_told(sign_in: SignIn) -> None:
    alert = raised(told_provider="We ask you for your records.")
    ealing = words(sign_in("edith").get(page_of(alert, "ealing")))
    assert "You are in the region" in ealing and "Birch House" in ealing
    assert "arrested" not in ealing and "speak with Harrow" in ealing
    provider = words(sign_in("bob").get(page_of(alert, "birch")))
    assert "We ask you for your records." in provider and "arrested" not in provider and "Harrow" not in provider
    assert "arrested" in words(sign_in("carol").get(page_of(alert, "west-london-central")))
    for who, slug in (("nia", "newport"), ("alice", "alder")):
        assert sign_in(who).get(page_of(alert, slug)).status_code == 404


def test_a_provider_that_was_not_told_finds_nothing(sign_in: SignIn) -> None:
    alert = raised()
    client = sign_in("bob")
    assert client.get(page_of(alert, "birch")).status_code == 404
    listed = words(client.get("/o/birch/alerts/"))
    assert alert.reference not in listed and "No alerts" in listed and "Raised by us" not in listed
    assert client.get("/o/birch/alerts/new/").status_code == 403


def test_opening_it_reads_the_messages_and_is_recorded(sign_in: SignIn) -> None:
    alert = raised()
    sign_in("edith").get(page_of(alert, "ealing"))
    with worker():
        mine = Message.objects.filter(reference=alert.reference, user_id=ident("user edith"), channel="in_app")
        assert mine and all(message.seen_at for message in mine)
        assert not Message.objects.filter(user_id=ident("user carol"), seen_at__isnull=False).exists()
    with acting(actor_of("edith")):
        assert Entry.objects.filter(kind="alert.read", subject_reference=alert.reference).exists()


def test_the_banner_leads_to_the_alert_until_it_is_answered(sign_in: SignIn) -> None:
    alert = raised()
    client = sign_in("edith")
    assert f'class="app-alert__link" href="{page_of(alert, "ealing")}"' in client.get("/o/ealing/").content.decode()
    client.post(page_of(alert, "ealing", "answer/"), {"response": "Nobody of ours is there."})
    assert "app-alert__link" not in client.get("/o/ealing/").content.decode()


def test_an_answer_has_a_plan_for_each_person_and_a_check_follows(sign_in: SignIn) -> None:
    awarded("birch-house")
    alert = raised()
    client = sign_in("olive")
    page = client.get(page_of(alert)).content.decode()
    with acting(actor_of("olive")):
        placement = Placement.objects.get()
        person = placement.person
    assert placement.reference in page and f"/o/harrow/placements/{placement.reference}/" in page
    assert "/identity/" in page and person.family_name not in page
    answer = client.post(page_of(alert, tail="answer/"), {"response": "We visit today"})
    assert f"Say what will be done for {placement.reference}" in words(answer) and "We visit today" in words(answer)
    plan = {"response": "We visit today", f"plan_{placement.pk}": "The social worker visits before 6 p.m."}
    shown = words(client.post(page_of(alert, tail="answer/"), plan, follow=True))
    assert "Your answer is recorded." in shown and "To do" in shown and "visits before 6 p.m." in shown
    assert client.post(page_of(alert, tail="answer/"), plan).status_code == 409
    with acting(actor_of("olive")):
        check = WelfareCheck.objects.get()
    path = page_of(alert, tail=f"checks/{check.pk}/")
    assert "Say whether they are safe" in words(client.post(path, {"found": "Well"}))
    done = {"is_safe": "yes", "found": "Well and settled", "done_on": TODAY.isoformat()}
    shown = words(client.post(path, done, follow=True))
    assert "The check is recorded." in shown and "Well and settled" in shown
    assert client.get(path).status_code == 409
    for who, slug in (("edith", "ealing"), ("carol", "west-london-central")):
        assert sign_in(who).get(page_of(alert, slug, f"checks/{check.pk}/")).status_code == 404
        assert "visits before" not in words(sign_in(who).get(page_of(alert, slug)))


def test_a_lead_at_the_central_team_sees_alerts_and_nobodys_placements(sign_in: SignIn) -> None:
    alert = raised()
    carol = actor_of("carol")
    with acting(carol):
        Membership.objects.filter(user_id=carol.user_id, organisation_id=carol.organisation_id).update(
            roles=["safeguarding_lead"]
        )
    client = sign_in("carol")
    assert "arrested" in words(client.get(page_of(alert, "west-london-central")))
    assert client.get("/o/west-london-central/placements/").status_code == 403
    assert client.post(page_of(alert, "west-london-central", "answer/"), {"response": "We call."}).status_code == 302


def test_closing_shows_the_outcome_to_all(sign_in: SignIn) -> None:
    alert = raised()
    shown = words(sign_in("tessa").post(page_of(alert, tail="close/"), {"outcome": "Unfounded."}, follow=True))
    assert "The alert is closed." in shown and "Unfounded." in shown
    client = sign_in("edith")
    assert "Unfounded." in words(client.get(page_of(alert, "ealing")))
    assert client.get(page_of(alert, "ealing", "answer/")).status_code == 409
    assert sign_in("edith").post(page_of(alert, "ealing", "close/"), {"outcome": "x"}).status_code == 404


def test_who_was_told_is_for_the_raiser_and_the_central_team(sign_in: SignIn) -> None:
    alert = raised(told_provider="We ask you for your records.")
    sign_in("edith").post(page_of(alert, "ealing", "answer/"), {"response": "=Nobody of ours is there."})
    for who, slug in (("olive", "harrow"), ("carol", "west-london-central")):
        client = sign_in(who)
        shown = words(client.get(page_of(alert, slug, "who-was-told/")))
        assert re.search(r"1 of \d+ organisations have answered", shown)
        assert "Ealing" in shown and "Is in the region" in shown and "Not answered" in shown and "Edith Ealing" in shown
        file = client.get(page_of(alert, slug, "who-was-told.csv"))
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        ealing = next(row for row in rows if row["Organisation"] == "Ealing")
        assert ealing["Answered by"] == "Edith Ealing" and ealing["Answer"].startswith("'=")
        assert ealing["Why it was told"] == "Is in the region" and ealing["Alert"] == alert.reference
    for who, slug in (("edith", "ealing"), ("bob", "birch"), ("nia", "newport")):
        for tail in ("who-was-told/", "who-was-told.csv"):
            assert sign_in(who).get(page_of(alert, slug, tail)).status_code == 404
        assert "Who was told" not in words(sign_in(who).get(page_of(alert, slug)))


def test_lists_show_what_waits_first_and_filter(sign_in: SignIn) -> None:
    client = sign_in("edith")
    answered, waiting = raised(kind="premises"), raised(severity="low")
    later = raised(kind="missing")
    client.post(page_of(later, "ealing", "answer/"), {"response": "Nobody of ours is there."})
    client.post(page_of(answered, "ealing", "answer/"), {"response": "Nobody of ours is there."})
    found = re.findall(r"S-[0-9A-Z]{4}-[0-9A-Z]{4}(?=</a>)", client.get("/o/ealing/alerts/").content.decode())
    assert found == [waiting.reference, later.reference, answered.reference]
    for query, only in (("state=unanswered", waiting), ("kind=missing", later), (f"q={answered.reference}", answered)):
        found = re.findall(r"S-\S{9}(?=</a>)", client.get(f"/o/ealing/alerts/?{query}").content.decode())
        assert found == [only.reference], query
    assert "No alert fits the filter" in words(client.get("/o/ealing/alerts/?q=nowhere"))
    own = words(sign_in("olive").get("/o/harrow/alerts/?show=raised"))
    assert all(alert.reference in own for alert in (answered, waiting, later)) and "Live" in own
    assert "No alert was raised here" in words(client.get("/o/ealing/alerts/?show=raised"))


@pytest.mark.parametrize("query", ["", "?show=raised"])
def test_the_lists_ask_as_much_for_many_as_for_one(sign_in: SignIn, query: str) -> None:
    client = sign_in("olive")
    client.get("/o/harrow/alerts/")
    counts = []
    for more in (1, 6):
        for number in range(more):
            raised(what_happened=f"Unfit room {number} of {more}.")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/o/harrow/alerts/{query}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_reference_typed_at_the_top_opens_the_alert(sign_in: SignIn) -> None:
    alert = raised()
    for who, slug in (("olive", "harrow"), ("edith", "ealing")):
        answer = sign_in(who).get(f"/o/{slug}/search/", {"q": alert.reference.lower()})
        assert answer["Location"] == page_of(alert, slug)
    assert sign_in("bob").get("/o/birch/search/", {"q": alert.reference}).status_code == 200


def test_the_home_page_lists_what_waits(sign_in: SignIn) -> None:
    alert = raised()
    shown = words(sign_in("edith").get("/o/ealing/"))
    assert "Safeguarding alerts to answer (1)" in shown and alert.reference in shown
    with acting(actor_of("edith")):
        assert AlertRecipient.objects.count() == 1
