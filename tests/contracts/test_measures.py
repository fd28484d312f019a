"""From the commit of a measure on, at each level: not matched, no invitation, no offer, no award, nothing signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from brokerage.core.audit.models import Entry
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.models import Agreement
from dpv.eligibility import PROBLEM_TEXTS
from placements.actions.offers import start_offer, submit_offer
from placements.actions.publishing import publish_referral
from placements.queries.matching import candidates, wanted_of
from tests import scenarios
from tests.cast import actor_of, ident
from tests.dpv.measuring import LEVELS, in_force, lifted

pytestmark = pytest.mark.django_db

HOUSE = str(ident("admission birch-house"))
each_level = pytest.mark.parametrize("level", LEVELS)


def refused(act: Callable[[], Any], code: str = "measure_suspended") -> None:
    with pytest.raises(RuleBroken) as refusal:
        act()
    assert refusal.value.code == code


def signable() -> Agreement:
    """An agreement of Birch House that is open for signing; its document is of no interest here."""
    _story, made = scenarios.awarded("birch-house")
    with acting(actor_of("oscar")):
        Agreement.objects.filter(award_id=made.pk).update(status="awaiting_signatures")
        return Agreement.objects.get(award_id=made.pk)


def publish(reference: str, **changes: Any) -> Any:
    with acting(actor_of("olive")) as olive:
        return publish_referral(
            olive,
            reference=reference,
            lot_ids=[ident("lot T-RES")],
            **{"chosen": [HOUSE], "left_out_reason": "Full.", **changes},
        )


@each_level
def test_it_is_excluded_by_matching_with_the_reason_and_cannot_be_invited(level: str) -> None:
    draft = scenarios.draft_referral()
    made = in_force(**LEVELS[level])
    with acting(actor_of("olive")):
        found = candidates([ident("lot T-RES")], wanted_of(draft), dt.date.today())
        by_home = {home.establishment_id: home for home in found}
        assert "measure_suspended" in by_home[ident("birch-house")].reasons
        assert str(PROBLEM_TEXTS["measure_suspended"]) in by_home[ident("birch-house")].explanations
        others = [home for home in found if home.is_eligible]
        assert others, "other homes can be invited"
    refused(lambda: publish(draft.reference), "not_eligible")
    assert publish(draft.reference, chosen=[others[0].key]).status == "published"
    lifted(made)


@each_level
def test_under_an_open_invitation_nobody_offers_any_more(level: str) -> None:
    story = scenarios.invited("birch-house")
    draft = scenarios.drafted_offer(story=scenarios.invited("birch-house"))
    made = in_force(**LEVELS[level])
    with acting(actor_of("bob")) as bob:
        refused(lambda: start_offer(bob, invitation_id=story.invitations["birch-house"].pk))
        refused(lambda: submit_offer(bob, offer_id=draft.pk))
    lifted(made)
    with acting(actor_of("bob")) as bob:
        assert submit_offer(bob, offer_id=draft.pk).status == "submitted"


@each_level
def test_a_live_offer_is_not_accepted_nor_a_waiting_award_approved(level: str) -> None:
    _story, offers = scenarios.chosen("birch-house", "cedar-house")
    _waits, (other,) = scenarios.chosen("birch-house", who="olive")
    waiting = scenarios.award(other, who="olive")
    in_force(kind="bar", **LEVELS[level])
    refused(lambda: scenarios.award(offers[0]), "measure_barred")
    with acting(actor_of("tessa")) as tessa:
        refused(lambda: acceptance.approve(tessa, award_id=waiting.pk, kind="money"), "measure_barred")
    assert scenarios.award(offers[1], reason="It is the other home that answers.").status == "confirmed"


@each_level
@pytest.mark.parametrize("has_one_signature", [False, True])
def test_an_unsigned_award_is_not_signed_until_it_is_lifted(level: str, has_one_signature: bool) -> None:
    agreement = signable()
    if has_one_signature:
        scenarios.sign(agreement, who="tessa")
    made = in_force(**LEVELS[level])
    for who in ("bob",) if has_one_signature else ("bob", "tessa"):
        with pytest.raises(RuleBroken, match="nobody can sign") as refusal:
            scenarios.sign(agreement, who=who)
        assert (refusal.value.code, refusal.value.field) == ("measure_suspended", "agree")
    lifted(made)
    scenarios.sign(agreement, who="bob")


def test_instead_of_signing_the_award_may_fall_through() -> None:
    agreement = signable()
    in_force(kind="bar")
    with acting(actor_of("oscar")) as oscar:
        gone = acceptance.let_fall_through(
            oscar, award_id=agreement.award_id, reason="The home is barred.", because_of_provider=True
        )
        assert gone.status == "fallen_through"


def test_the_page_says_why_nobody_signs(sign_in: Any) -> None:
    agreement = signable()
    in_force(kind="bar")
    for who, slug in (("tessa", "harrow"), ("bob", "birch")):
        page = sign_in(who).get(f"/o/{slug}/agreements/{agreement.reference}/").content.decode()
        assert "Barred by the central team: nobody can sign" in page and "Read and sign" not in page


def test_a_restricted_home_is_invited_and_chosen_with_a_reason_only() -> None:
    draft = scenarios.draft_referral()
    in_force(kind="restrict", establishment_id=ident("birch-house"))
    refused(lambda: publish(draft.reference), "restricted_reason_missing")
    refused(lambda: publish(draft.reference, restricted_reason="Zachariah knows it."), "discloses")
    publish(draft.reference, restricted_reason="Two adults at night are agreed.")
    with acting(actor_of("olive")) as olive:
        entry = Entry.objects.get(organisation_id=olive.organisation_id, kind="referral.published")
        assert entry.data["restricted_reason"] == "Two adults at night are agreed."
    _story, offers = scenarios.chosen("birch-house")
    refused(lambda: scenarios.award(offers[0], reason="Fits."), "reason_too_short")
    assert scenarios.award(offers[0]).status == "confirmed"
