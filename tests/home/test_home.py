"""Home pages: each role sees what waits for it, empty pages say what to do next, counts of queries stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.home import authority, central, provider
from brokerage.home.lists import SHOWN, WorkList
from contracts.models import Agreement, Signature
from dpv.actions.suspensions import suspend_admission
from dpv.models import Ceiling
from placements.actions.clarifications import ask_clarification
from placements.models import Offer, Placement, Referral
from providers.models import Establishment, Insurance, Occupancy
from tests.cast import PEOPLE, TODAY, actor_of, ident, user_of
from tests.scenarios import (
    award,
    awarded,
    chosen,
    draft_referral,
    drafted_offer,
    invited,
    standing_offer,
)

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
HOUR = dt.timedelta(hours=1)


def lists_of(who: str) -> dict[str, WorkList]:
    actor = actor_of(who)
    work = {"authority": authority.work_of, "provider": provider.work_of, "central": central.work_of}[actor.kind]
    with acting(actor):
        return {str(item.title): item for item in work(actor, database_now())}


def waiting(who: str, title: str) -> list[str]:
    found = lists_of(who)[title]
    assert found.count >= len(found.entries)
    return [str(entry.label) for entry in found.entries]


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_everybody_has_a_home_page(sign_in: SignIn, who: str) -> None:
    answer = sign_in(who).get(f"/o/{PEOPLE[who][1]}/")
    assert answer.status_code == 200 and answer.content.count(b"<h1") == 1


def test_an_officer_with_nothing_to_do_is_told_what_to_do_next(sign_in: SignIn) -> None:
    page = sign_in("olive").get("/o/harrow/").content.decode()
    assert "Nothing waits for you" in page and "Start a referral" in page and "/o/harrow/referrals/new/" in page


def test_what_an_officer_has_to_do(sign_in: SignIn) -> None:
    draft = draft_referral()
    soon = invited("birch-house", closes_in=3 * HOUR)
    later = invited("birch-house", closes_in=dt.timedelta(days=4))
    with_offer = invited("birch-house", "cedar-house", closes_in=-HOUR)
    standing_offer(with_offer, "birch-house")
    without = invited("birch-house", closes_in=-2 * HOUR)
    standing_offer(later, "birch-house", "3700.00")
    with acting(actor_of("bob")) as bob:
        ask_clarification(bob, release=later.releases["birch"], question="Is there a dog?")
    lists = lists_of("olive")
    assert waiting("olive", "Drafts to finish") == [draft.reference]
    assert waiting("olive", "Closing within 24 hours") == [soon.reference]
    assert waiting("olive", "Closed without an award") == [without.reference, with_offer.reference]
    assert waiting("olive", "Questions to answer") == [later.reference]
    assert waiting("olive", "New offers") == [later.reference]
    assert lists["Closed without an award"].count == 2
    closed = lists["Closed without an award"].entries
    assert str(closed[0].hint).startswith("No offer") and closed[0].url.endswith("/change/")
    assert closed[1].hint == "1 offer to compare" and closed[1].url.endswith("/compare/")
    page = sign_in("olive").get("/o/harrow/").content.decode()
    for story in (soon, later, with_offer, without):
        assert story.reference in page
    assert draft.reference in page and "Quillfeather" not in page
    # Another officer's drafts are theirs; the running referrals are everybody's.
    assert waiting("oscar", "Drafts to finish") == []
    assert waiting("oscar", "Closing within 24 hours") == [soon.reference]
    assert waiting("edith", "Closing within 24 hours") == []


def test_awards_wait_for_the_approver_and_the_officer_knows() -> None:
    story, offers = chosen(who="olive")
    award(offers[0], who="olive")
    assert waiting("olive", "Waiting for approval") == [story.reference]
    assert waiting("tessa", "Awards to approve") == [story.reference]
    assert "Awards to approve" not in lists_of("sam")


def test_agreements_wait_for_each_side_until_it_has_signed() -> None:
    _story, made = awarded("birch-house")
    with acting(actor_of("oscar")):
        Agreement.objects.update(status="awaiting_signatures")
        Placement.objects.update(planned_start_on=TODAY)
        agreement, placement = Agreement.objects.get(award_id=made.pk), Placement.objects.get()
    assert waiting("sam", "Agreements to sign") == waiting("bob", "Agreements to sign") == [agreement.reference]
    assert waiting("oscar", "Agreements not signed yet") == [agreement.reference]
    assert waiting("oscar", "Moves to confirm") == [placement.reference]
    assert "Agreements to sign" not in lists_of("cecil")
    with acting(actor_of("sam")) as sam:
        Signature.objects.create(
            agreement=agreement,
            authority_id=agreement.authority_id,
            provider_id=agreement.provider_id,
            side="authority",
            user_id=sam.user_id,
            name=sam.name,
            role="Head of service",
            method="password",
            proved_at=database_now(),
            terms_hash=agreement.terms_hash,
            document_sha256="0" * 64,
            evidence_hash="0" * 64,
        )
    assert waiting("sam", "Agreements to sign") == [] and waiting("bob", "Agreements to sign")


def test_a_social_worker_sees_their_own_referrals_only(sign_in: SignIn) -> None:
    mine, other = invited("birch-house"), invited("birch-house")
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=mine.referral.pk).update(social_worker_id=user_of("sandra").pk)
    assert waiting("sandra", "Your referrals") == [mine.reference]
    page = sign_in("sandra").get("/o/harrow/").content.decode()
    assert mine.reference in page and other.reference not in page and "Compare" not in page


def test_those_who_watch_spend_see_figures(sign_in: SignIn) -> None:
    for who in ("connie", "fiona", "tessa"):
        page = sign_in(who).get("/o/harrow/").content.decode()
        assert "Committed a week" in page and "/o/harrow/spend/" in page
    assert "Committed a week" not in sign_in("olive").get("/o/harrow/").content.decode()


def test_what_a_provider_has_to_do() -> None:
    open_one = invited("birch-house", closes_in=5 * HOUR)
    begun = invited("birch-house", closes_in=9 * HOUR)
    again = invited("birch-house", closes_in=7 * HOUR)
    invited("birch-house", closes_in=-HOUR)
    drafted_offer("bob", story=begun)
    offer = standing_offer(again)
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
        Occupancy.objects.filter(establishment_id=ident("birch-lodge")).update(
            updated_at=database_now() - dt.timedelta(days=8)
        )
        Insurance.objects.filter(kind="public_liability").update(expires_on=TODAY + dt.timedelta(days=10))
    assert waiting("bob", "Referrals to answer") == [open_one.reference, begun.reference]
    assert waiting("bob", "Offers to finish") == [begun.reference]
    assert waiting("bob", "Offers to confirm again") == [again.reference]
    assert waiting("bob", "Vacancies to check") == ["Birch Lodge"]
    assert waiting("bob", "Insurance to renew") == ["Public liability"]
    assert waiting("cecil", "Referrals to answer") == []
    with acting(actor_of("bob")) as bob:
        Insurance.objects.create(
            provider_id=bob.organisation_id,
            kind="public_liability",
            cover_amount=Decimal("10000000"),
            starts_on=TODAY + dt.timedelta(days=11),
            expires_on=TODAY + dt.timedelta(days=376),
        )
    assert waiting("bob", "Insurance to renew") == []


def test_what_a_central_team_has_to_do(sign_in: SignIn) -> None:
    assert "Nothing waits for you" in sign_in("carol").get("/o/west-london-central/").content.decode()
    house = ident("admission birch-house")
    with acting(actor_of("carol")) as carol:
        suspend_admission(carol, admission_id=house, reason="Concern.", review_on=TODAY + dt.timedelta(days=3))
        Establishment.objects.filter(pk=ident("cedar-house")).update(registration_status="suspended")
        Ceiling.objects.filter(pk=ident("ceiling birch-lodge")).update(valid_to=TODAY + dt.timedelta(days=20))
        Insurance.objects.filter(provider_id=ident("alder"), kind="employers_liability").update(
            expires_on=TODAY - dt.timedelta(days=1)
        )
    assert waiting("carol", "Suspensions to review") == ["Birch House, T-RES STD"]
    assert waiting("carol", "Admitted, registration not active") == ["Cedar House, T-RES STD"]
    assert waiting("carol", "Insurance ending") == ["Alder Care Ltd"]
    assert waiting("carol", "Ceiling prices ending") == ["Birch Lodge, T-RES STD"]
    page = sign_in("carol").get("/o/west-london-central/").content.decode()
    assert f"/o/west-london-central/admissions/{house}/" in page
    for title, found in lists_of("wendy").items():
        assert found.count == 0, title
    assert waiting("hugh", "Authorities you act for") == ["Ealing"]


def test_long_lists_show_the_first_and_count_all() -> None:
    for _number in range(SHOWN + 3):
        invited("birch-house", closes_in=HOUR)
    found = lists_of("olive")["Closing within 24 hours"]
    assert found.count == SHOWN + 3 and len(found.entries) == SHOWN


@pytest.mark.parametrize(("who", "page"), [("olive", "/o/harrow/"), ("bob", "/o/birch/")])
def test_the_page_asks_the_same_number_of_questions_for_many(sign_in: SignIn, who: str, page: str) -> None:
    client = sign_in(who)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    def more() -> None:
        standing_offer(invited("birch-house", "cedar-house", closes_in=HOUR), "cedar-house")
        standing_offer(invited("birch-house", closes_in=-HOUR))
        draft_referral()

    more()
    count()
    few = count()
    for _number in range(4):
        more()
    assert count() == few <= 35
