"""Home pages name what waits in safeguarding, to whoever may act on it and to nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.home import watch
from brokerage.home.lists import WorkList
from tests.cast import TODAY, actor_of
from tests.closures.closing import announced, recorded, resident
from tests.dpv.measuring import LEVELS, in_force, proposed
from tests.firewall.finding import found, living
from tests.incidents import reporting
from tests.safeguarding.voices import code_for, said, the_message

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def lists_of(who: str) -> dict[str, WorkList]:
    with acting(actor_of(who)) as actor:
        return {str(item.title): item for item in watch.work_of(actor, database_now())}


def waiting(who: str, title: str) -> list[str]:
    return [str(entry.label) for entry in lists_of(who)[title].entries]


def test_a_proposed_measure_waits_for_a_colleague_and_not_for_its_proposer() -> None:
    in_force(**LEVELS["lot"])
    made = proposed()
    assert waiting("mark", "Measures to decide") == [made.reference]
    assert waiting("carol", "Measures to decide") == []
    assert "Measures to decide" not in lists_of("tessa")


def test_a_measure_whose_review_is_near_waits_for_the_central_team(sign_in: SignIn) -> None:
    title = "Measures to review"
    in_force(**LEVELS["lot"])
    later = in_force(review_on=TODAY + dt.timedelta(days=7))
    soon = in_force(kind="restrict", review_on=TODAY)
    assert waiting("mark", title) == waiting("carol", title) == [soon.reference, later.reference]
    assert title not in lists_of("tessa")
    listed = sign_in("carol").get(lists_of("carol")[title].url).content.decode()
    assert listed.index(soon.reference) < listed.index(later.reference) and "2 measures" in listed


def test_a_message_waits_for_those_who_read_them_until_it_is_read(sign_in: SignIn) -> None:
    said(code_for().code, is_in_danger=True)
    message = the_message()
    assert waiting("tessa", "Messages to read from people in homes") == [message.reference]
    assert "Messages to read from people in homes" not in lists_of("olive")
    client = sign_in("tessa")
    page = client.get("/o/harrow/").content.decode()
    assert message.reference in page and "Danger now" in page and message.text not in page
    assert client.get(f"/o/harrow/voice/{message.reference}/").status_code == 200
    assert waiting("tessa", "Messages to read from people in homes") == []


def test_an_event_waits_for_the_authority_of_the_resident_alone() -> None:
    event = reporting.reported(reporting.resident())
    assert waiting("olive", "Events of residents that wait for you") == [event.reference]
    assert waiting("edith", "Events of residents that wait for you") == []
    assert "Events of residents that wait for you" not in lists_of("carol")


def test_a_finding_waits_until_it_is_answered() -> None:
    finding = found()
    assert waiting("olive", "Homes that no longer pass, to answer") == [finding.reference]
    assert waiting("edith", "Homes that no longer pass, to answer") == []


def test_people_in_a_home_that_closes_wait_until_a_home_is_found() -> None:
    living()
    announced()
    row = resident()
    assert waiting("olive", "People to move from homes that close") == [row.placement_reference]
    recorded(row, "looking", note="We ask around.")
    assert waiting("olive", "People to move from homes that close") == [row.placement_reference]
    recorded(row, "went_home", ended_on=TODAY)
    assert waiting("olive", "People to move from homes that close") == []


def test_the_page_of_a_pattern_belongs_to_safeguarding(sign_in: SignIn) -> None:
    page = sign_in("tessa").get("/o/harrow/concerns/suggestions/").content.decode()
    assert page.count('aria-current="page">Concerns<') == 1


@pytest.mark.parametrize("who", ["mark", "olive", "tessa"])
def test_every_list_leads_somewhere(sign_in: SignIn, who: str) -> None:
    client = sign_in(who)
    for found_list in lists_of(who).values():
        assert client.get(found_list.url).status_code == 200
