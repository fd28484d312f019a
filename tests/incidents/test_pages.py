"""The pages of incidents: reporting on one page, each act, the placement's own page, the file for the return."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.incidents import models
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.incidents.queries import residents
from contracts.models import Agreement
from placements.models import Placement
from tests.cast import actor_of, ident
from tests.firewall.finding import living as living_without
from tests.incidents.reporting import CANARY, left, one_of_each, reported, resident, returned

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
NEW = "/o/birch/incidents/new/"


def typed(agreement: Agreement | str, **changes: str) -> dict[str, str]:
    began = clear(database_now() - dt.timedelta(hours=2))
    return {
        "agreement": agreement if isinstance(agreement, str) else agreement.reference,
        "kind": "missing",
        "risk": "high",
        **boxes("happened_at", began),
        "what_happened": f"Left after a call from {CANARY}.",
        "last_seen": "At the station, in a red coat.",
        "action_taken": "The police were told.",
        **changes,
    }


def clear(moment: dt.datetime) -> dt.datetime:
    """As somebody here would say it; earlier, where the clocks show that hour twice."""
    at = timezone.localtime(moment)
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return timezone.localtime(moment - dt.timedelta(hours=2)) if twice else at


def boxes(name: str, at: dt.datetime) -> dict[str, str]:
    parts = {"day": at.day, "month": at.month, "year": at.year, "time": f"{at:%H:%M}"}
    return {f"{name}_{part}": str(value) for part, value in parts.items()}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def page_of(incident: Incident, slug: str = "harrow", tail: str = "") -> str:
    return f"/o/{slug}/incidents/{incident.reference}/{tail}"


def test_reporting_on_one_page(sign_in: SignIn) -> None:
    agreement, client = resident(), sign_in("bob")
    assert "Nothing was reported" in words(client.get("/o/birch/incidents/"))
    assert f"{agreement.reference}, Birch House, Harrow, since" in words(client.get(NEW))
    answer = client.post(NEW, typed(agreement), follow=True)
    shown = words(answer)
    assert "The authority is told." in shown and "Missing now" in shown and CANARY in shown
    (path, _status) = answer.redirect_chain[-1]
    reference = path.rstrip("/").rsplit("/", 1)[-1]
    assert reference in words(client.get("/o/birch/incidents/?state=missing&kind=episodes"))
    assert "No event fits the filter" in words(client.get("/o/birch/incidents/?state=closed"))
    assert reference in words(sign_in("olive").get("/o/harrow/incidents/"))
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="incident.reported").count() == 0, "it is in the provider's trail"


def test_what_was_typed_is_kept_beside_its_error(sign_in: SignIn) -> None:
    agreement, client = resident(), sign_in("bob")
    answer = client.post(NEW, typed(agreement, last_seen="", lado_reference="L-9"))
    page = answer.content.decode()
    assert "There is a problem" in page and 'href="#id_last_seen"' in page
    assert CANARY in page and "L-9" in page and re.search(r"<details[^>]* open", page)
    empty = words(client.post(NEW, {}))
    for said in ("Choose who it is about", "Choose what happened", "Enter when it happened", "Say what happened"):
        assert said in empty
    first = reported(agreement)
    again = client.post(NEW, typed(agreement, what_happened="Another report."))
    assert first.reference in words(again) and "Another report." in again.content.decode()


def test_a_provider_without_residents_is_told_why(sign_in: SignIn) -> None:
    assert "Nobody lives with you whom an authority here has placed" in words(sign_in("bob").get(NEW))
    assert sign_in("olive").get("/o/harrow/incidents/new/").status_code == 403


def test_each_act_by_page(sign_in: SignIn) -> None:
    agreement, provider, officer = resident(), sign_in("bob"), sign_in("olive")
    incident = reported(agreement)
    shown = words(officer.get(page_of(incident)))
    assert "Acknowledge" in shown and "It was a mistake" not in shown
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="incident.read", subject_reference=incident.reference).count() == 1
    officer.post(page_of(incident, tail="acknowledge/"), {"text": "We ring you."})
    provider.post(page_of(incident, "birch", "add/"), {"text": "The police came."})
    officer.post(page_of(incident, tail="add/"), {"text": "Known to the gang team.", "is_internal": "on"})
    ours, theirs = words(officer.get(page_of(incident))), words(provider.get(page_of(incident, "birch")))
    assert "We ring you." in theirs and "The police came." in ours
    assert "gang team" in ours and "gang team" not in theirs
    back = {"returned_how": "By bus.", "was_harmed": "yes", "harm": "", **boxes("returned_at", clear(database_now()))}
    path = page_of(incident, "birch", "returned/")
    refused = provider.post(path, back)
    assert "Say what harm" in words(refused) and "By bus." in refused.content.decode()
    assert provider.post(path, back | {"harm": "A cut hand."}).status_code == 302
    assert provider.get(path).status_code == 409
    assert officer.post(page_of(incident, tail="close/"), {"outcome": "Over."}).status_code == 409
    officer.post(page_of(incident, tail="interview/"), {"interview_by": "The advocacy service"})
    today = timezone.localdate()
    day = {"interview_on_day": today.day, "interview_on_month": today.month, "interview_on_year": today.year}
    officer.post(page_of(incident, tail="interview/outcome/"), {"interview_outcome": "done", **day})
    officer.post(page_of(incident, tail="close/"), {"outcome": "A plan was agreed."})
    shown = words(provider.get(page_of(incident, "birch")))
    assert "A plan was agreed." in shown and "The advocacy service" in shown and "Add to it" not in shown


def test_an_event_is_followed_up_by_page_and_a_mistake_taken_back(sign_in: SignIn) -> None:
    agreement, provider, officer = resident(), sign_in("bob"), sign_in("olive")
    incident, mistaken = reported(agreement, kind="restraint"), reported(agreement, kind="allegation")
    assert officer.get(page_of(incident, tail="follow-up/")).status_code == 409
    assert officer.get(page_of(incident, tail="returned/")).status_code == 409
    officer.post(page_of(incident, tail="acknowledge/"))
    officer.post(page_of(incident, tail="follow-up/"), {"text": "Send the record."})
    assert "Send the record." in words(provider.get(page_of(incident, "birch")))
    provider.post(page_of(mistaken, "birch", "mistake/"), {"reason": "Another resident."})
    assert "Reported by mistake" in words(officer.get(page_of(mistaken)))
    assert provider.get(page_of(incident, "birch", "close/")).status_code == 403


def test_what_is_late_says_so(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement, officer = resident(), sign_in("olive")
    long_ago = database_now() - dt.timedelta(hours=100)
    early = returned(reported(agreement, happened_at=long_ago, police_told_at=None), returned_at=long_ago)
    incident = reported(agreement)
    assert "should have acknowledged" not in words(officer.get(page_of(incident)))
    assert "The return interview is overdue." in words(officer.get(page_of(early)))
    monkeypatch.setattr(models, "MISSING_ACKNOWLEDGED_WITHIN", dt.timedelta(0))
    assert "should have acknowledged" in words(officer.get(page_of(incident)))
    assert "Telephone it." in words(sign_in("bob").get(page_of(incident, "birch")))
    assert words(officer.get("/o/harrow/incidents/")).count("Overdue") == 2


def test_nobody_else_finds_it(sign_in: SignIn) -> None:
    incident = reported(resident())
    for who, slug in (("edith", "ealing"), ("cecil", "cedar"), ("bob", "harrow")):
        assert sign_in(who).get(page_of(incident, slug)).status_code in (403, 404)
    for who, slug in (("carol", "west-london-central"), ("sandra", "harrow"), ("fiona", "harrow")):
        assert sign_in(who).get(f"/o/{slug}/incidents/").status_code == 403
        assert sign_in(who).get(page_of(incident, slug)).status_code == 403


def test_the_first_and_the_last_day_that_there_are_find_what_there_is(sign_in: SignIn) -> None:
    incident = reported(resident())
    ends = {"since_day": "1", "since_month": "1", "since_year": "0001"}
    ends |= {"until_day": "31", "until_month": "12", "until_year": "9999"}
    found = sign_in("olive").get("/o/harrow/incidents/", ends)
    assert found.status_code == 200 and incident.reference in found.content.decode()
    assert sign_in("olive").post("/o/harrow/incidents/missing/", ends).status_code == 200


def test_the_placement_shows_its_events_and_nights(sign_in: SignIn) -> None:
    agreement = resident()
    for days in (40, 20, 1):
        began = database_now() - dt.timedelta(days=days)
        incident = reported(agreement, happened_at=began, police_told_at=None)
        returned(incident, returned_at=began + dt.timedelta(days=1))
    with acting(actor_of("oscar")):
        placement = Placement.objects.get(pk=agreement.placement_id)
    path = f"/o/harrow/placements/{placement.reference}/"
    shown = words(sign_in("olive").get(path))
    assert "3 missing episodes, 3 nights in all" in shown and "Repeatedly missing" in shown
    assert incident.reference in shown and CANARY not in shown
    assert incident.reference not in words(sign_in("fiona").get(path))
    assert f"/o/harrow/alerts/new/?establishment={ident('birch-house')}" in (
        sign_in("olive").get(page_of(incident)).content.decode()
    )


def test_the_file_for_the_return(sign_in: SignIn) -> None:
    agreement = resident()
    incident = returned(reported(agreement, police_told_at=None))
    reported(agreement, kind="away", last_seen="")
    reported(agreement, kind="allegation")
    reported(resident(who="edith"))
    client = sign_in("olive")
    today = timezone.localdate()
    period = {
        **{f"since_{part}": value for part, value in (("day", 1), ("month", 4), ("year", today.year - 1))},
        **{f"until_{part}": getattr(today, part) for part in ("day", "month", "year")},
    }
    answer = client.post("/o/harrow/incidents/missing/", period)
    lines = answer.content.decode().lstrip("\ufeff").split()
    assert lines[0] == "CHILD,DOB,MISSING,MIS_START,MIS_END" and len(lines) == 3
    with acting(actor_of("olive")):
        person = Placement.objects.select_related("person").get(pk=agreement.placement_id).person
        assert Entry.objects.get(kind="incident.exported").data["rows"] == 2
    went = f"{timezone.localtime(incident.happened_at):%d/%m/%Y}"
    assert f"{person.case_number},{person.date_of_birth:%d/%m/%Y},M,{went},{today:%d/%m/%Y}" in lines
    assert any(line.endswith(f"A,{went},") for line in lines)
    assert "Enter the first day" in words(client.post("/o/harrow/incidents/missing/", {}))
    assert sign_in("bob").get("/o/birch/incidents/missing/").status_code == 404


def test_the_list_takes_as_many_queries_for_one_as_for_many(sign_in: SignIn) -> None:
    agreement, client = resident(), sign_in("olive")
    reported(agreement)
    client.get("/o/harrow/incidents/")
    with CaptureQueriesContext(connection) as few:
        client.get("/o/harrow/incidents/")
    one_of_each(resident("birch-lodge"))
    with CaptureQueriesContext(connection) as many:
        client.get("/o/harrow/incidents/")
    assert len(many) == len(few)


def test_the_agreement_leads_to_the_report_while_somebody_lives_there(sign_in: SignIn) -> None:
    living, gone = resident(), resident("birch-lodge")
    left(gone, days_ago=31)
    client = sign_in("bob")
    page = client.get(f"/o/birch/agreements/{living.reference}/").content.decode()
    assert f'href="{NEW}?agreement={living.reference}"' in page and "Report an event of this resident" in page
    form = client.get(f"{NEW}?agreement={living.reference}").content.decode()
    assert f'<option value="{living.reference}" selected>' in form
    assert "Report an event" not in words(client.get(f"/o/birch/agreements/{gone.reference}/"))
    assert "Report an event" not in words(sign_in("oscar").get(f"/o/harrow/agreements/{living.reference}/"))


def test_a_stay_without_an_agreement_is_reported_on_too(sign_in: SignIn) -> None:
    placement = living_without("birch-house", reference="CASE-SECRET")
    client = sign_in("bob")
    with acting(actor_of("bob")):
        (stay,) = residents()
    page = words(client.get(NEW))
    assert f"{stay.agreement_reference}, Birch House, Harrow, since" in page and "CASE-SECRET" not in page
    answer = client.post(NEW, typed(stay.agreement_reference, kind="allegation"), follow=True)
    assert "None in this service" in words(answer), answer.content
    with acting(actor_of("olive")):
        incident = Incident.objects.get()
    assert (incident.placement_id, incident.agreement_id) == (placement.pk, None)
    theirs = words(sign_in("olive").get(f"/o/harrow/incidents/{incident.reference}/"))
    assert f"stay {stay.agreement_reference}" in theirs
