"""The pages of comparing, choosing, approving and letting go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from dpv.models import Admission, Ceiling
from placements.models import Award, Offer, Referral
from providers.models import Establishment
from tests.cast import actor_of, ident
from tests.scenarios import HOMES, Invited, award, chosen, invited, standing_offer, with_person

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def _compare(story: Invited) -> str:
    return f"/o/harrow/referrals/{story.reference}/compare/"


def _accept(story: Invited, offer: Offer) -> str:
    return f"/o/harrow/referrals/{story.reference}/offers/{offer.pk}/accept/"


def _answers(offers: list[Offer], **changes: Any) -> dict[str, Any]:
    return {
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "child_prefers": "He liked the garden.",
        "family_prefers": "",
        "social_worker_prefers": "",
        "revision": offers[0].revision,
        **{f"loser_{other.pk}": "Another home matched better." for other in offers[1:]},
        **changes,
    }


def test_the_comparison_shows_each_offer_with_its_price_and_answers(sign_in: SignIn) -> None:
    story, offers = chosen()
    page = sign_in("oscar").get(_compare(story)).content.decode()
    for said in (
        "Birch House",
        "Cedar House",
        "Permanence discount",
        "Trained staff, weekly supervision, a written plan.",
        "Ranked 1",
        "The ranking is advice",
        "4.2 miles",
        "In our area",
        "Self-harm",
    ):
        assert said in page, said
    assert f"{offers[0].weekly_total:,}" in page


def test_the_ranking_follows_the_method_asked_for(sign_in: SignIn) -> None:
    story, _offers = chosen()
    page = sign_in("oscar").get(_compare(story), {"method": "price_per_quality"}).content.decode()
    assert "quality points" in page
    assert sign_in("oscar").get(_compare(story), {"method": "nonsense"}).status_code == 200


def test_nothing_to_compare_says_what_to_do(sign_in: SignIn) -> None:
    story = with_person(invited(closes_in=dt.timedelta(hours=-1)))
    page = sign_in("olive").get(_compare(story)).content.decode()
    assert "No offer stands" in page and "Go to the referral" in page


def test_who_may_compare(sign_in: SignIn) -> None:
    story, offers = chosen()
    assert sign_in("tessa").get(_compare(story)).status_code == 200
    assert sign_in("sandra").get(_compare(story)).status_code == 403
    assert sign_in("edith").get(f"/o/ealing/referrals/{story.reference}/compare/").status_code == 404
    assert sign_in("connie").get(_accept(story, offers[0])).status_code == 403


def test_choosing_checking_and_awarding(sign_in: SignIn) -> None:
    story, offers = chosen()
    client = sign_in("oscar")
    form = client.get(_accept(story, offers[0])).content.decode()
    assert "the award is confirmed at once" in form and "The weekly price was too high" in form
    check = client.post(_accept(story, offers[0]), _answers(offers)).content.decode()
    assert "Check before you award" in check and "Child or adult: He liked the garden." in check
    with acting(actor_of("oscar")):
        assert not Award.objects.exists()
    response = client.post(_accept(story, offers[0]), _answers(offers, confirm="yes"))
    with acting(actor_of("oscar")):
        made = Award.objects.get()
        agreement = Agreement.objects.get()
        assert made.preferences == "Child or adult: He liked the garden."
        assert [each["place"] for each in made.ranking] == [1, 2]
    assert response.status_code == 302 and response["Location"] == f"/o/harrow/approvals/{made.pk}/"
    page = client.get(response["Location"]).content.decode()
    assert agreement.reference in page and "It fell through" in page


def test_the_form_says_which_approvals_will_be_needed(sign_in: SignIn) -> None:
    story, offers = chosen(who="olive")
    page = sign_in("olive").get(_accept(story, offers[0])).content.decode()
    assert "Needs a team manager: the weekly price is above your limit" in page


def test_a_missing_reason_is_shown_beside_its_field(sign_in: SignIn) -> None:
    story, offers = chosen()
    answers = _answers(offers, reason="", **{f"loser_{offers[1].pk}": ""})
    page = sign_in("oscar").post(_accept(story, offers[0]), answers).content.decode()
    assert "Say why you choose this offer" in page and "Say why Cedar House was not chosen" in page
    assert "He liked the garden." in page, "nothing typed is lost"


def test_a_rule_of_the_award_is_shown_beside_its_field(sign_in: SignIn) -> None:
    story, offers = chosen()
    answers = {**_answers([offers[1], offers[0]]), "reason_code": "cheapest", "confirm": "yes"}
    page = sign_in("oscar").post(_accept(story, offers[1]), answers).content.decode()
    assert "Another offer costs less; choose another reason" in page


def test_before_closing_the_form_asks_for_it(sign_in: SignIn) -> None:
    story, offers = chosen(closes_in=dt.timedelta(days=1))
    client = sign_in("oscar")
    page = client.post(_accept(story, offers[0]), _answers(offers, confirm="yes")).content.decode()
    assert "Say that you choose before the closing time, or wait until then" in page
    done = client.post(_accept(story, offers[0]), _answers(offers, confirm="yes", before_closing="on"))
    assert done.status_code == 302


def test_change_brings_the_form_back_as_it_was(sign_in: SignIn) -> None:
    story, offers = chosen()
    page = sign_in("oscar").post(_accept(story, offers[0]), _answers(offers, change="yes")).content.decode()
    assert "He liked the garden." in page and "Check before you award" not in page


def test_the_back_button_after_an_award(sign_in: SignIn) -> None:
    story, offers = chosen()
    client = sign_in("oscar")
    first = client.post(_accept(story, offers[0]), _answers(offers, confirm="yes"))
    again = client.post(_accept(story, offers[0]), _answers(offers, confirm="yes"))
    assert again.status_code == 302 and again["Location"] == first["Location"]
    assert "Nothing was done twice" in client.get(again["Location"]).content.decode()
    other = client.post(_accept(story, offers[1]), _answers([offers[1], offers[0]], confirm="yes"))
    assert other.status_code == 409
    assert "Another offer has been chosen for this referral meanwhile" in other.content.decode()
    assert client.get(_accept(story, offers[0])).status_code == 302
    with acting(actor_of("oscar")):
        assert Award.objects.count() == Agreement.objects.count() == 1


def test_an_offer_that_no_longer_stands(sign_in: SignIn) -> None:
    story, offers = chosen()
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offers[0].pk).update(status="withdrawn")
    response = sign_in("oscar").post(_accept(story, offers[0]), _answers(offers, confirm="yes"))
    assert response.status_code == 409 and "compare the offers again" in response.content.decode()


def test_an_approver_approves_on_the_page(sign_in: SignIn) -> None:
    story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    path = f"/o/harrow/approvals/{waiting.pk}/"
    olive, tessa = sign_in("olive"), sign_in("tessa")
    assert story.reference in tessa.get("/o/harrow/approvals/").content.decode()
    own = olive.get(path).content.decode()
    assert "somebody else decides" in own
    assert "Waits for a team manager: the weekly price is above the officer’s limit." in own
    assert olive.post(path, {"kind": "money", "decision": "approve"}).status_code == 409
    assert "Record decision" in tessa.get(path).content.decode()
    missing = tessa.post(path, {"kind": "money"}).content.decode()
    assert "Select whether you approve or refuse" in missing
    unexplained = tessa.post(path, {"kind": "money", "decision": "refuse", "reason": ""}).content.decode()
    assert "Say why you refuse" in unexplained
    assert tessa.post(path, {"kind": "money", "decision": "approve", "reason": ""}).status_code == 302
    with acting(actor_of("tessa")):
        assert Award.objects.get().status == "confirmed"
    assert tessa.post(path, {"kind": "money", "decision": "approve"}).status_code == 409
    assert story.reference not in tessa.get("/o/harrow/approvals/").content.decode()


def test_taking_back_and_falling_through_on_the_page(sign_in: SignIn) -> None:
    story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    olive = sign_in("olive")
    path = f"/o/harrow/approvals/{waiting.pk}/take-back/"
    assert "Say why you take the award back" in olive.post(path, {"reason": ""}).content.decode()
    assert olive.post(path, {"reason": "A better one came"}).status_code == 302
    assert olive.get(path).status_code == 409
    confirmed = award(offers[0], who="oscar")
    path = f"/o/harrow/approvals/{confirmed.pk}/fall-through/"
    oscar = sign_in("oscar")
    assert oscar.get(path).status_code == 200
    done = oscar.post(path, {"because_of_provider": "yes", "reason": "The home flooded"})
    assert done.status_code == 302 and done["Location"] == _compare(story)
    page = oscar.get(done["Location"]).content.decode()
    assert "Offers that no longer stand" in page and "Cedar House" in page
    with acting(actor_of("oscar")):
        assert Referral.objects.get().status == "published"


def _more_homes(monkeypatch: pytest.MonkeyPatch, count: int) -> list[str]:
    """Homes of Birch beyond the cast's, admitted to its lot with a ceiling."""
    names = [f"birch-{number}" for number in range(count)]
    columns = [
        field.attname for field in Establishment._meta.concrete_fields if field.attname not in ("id", "name", "urn")
    ]
    with acting(actor_of("carol")):
        like = Establishment.objects.values(*columns).get(pk=ident("birch-house"))
        for number, name in enumerate(names):
            Establishment.objects.create(id=ident(name), name=name, urn=f"SC98{number:04}", **like)
    with acting(actor_of("carol")):
        admission = Admission.objects.values("region_id", "vehicle_id", "lot_id", "provider_id", "admitted_on").get(
            pk=ident("admission birch-house")
        )
        for name in names:
            Admission.objects.create(
                id=ident(f"admission {name}"), establishment_id=ident(name), quality_score=Decimal(80), **admission
            )
            Ceiling.objects.create(
                region_id=admission["region_id"],
                provider_id=admission["provider_id"],
                admission_id=ident(f"admission {name}"),
                age_min=0,
                age_max=17,
                weekly=Decimal("9000.00"),
                valid_from=admission["admitted_on"],
            )
    for name in names:
        monkeypatch.setitem(HOMES, name, ("birch", "T-RES"))
    return names


