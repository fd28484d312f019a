"""Acceptance: a confirmed award always ends with exactly one agreement, in its own transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import OutboxItem
from brokerage.core.errors import NotNow
from brokerage.core.tenants.context import acting, worker
from contracts import acceptance
from contracts.models import Agreement
from contracts.terms import read_terms
from placements.models import Award, Person, Placement, Referral
from tests.cast import actor_of
from tests.scenarios import award, awarded, chosen

pytestmark = pytest.mark.django_db


def test_an_award_draws_up_its_agreement_and_queues_the_document() -> None:
    story, made = awarded()
    with acting(actor_of("oscar")):
        agreement = Agreement.objects.get()
        placement = Placement.objects.get()
        referral = Referral.objects.get(pk=story.referral.pk)
        assert (agreement.award_id, agreement.placement_id) == (made.pk, placement.pk)
        assert (made.status, agreement.status, placement.status) == ("confirmed", "drawn_up", "planned")
        assert referral.status == "awarded" and referral.awarded_at is not None
        terms = read_terms(agreement.terms)
        assert terms.terms_hash() == agreement.terms_hash
        assert terms.costs.weekly == agreement.weekly_total == placement.weekly_total == made.weekly_total
        assert terms.person.full_name == "Kestrel Quillfeather"
        assert terms.placement.name == "Birch House"
    with worker():
        assert OutboxItem.objects.get(kind="render_ipa").payload == {"agreement": str(agreement.pk)}


def test_an_agreement_says_in_words_what_is_kept_as_a_code() -> None:
    story, offers = chosen()
    with acting(actor_of("oscar")):
        Person.objects.filter(pk=story.referral.person_id).update(ethnicity="WBRI")
    made = award(offers[0])
    with acting(actor_of("oscar")):
        terms = read_terms(made.agreements.get().terms)
        assert terms.person.ethnicity == "White British"
        assert terms.mileage is not None and terms.mileage.per == "a day"


def test_the_provider_reads_its_agreement_and_a_rival_does_not() -> None:
    awarded()
    with acting(actor_of("bob")):
        assert Agreement.objects.count() == 1
    with acting(actor_of("cecil")):
        assert Agreement.objects.count() == 0
    with acting(actor_of("edith")):
        assert Agreement.objects.count() == 0


def test_an_award_above_the_limit_has_no_agreement_until_it_is_approved() -> None:
    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    tessa = actor_of("tessa")
    with acting(tessa):
        assert waiting.needs == ["money"] and not Agreement.objects.exists()
        acceptance.approve(tessa, award_id=waiting.pk, kind="money", reason="Best for him.")
        assert Agreement.objects.get().award_id == waiting.pk


def test_the_same_offer_twice_is_told_and_makes_nothing_new() -> None:
    _story, offers = chosen()
    award(offers[0])
    with pytest.raises(NotNow):
        award(offers[0])
    with pytest.raises(NotNow):
        award(offers[1])
    with acting(actor_of("oscar")):
        assert Award.objects.count() == Agreement.objects.count() == Placement.objects.count() == 1


def test_an_award_that_falls_through_cancels_its_agreement() -> None:
    _story, made = awarded()
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="The home closed a wing", because_of_provider=True)
        agreement = Agreement.objects.get()
        assert agreement.status == "cancelled" and agreement.cancel_reason == "The home closed a wing"
        assert Placement.objects.get().status == "cancelled"


def test_after_falling_through_another_award_has_an_agreement_of_its_own() -> None:
    _story, offers = chosen()
    oscar = actor_of("oscar")
    first = award(offers[0])
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=first.pk, reason="No longer wanted", because_of_provider=True)
    second = award(offers[1])
    with acting(oscar):
        assert second.status == "confirmed"
        assert list(Agreement.objects.order_by("created_at").values_list("status", flat=True)) == [
            "cancelled",
            "drawn_up",
        ]


def test_nothing_is_kept_when_the_agreement_cannot_be_drawn_up(monkeypatch: pytest.MonkeyPatch) -> None:
    _story, offers = chosen()

    def broken(*_given: Any, **_named: Any) -> None:
        raise ValueError("no terms")

    monkeypatch.setattr("contracts.acceptance.draw_up_agreement", broken)
    with pytest.raises(ValueError, match="no terms"):
        award(offers[0])
    with acting(actor_of("oscar")):
        assert not Award.objects.exists()
        assert Referral.objects.get().status == "published"


def test_the_value_over_the_stay_and_the_gates_it_reaches_are_kept_with_the_award() -> None:
    _story, made = awarded()
    assert made.estimated_value == made.weekly_total * 52
    assert made.gates == []
    with acting(actor_of("oscar")):
        offer = made.offer
        offer.referral.expected_weeks = 200
        offer.referral.save(update_fields=["expected_weeks"])
        value, gates = acceptance.value_of(offer)
    assert value == offer.weekly_total * Decimal(200)
    assert gates == ("procurement_threshold", "key_decision_limit")


def test_another_council_finds_no_such_offer() -> None:
    _story, offers = chosen()
    with pytest.raises(Http404):
        award(offers[0], who="edith", losers={})
