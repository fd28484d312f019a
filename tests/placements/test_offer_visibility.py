"""Who learns of an offer and when: the authority from submission, of a sealed one from opening; rivals never."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.context import acting, worker
from placements.actions.offers import (
    OfferAnswers,
    reconfirm_offer,
    revise_offer,
    save_offer_draft,
    start_offer,
    submit_offer,
    withdraw_offer,
)
from placements.models import Offer
from placements.queries.offer_terms import answers_of
from tests.cast import actor_of
from tests.scenarios import Invited, drafted_offer, invited, submitted_offer

pytestmark = pytest.mark.django_db


def test_the_authority_sees_an_offer_from_submission_and_is_told() -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    with acting(actor_of("olive")):
        assert not Offer.objects.filter(pk=draft.pk).exists()
    with acting(actor_of("bob")):
        submit_offer(actor_of("bob"), offer_id=draft.pk)
    with acting(actor_of("olive")):
        assert Offer.objects.get(pk=draft.pk).weekly_total == Decimal("3686.00")
    assert notices_of("placements.offer_received", story) == 1


def notices_of(template: str, story: Invited) -> int:
    with worker():
        payloads = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        return sum(
            notice["template"] == template and notice["reference"] == story.reference
            for payload in payloads
            for notice in payload["notices"]
        )


def test_a_sealed_offer_leaves_no_trace_that_the_authority_can_read() -> None:
    story = invited(sealed=True)
    before = readable_by_authority(story)
    offer = submitted_offer("bob", story=story)
    bob = actor_of("bob")
    with acting(bob):
        revise_offer(bob, offer_id=offer.pk, answers=replace(answers_of(offer), weekly_core=Decimal("3500.00")))
    assert readable_by_authority(story) == before
    for template in ("placements.offer_received", "placements.offer_revised"):
        assert notices_of(template, story) == 0
    # For the database it is still the moment at which this test's one transaction began.
    opened = database_now() - dt.timedelta(hours=1)
    with acting(bob):
        Offer.objects.filter(pk=offer.pk).update(opens_at=opened)
    with acting(actor_of("olive")):
        assert Offer.objects.filter(pk=offer.pk).exists()


def readable_by_authority(story: Invited) -> dict[str, Any]:
    """Every row about the referral that the authority's role can read."""
    from django.apps import apps

    found = {}
    with acting(actor_of("olive")):
        for model in apps.get_models():
            names = {field.attname for field in model._meta.concrete_fields}
            if "referral_id" in names:
                found[model.__name__] = list(model._default_manager.filter(referral_id=story.referral.pk).values())
        found["Entry"] = list(Entry.objects.order_by("pk").values())
        found["Referral"] = list(type(story.referral)._default_manager.filter(pk=story.referral.pk).values())
    return found


def test_another_provider_finds_nothing() -> None:
    story = invited("birch-house", "cedar-house")
    offer = submitted_offer("bob", story=story)
    cecil = actor_of("cecil")
    with acting(cecil):
        for act in (withdraw_offer, submit_offer, reconfirm_offer):
            with pytest.raises(Http404):
                act(cecil, offer_id=offer.pk)
        with pytest.raises(Http404):
            save_offer_draft(cecil, offer_id=offer.pk, answers=OfferAnswers())
        with pytest.raises(Http404):
            start_offer(cecil, invitation_id=story.invitations["birch-house"].pk)


def test_a_role_that_may_not_write_offers_is_refused() -> None:
    story = invited()
    signatory = replace(actor_of("bob"), permissions=frozenset({"inbox.view"}))
    with acting(signatory), pytest.raises(NotPermitted):
        start_offer(signatory, invitation_id=story.invitations["birch-house"].pk)
    with acting(actor_of("olive")), pytest.raises(NotPermitted):
        start_offer(actor_of("olive"), invitation_id=story.invitations["birch-house"].pk)
