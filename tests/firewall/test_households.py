"""A carer household on hold, retired or approved for other ages: nobody new at any door, and whoever lives with one
that is retired or approved for others is found at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.models import Agreement
from dpv.eligibility import PROBLEM_TEXTS, problems_of
from placements.actions.offers import make_offer, revise_offer, save_offer_draft, start_offer, submit_offer
from placements.actions.publishing import publish_referral
from placements.models import Award, Offer, Person, Placement
from placements.offer_answers import OfferAnswers
from placements.queries.offer_terms import answers_of
from providers.actions.households import HouseholdFacts, change_household, hold_household, retire_household
from providers.consequences import homes_of, totals
from providers.models import CarerHousehold, ImportProblem, Occupancy
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.firewall.finding import check, findings, living
from tests.firewall.test_imports import do_queued, queued
from tests.providers.test_imports import bring_in

pytestmark = pytest.mark.django_db

AGENCY, HOUSEHOLD, OTHER = ident("alder-fostering"), ident("ALD-1"), ident("ALD-2")
ADMISSION = ident("admission alder-fostering")


def hold(household: Any = HOUSEHOLD) -> None:
    with acting(actor_of("alice")) as alice:
        hold_household(alice, household_id=household, is_on_hold=True)


def retire(household: Any = HOUSEHOLD, on: dt.date = TODAY) -> None:
    with acting(actor_of("carol")) as carol:
        retire_household(carol, household_id=household, on=on)


def approve_for(age_min: int = 0, age_max: int = 10, household: Any = HOUSEHOLD) -> None:
    """As the agency says after its panel."""
    with acting(actor_of("alice")) as alice:
        known = CarerHousehold.objects.get(pk=household)
        names = (*("outward", "sex_accepted", "needs", "adults", "children_ages", "pets", "smoking"), "languages")
        kept = {name: getattr(known, name) for name in (*names, "faiths", "approved_on")}
        places = Occupancy.objects.get(household=household).places
        facts = HouseholdFacts(age_min=age_min, age_max=age_max, places=places, **kept)
        change_household(alice, household_id=household, facts=facts)


CAUSES: dict[str, Callable[[], None]] = {
    "household_on_hold": hold,
    "household_retired": retire,
    "household_age": approve_for,
}


def lives_with(household: str = "ALD-1", **columns: Any) -> Placement:
    return living("alder-fostering", category="fostering", household_id=ident(household), **columns)


def refused(code: str, act: Callable[[], object], field: str | None) -> None:
    with pytest.raises(RuleBroken) as refusal:
        act()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert str(refusal.value) == str(PROBLEM_TEXTS[code])


# -- the doors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["olive", "alice"])
@pytest.mark.parametrize("code", CAUSES)
def test_both_sides_are_told_the_same_of_the_household_that_is_meant(code: str, who: str) -> None:
    CAUSES[code]()
    with acting(actor_of(who)):
        for meant, found in ((HOUSEHOLD, [code]), (OTHER, []), (None, [])):
            assert problems_of([ADMISSION], TODAY, age=14, households={ADMISSION: meant}) == {ADMISSION: found}


@pytest.mark.parametrize("code", CAUSES)
def test_nobody_is_invited(code: str) -> None:
    draft = scenarios.draft_referral(category="fostering")
    CAUSES[code]()
    with acting(actor_of("olive")) as olive, pytest.raises(RuleBroken) as refusal:
        chosen, lots = [f"{ADMISSION}:{HOUSEHOLD}"], [ident("lot T-FOST")]
        publish_referral(olive, reference=draft.reference, lot_ids=lots, chosen=chosen, left_out_reason="Far away.")
    assert refusal.value.code == "not_eligible"


@pytest.mark.parametrize("code", CAUSES)
def test_an_offer_is_neither_sent_nor_changed_nor_made(code: str) -> None:
    draft = scenarios.drafted_offer(home="alder-fostering")
    standing = scenarios.submitted_offer(home="alder-fostering")
    story = scenarios.invited("alder-fostering")
    CAUSES[code]()
    with acting(actor_of("alice")) as alice:
        refused(code, lambda: submit_offer(alice, offer_id=draft.pk), "household_id")
        answers = answers_of(Offer.objects.get(pk=standing.pk))
        refused(code, lambda: revise_offer(alice, offer_id=standing.pk, answers=answers), "household_id")
        given = OfferAnswers(**scenarios.offer_answers(story, weekly_core=Decimal("850.00"), household_id=HOUSEHOLD))
        invitation = story.invitations["alder-fostering"].pk
        refused(code, lambda: make_offer(alice, invitation_id=invitation, answers=given), "household_id")
        # The other household may be offered instead; what was written so far is kept all the same.
        save_offer_draft(alice, offer_id=draft.pk, answers=replace(answers, staffing="Two carers."))
        save_offer_draft(alice, offer_id=draft.pk, answers=replace(answers, household_id=OTHER))
        assert submit_offer(alice, offer_id=draft.pk).status == "submitted"


def test_no_offer_is_begun_where_no_household_invited_is_left() -> None:
    story = scenarios.invited("alder-fostering")
    invitation = story.invitations["alder-fostering"].pk
    hold()
    retire(OTHER)
    with acting(actor_of("alice")) as alice:
        refused("household_on_hold", lambda: start_offer(alice, invitation_id=invitation), None)


def test_the_form_says_it_beside_the_household(sign_in: Any) -> None:
    draft = scenarios.drafted_offer(home="alder-fostering")
    hold()
    page = sign_in("alice").get(f"/o/alder/offers/{draft.pk}/check/").content.decode()
    form = sign_in("alice").get(f"/o/alder/offers/{draft.pk}/edit/").content.decode()
    assert form.count("Not available: The carer household is on hold") == 1
    said = re.search(r'<a href="([^"]*)">The carer household is on hold', page)
    assert said is not None and said[1].endswith("#id_household_id")


@pytest.mark.parametrize("code", CAUSES)
def test_nobody_is_awarded(code: str) -> None:
    _story, (offer,) = scenarios.chosen("alder-fostering")
    CAUSES[code]()
    refused(code, lambda: scenarios.award(offer), "offer")
    with acting(actor_of("oscar")):
        assert not Award.objects.exists() and Occupancy.objects.get(household_id=HOUSEHOLD).taken == 0


@pytest.mark.parametrize("code", CAUSES)
def test_no_award_is_approved(code: str) -> None:
    _story, (offer,) = scenarios.chosen("alder-fostering", who="olive")
    waiting = scenarios.award(offer, who=replace(actor_of("olive"), weekly_limit=Decimal(100)))
    assert waiting.status == "awaiting_approval"
    CAUSES[code]()
    with acting(actor_of("tessa")) as tessa:
        refused(code, lambda: acceptance.approve(tessa, award_id=waiting.pk, kind="money"), "offer")


def waiting_for_signatures() -> Agreement:
    _story, award = scenarios.awarded("alder-fostering")
    with acting(actor_of("oscar")):
        Agreement.objects.filter(award_id=award.pk).update(status="awaiting_signatures")
        return Agreement.objects.get(award_id=award.pk)


def test_both_sides_sign_for_a_household_that_its_agency_then_puts_on_hold() -> None:
    agreement = waiting_for_signatures()
    hold()
    scenarios.sign(agreement, who="sam")
    scenarios.sign(agreement, who="alice")
    with acting(actor_of("oscar")):
        assert Agreement.objects.get(pk=agreement.pk).status == "signed"


@pytest.mark.parametrize("code", ["household_retired", "household_age"])
def test_neither_side_signs(code: str) -> None:
    agreement = waiting_for_signatures()
    CAUSES[code]()
    refused(code, lambda: scenarios.sign(agreement, who="sam"), "agree")
    if code != "household_age":  # the provider's side is not told how old the person is
        refused(code, lambda: scenarios.sign(agreement, who="alice"), "agree")


def test_the_age_that_counts_is_that_of_the_first_day() -> None:
    story, (offer,) = scenarios.chosen("alder-fostering")
    approve_for(age_max=14)
    with acting(actor_of("oscar")):
        birthday = offer.starts_on - dt.timedelta(days=1)
        born = dt.date(birthday.year - 15, birthday.month, min(birthday.day, 28))
        Person.objects.filter(pk=story.referral.person_id).update(date_of_birth=born)
    refused("household_age", lambda: scenarios.award(offer), "offer")


def test_a_retired_household_is_no_longer_its_agencys_to_take_off_hold() -> None:
    retire()
    retire(on=TODAY - dt.timedelta(days=3))
    with acting(actor_of("alice")) as alice:
        assert CarerHousehold.objects.get(pk=HOUSEHOLD).retired_on == TODAY
        with pytest.raises(NotNow) as refusal:
            hold_household(alice, household_id=HOUSEHOLD, is_on_hold=False)
    assert refusal.value.code == "household_retired"


# -- those who live there -----------------------------------------------------------------------------------------


def test_who_lives_with_a_household_that_is_no_longer_approved_is_found() -> None:
    lives_with(), lives_with("ALD-2")
    made = check()
    assert made is not None and (made.checked, made.failing) == (2, 0)
    approve_for(age_max=13)
    retire(OTHER)
    check()
    assert sorted(one.codes for one in findings()) == [["household_age"], ["household_retired"]]
    approve_for(age_max=17)
    check()
    assert sorted((one.state, *one.codes) for one in findings()) == [
        ("cleared", "household_age"),
        ("open", "household_retired"),
    ]


def test_a_household_on_hold_is_no_finding_for_those_who_live_there() -> None:
    lives_with()
    hold()
    made = check()
    assert made is not None and made.failing == 0


@pytest.mark.parametrize("code", ["household_retired", "household_age"])
def test_the_firewall_looks_as_soon_as_it_is_said(code: str) -> None:
    lives_with()
    CAUSES[code]()
    assert queued() == [[str(AGENCY)]]
    do_queued()
    (one,) = findings()
    assert one.codes == [code]


def test_what_is_no_approval_makes_nobody_look() -> None:
    approve_for(age_max=17)
    hold()
    assert queued() == []


def test_the_closure_of_a_household_is_a_finding_for_those_who_live_there() -> None:
    from brokerage.safeguarding.closures.actions.announcing import announce_closure, close_home
    from tests.closures.test_closures import facts

    lives_with()
    with acting(actor_of("carol")) as carol:
        told = facts(provider_id=ident("alder"), establishment_id=AGENCY, household_id=HOUSEHOLD)
        closure = announce_closure(carol, facts=told)
        close_home(carol, reference=closure.reference, closed_on=TODAY)
    do_queued()
    assert [one.codes for one in findings()] == [["household_retired"]]


# -- a list of households -----------------------------------------------------------------------------------------

_COLUMNS = (
    "agency_urn,code,outward,age_min,age_max,places,places_taken,sex_accepted,adults,children_ages,pets,smoking,"
    "languages,faiths,needs,status,approved_on"
)


def listed(
    status: str = "active",
    ages: str = "0,17",
    approved_on: str = "2024-01-01",
    code: str = "ALD-1",
    needs: str = "missing",
) -> bytes:
    """The household as its list names it."""
    row = f"SC990000,{code},HA1,{ages},2,0,any,2,,,no,en,,{needs},{status},{approved_on}"
    return "\n".join([_COLUMNS, row, ""]).encode()


def brought_in(content: bytes, **options: Any) -> Any:
    return bring_in(content, "households", **options)


@pytest.mark.parametrize("status, ages, placements", [("active", "0,12", 1), ("on_hold", "0,17", 0)])
def test_the_check_of_a_list_says_what_it_triggers(status: str, ages: str, placements: int) -> None:
    lives_with()
    scenarios.submitted_offer(home="alder-fostering")
    scenarios.awarded("alder-fostering")
    lives_with("ALD-2")
    brought_in(listed())
    told = totals(checked := brought_in(listed(status, ages), dry_run=True))
    assert (told["households"], told["offers"], told["awards"]) == (1, 1, 1)
    # On hold nobody who lives there is told; the awarded one is to live there as well.
    assert told["placements"] == 2 * placements
    assert [row["name"] for row in homes_of(checked)] == ["Alder Fostering"]
    assert not findings()
    brought_in(listed(status, ages))
    do_queued()
    assert len(findings()) == 2 * placements
    assert totals(brought_in(listed(status, ages), dry_run=True))["homes"] == 0


def test_an_agencys_invitation_is_hit_when_no_household_of_it_is_left() -> None:
    scenarios.invited("alder-fostering")
    brought_in(listed())
    assert totals(brought_in(listed("on_hold"), dry_run=True))["invitations"] == 0
    hold(OTHER)
    assert totals(brought_in(listed("on_hold"), dry_run=True))["invitations"] == 1


def test_a_list_brings_a_retired_household_back_by_a_later_approval_only() -> None:
    retire()
    with acting(actor_of("carol")):
        run = brought_in(listed())
        assert run.rows_refused == 1 and ImportProblem.objects.get(run=run).column == "status"
        assert brought_in(listed("on_hold")).rows_refused == 0
        assert CarerHousehold.objects.get(pk=HOUSEHOLD).retired_on == TODAY
        CarerHousehold.objects.filter(pk=HOUSEHOLD).update(retired_on=dt.date(2024, 6, 1))
        assert brought_in(listed(approved_on="2024-06-02")).rows_refused == 0
        household = CarerHousehold.objects.get(pk=HOUSEHOLD)
        assert household.retired_on is None and not household.is_on_hold
