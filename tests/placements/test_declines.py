"""Declines: a coded reason, told to the authority, taken back until closing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.http import Http404

from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, worker
from brokerage.core.vocabulary import DeclineReason
from placements.actions.declines import decline_invitation, take_back_decline
from placements.models import Decline, Invitation, Offer, Release
from tests.cast import actor_of
from tests.placements.offer_steps import SignIn
from tests.scenarios import Invited, drafted_offer, invited, submitted_offer

pytestmark = pytest.mark.django_db


def declined(story: Invited, reason: str = "no_vacancy", note: str = "") -> Decline:
    with acting(actor_of("bob")):
        invitation_id = story.invitations["birch-house"].pk
        return decline_invitation(actor_of("bob"), invitation_id=invitation_id, reason=reason, note=note)


def status_of(story: Invited) -> str:
    with acting(actor_of("olive")):
        return str(Invitation.objects.get(pk=story.invitations["birch-house"].pk).status)


@pytest.mark.parametrize("reason", [reason for reason in DeclineReason.values if reason != "other"])
def test_every_coded_reason_is_kept_and_read_by_the_authority(reason: str) -> None:
    story = invited()
    declined(story, reason)
    with acting(actor_of("olive")):
        assert Decline.objects.get(referral=story.referral).reason == reason
    assert status_of(story) == "declined"
    with worker():
        (payload,) = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
    assert payload["notices"][0]["template"] == "placements.declined"
    assert payload["notices"][0]["organisation_id"] == str(story.referral.authority_id)


@pytest.mark.parametrize(
    ("reason", "note", "code"),
    [
        ("", "", "reason_missing"),
        ("because", "", "reason_missing"),
        ("other", " ", "note_missing"),
        ("risk", "x" * 1001, "text_too_long"),
        ("match", "A girl called Tom Bramble lives here.", "discloses_person"),
    ],
)
def test_a_decline_needs_a_reason_and_names_nobody(reason: str, note: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        declined(invited(), reason, note)
    assert refused.value.code == code


def test_declining_twice_is_one_decline() -> None:
    story = invited()
    assert declined(story) == declined(story, "risk")


def test_a_decline_is_taken_back_until_closing() -> None:
    story = invited()
    declined(story)
    bob = actor_of("bob")
    invitation_id = story.invitations["birch-house"].pk
    with acting(bob):
        take_back_decline(bob, invitation_id=invitation_id)
        take_back_decline(bob, invitation_id=invitation_id)
    assert status_of(story) == "open"
    again = declined(story, "risk")
    with acting(actor_of("olive")):
        now = database_now()
        assert Decline.objects.get(withdrawn_at__isnull=True) == again
        Release.objects.filter(pk=story.releases["birch"].pk).update(closes_at=now - dt.timedelta(seconds=1))
    with acting(bob), pytest.raises(NotNow):
        take_back_decline(bob, invitation_id=invitation_id)


def test_nobody_declines_while_an_offer_stands() -> None:
    for sealed in (False, True):
        story = invited(sealed=sealed)
        submitted_offer("bob", story=story)
        with pytest.raises(NotNow, match="Withdraw it"):
            declined(story)


def test_offering_after_declining_takes_the_decline_back() -> None:
    story = invited()
    draft = drafted_offer("bob", story=story)
    declined(story)
    with acting(actor_of("bob")):
        assert Offer.objects.get(pk=draft.pk).status == "draft"
    submitted_offer("bob", story=story)
    assert status_of(story) == "offered"
    with acting(actor_of("olive")):
        assert not Decline.objects.filter(withdrawn_at__isnull=True).exists()


def test_after_a_sealed_decline_an_offer_shows_as_an_open_invitation() -> None:
    story = invited(sealed=True)
    declined(story)
    submitted_offer("bob", story=story)
    assert status_of(story) == "open"


def test_only_the_invited_and_permitted_decline() -> None:
    story = invited()
    invitation_id = story.invitations["birch-house"].pk
    cecil = actor_of("cecil")
    with acting(cecil), pytest.raises(Http404):
        decline_invitation(cecil, invitation_id=invitation_id, reason="risk")
    reader = replace(actor_of("bob"), permissions=frozenset({"inbox.view"}))
    with acting(reader), pytest.raises(NotPermitted):
        decline_invitation(reader, invitation_id=invitation_id, reason="risk")


def test_declining_through_the_pages(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    page = f"/o/birch/inbox/{story.reference}/decline/{story.invitations['birch-house'].pk}/"
    assert "Why do you decline?" in client.get(page).content.decode()
    refused = client.post(page, {"reason": "other", "note": ""})
    assert refused.status_code == 422 and "Say why in a few words" in refused.content.decode()
    assert client.post(page, {"reason": "staffing", "note": "One vacancy on nights."}).status_code == 302
    assert client.post(page, {"reason": "staffing", "note": ""}).status_code == 302
    shown = client.get(f"/o/birch/inbox/{story.reference}/").content.decode()
    assert "One vacancy on nights." in shown and "Take back your decline" in shown
    assert client.post(f"{page}take-back/").status_code == 302
    assert status_of(story) == "open"
    other = sign_in("cecil")
    assert other.get(page.replace("birch", "cedar")).status_code == 404
    assert other.post(f"{page.replace('birch', 'cedar')}take-back/").status_code == 404