def _queries(client: Client, path: str) -> int:
    """Savepoints stand in for the transaction's own begin and commit, so they are not counted."""
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len([each for each in queries if "SAVEPOINT" not in each["sql"]])


def test_the_comparison_takes_the_same_queries_for_1_10_and_30_offers(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = _more_homes(monkeypatch, 30)
    client = sign_in("oscar")
    counts = [_queries(client, _compare(chosen(*homes[:count])[0])) for count in (1, 10, 30)]
    assert counts[0] == counts[1] == counts[2] <= 25, counts


def test_the_approvals_take_the_same_queries_for_1_and_5_awards(sign_in: SignIn) -> None:
    client = sign_in("tessa")
    counts = []
    for more in (1, 4):
        for _each in range(more):
            _story, offers = chosen(who="olive")
            award(offers[0], who="olive")
        counts.append(_queries(client, "/o/harrow/approvals/"))
    assert counts[0] == counts[1] <= 25, counts


def test_a_sealed_comparison_shows_nothing_before_closing(sign_in: SignIn) -> None:
    story = with_person(invited("birch-house", who="oscar", sealed=True), who="oscar")
    standing_offer(story, opens_at=database_now() + dt.timedelta(days=3))
    page = sign_in("oscar").get(_compare(story)).content.decode()
    assert "Offers are sealed" in page and "Birch House" not in page
