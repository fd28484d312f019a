"""Publishing and what may happen to a referral that runs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, worker
from dpv.models import Admission, Lot, RuleVersion
from dpv.queries.rules import rules_in_force
from placements.actions.publishing import invite_more, publish_referral
from placements.actions.referrals import save_section
from placements.actions.running import amend_referral, end_without_placement, extend_closing, widen_search
from placements.matching import candidate_key
from placements.models import Invitation, InvitedHousehold, Match, Offer, Referral, ReferralLot, Release
from providers.models import Establishment
from tests.cast import LONG_AGO, TODAY, actor_of, ident
from tests.scenarios import draft_referral, published_referral, standing_offer

pytestmark = pytest.mark.django_db

LOT = ident("lot T-RES")
ALL = [str(ident(f"admission {home}")) for home in ("birch-house", "birch-lodge", "cedar-house")]


def publish(reference: str, who: str = "olive", **changes: Any) -> Referral:
    with acting(actor_of(who)) as actor:
        return publish_referral(actor, **{"reference": reference, "lot_ids": [LOT], "chosen": ALL, **changes})


def refused(kind: type[Exception], reference: str, **changes: Any) -> Any:
    with pytest.raises(kind) as refusal:
        publish(reference, **changes)
    with acting(actor_of("olive")):
        assert not Release.objects.filter(reference=reference).exists()
        assert not Match.objects.filter(referral__reference=reference).exists()
    return refusal.value


def test_publishing_invites_releases_and_tells() -> None:
    draft = draft_referral()
    before = database_now()
    referral = publish(draft.reference)
    assert referral.status == "published" and referral.published_at is not None and referral.closes_at is not None
    # Planned: the vehicle's 120 hours.
    assert referral.closes_at - referral.published_at == dt.timedelta(hours=120) and referral.published_at >= before
    with acting(actor_of("olive")) as actor:
        assert {str(row.admission_id) for row in Invitation.objects.filter(referral=referral)} == set(ALL)
        assert Release.objects.filter(referral=referral).count() == 2
        assert list(ReferralLot.objects.filter(referral=referral).values_list("lot_id", flat=True)) == [LOT]
        assert set(Match.objects.filter(referral=referral).values_list("outcome", flat=True)) == {"invited"}
        entry = Entry.objects.get(organisation_id=actor.organisation_id, kind="referral.published")
        assert entry.data["invited"] == 3 and entry.data["excluded"] == 0
    with worker():
        notices = OutboxItem.objects.get(entry_id=entry.pk).payload["notices"]
    assert [notice["path"] for notice in sorted(notices, key=lambda each: each["path"])] == [
        f"/o/birch/inbox/{referral.reference}/",
        f"/o/cedar/inbox/{referral.reference}/",
    ]
    with acting(actor_of("bob")):
        release = Release.objects.get()
        assert release.content["age"] == 14 and release.content["outward"] == "HA1"
        assert Invitation.objects.count() == 2
    with acting(actor_of("alice")):
        assert not Release.objects.exists() and not Invitation.objects.exists()


def test_fostering_invites_the_agency_once_with_its_households() -> None:
    story = published_referral(category="fostering")
    with acting(actor_of("alice")):
        invitation = Invitation.objects.get()
        assert set(InvitedHousehold.objects.values_list("household_id", flat=True)) == {ident("ALD-1"), ident("ALD-2")}
        assert invitation.pk == story.invitations["alder-fostering"].pk


def test_leaving_out_an_eligible_home_needs_a_reason_which_is_kept() -> None:
    draft = draft_referral()
    assert refused(RuleBroken, draft.reference, chosen=ALL[:1]).field == "left_out_reason"
    assert refused(RuleBroken, draft.reference, chosen=ALL[:1], left_out_reason="  ").code == "left_out_reason_missing"
    referral = publish(draft.reference, chosen=ALL[:1], left_out_reason="The brother lives there.")
    assert referral.invite_reason == "The brother lives there."
    with acting(actor_of("olive")):
        outcomes = Match.objects.filter(referral=referral).values_list("outcome", flat=True)
        assert sorted(outcomes) == ["invited", "left_out", "left_out"]


def test_excluded_homes_are_written_down_with_their_reasons_and_cannot_be_invited() -> None:
    draft = draft_referral()
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("birch-lodge")).update(age_max=12)
        Admission.objects.filter(pk=ident("admission birch-house")).update(status="suspended")
    refusal = refused(RuleBroken, draft.reference)
    assert (refusal.code, refusal.field) == ("not_eligible", "chosen") and "Suspended" in str(refusal)
    referral = publish(draft.reference, chosen=ALL[2:])
    with acting(actor_of("olive")):
        found = {row.establishment_id: row for row in Match.objects.filter(referral=referral)}
        lodge = found[ident("birch-lodge")]
        assert lodge.reasons == ["registration_age"] and lodge.outcome == "excluded"
        assert found[ident("birch-house")].reasons == ["admission_suspended"]


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"chosen": []}, "nobody_invited"),
        ({"lot_ids": []}, "lots_missing"),
        ({"lot_ids": [ident("lot T-FOST")]}, "lot_not_open"),
        ({"chosen": [str(ident("admission alder-fostering"))]}, "not_eligible"),
        ({"closes_at": lambda: database_now() + dt.timedelta(minutes=29)}, "closes_too_soon"),
        ({"closes_at": lambda: database_now() + dt.timedelta(days=91)}, "closes_too_late"),
    ],
)
def test_refusals(changes: dict[str, Any], code: str) -> None:
    draft = draft_referral()
    values = {name: value() if callable(value) else value for name, value in changes.items()}
    assert refused(RuleBroken, draft.reference, **values).code == code


def test_an_incomplete_draft_or_an_open_find_is_not_published() -> None:
    draft = draft_referral()
    with acting(actor_of("olive")) as actor:
        save_section(
            actor,
            reference=draft.reference,
            section="needs",
            values={"what_works": "Zachariah likes calm adults."},
            base_revision=draft.revision,
            finished=True,
        )
    assert refused(RuleBroken, draft.reference).code == "disclosures_unresolved"
    empty = draft_referral(where={"max_miles": None, "needed_on": None})
    assert refused(RuleBroken, empty.reference).code == "referral_incomplete"


def test_a_second_publication_comes_too_late() -> None:
    story = published_referral()
    with pytest.raises(NotNow):
        publish(story.reference, who="oscar")
    with acting(actor_of("olive")):
        assert Invitation.objects.filter(referral=story.referral).count() == 3


def test_wrong_role_and_other_authority() -> None:
    draft = draft_referral()
    for who in ("sandra", "connie", "tessa"):
        refused(NotPermitted, draft.reference, who=who)
    refused(Http404, draft.reference, who="edith")


def test_one_referral_goes_to_lots_of_two_vehicles_each_under_its_own() -> None:
    draft = draft_referral()
    with acting(actor_of("carol")):
        lot = Lot.objects.get(pk=LOT)
        second = Lot.objects.create(
            id=ident("second lot"),
            region=lot.region,
            vehicle_id=ident("T-FOST"),
            code="RES",
            name="Residential on the other vehicle",
            category="residential",
            age_min=0,
            age_max=17,
        )
        old = Admission.objects.get(pk=ident("admission cedar-house"))
        ceiling = old.ceilings.get()
        Admission.objects.create(
            id=ident("second admission"),
            region=old.region,
            vehicle_id=second.vehicle_id,
            lot=second,
            provider_id=old.provider_id,
            establishment_id=old.establishment_id,
            admitted_on=LONG_AGO,
        )
        ceiling.pk, ceiling.admission_id = ident("second ceiling"), ident("second admission")
        ceiling.save(force_insert=True)
    referral = publish(draft.reference, lot_ids=[LOT, second.pk], chosen=[*ALL, str(ident("second admission"))])
    with acting(actor_of("cecil")):
        invitations = Invitation.objects.filter(release__reference=referral.reference)
        assert {row.vehicle_id for row in invitations} == {ident("T-RES"), ident("T-FOST")}
        assert Release.objects.count() == 1


def test_a_vehicle_that_seals_its_offers_seals_the_referral() -> None:
    draft = draft_referral()
    with acting(actor_of("carol")):
        version, rules = rules_in_force(ident("T-RES"), TODAY)
        RuleVersion.objects.filter(pk=version.pk).update(parameters=rules.with_values(offers_sealed=True).to_json())
    assert publish(draft.reference).is_sealed
    with acting(actor_of("bob")):
        assert Release.objects.get().is_sealed


def test_extending_moves_every_release_and_asks_those_who_declined_again() -> None:
    story = published_referral()
    later = database_now() + dt.timedelta(days=20)
    with acting(actor_of("olive")) as actor:
        Invitation.objects.filter(pk=story.invitations["cedar-house"].pk).update(status="declined")
        extend_closing(actor, reference=story.reference, closes_at=later, reason="Nothing came.")
        assert set(Release.objects.values_list("closes_at", flat=True)) == {later}
        assert set(Invitation.objects.values_list("status", flat=True)) == {"open"}
        for when, code in ((later, "not_later"), (database_now(), "closes_too_soon")):
            with pytest.raises(RuleBroken) as refusal:
                extend_closing(actor, reference=story.reference, closes_at=when, reason="More.")
            assert refusal.value.code == code
        with pytest.raises(RuleBroken, match="reason"):
            extend_closing(actor, reference=story.reference, closes_at=later + dt.timedelta(days=1), reason=" ")


def _seal(story: Any, *, opens_in: dt.timedelta, status: str = "submitted") -> Offer:
    """A submitted offer that opens then, written by its provider."""
    offer = standing_offer(story)
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(opens_at=database_now() + opens_in, status=status)
    return offer


def test_a_sealed_offer_stays_sealed_when_the_closing_time_moves_and_is_asked_to_confirm_unseen() -> None:
    story = published_referral(is_sealed=True)
    offer = _seal(story, opens_in=dt.timedelta(days=5))
    later = database_now() + dt.timedelta(days=20)
    with acting(actor_of("olive")) as actor:
        assert not Offer.objects.exists()
        extend_closing(actor, reference=story.reference, closes_at=later, reason="A holiday.")
        amend(actor, story.reference, {"what_works": "Calm adults and football."})
        entry = Entry.objects.get(kind="referral.amended")
        assert entry.data["offers_to_reconfirm"] == 0
    with acting(actor_of("bob")):
        offer.refresh_from_db()
        assert offer.opens_at == later and offer.status == "needs_reconfirming"
    with acting(actor_of("edith")) as other:
        from placements.actions.closing import move_unseen_offers

        move_unseen_offers(story.referral, ("needs_reconfirming",), "lapsed")
        assert other
    with acting(actor_of("bob")):
        offer.refresh_from_db()
        assert offer.status == "needs_reconfirming"


def test_opened_offers_of_a_sealed_referral_stop_an_extension() -> None:
    story = published_referral(is_sealed=True)
    _seal(story, opens_in=-dt.timedelta(minutes=1))
    with acting(actor_of("olive")) as actor, pytest.raises(NotNow) as refusal:
        extend_closing(
            actor, reference=story.reference, closes_at=database_now() + dt.timedelta(days=20), reason="More."
        )
    assert refusal.value.code == "offers_opened"


def amend(actor: Any, reference: str, values: dict[str, Any], **changes: Any) -> Referral:
    revision = Referral.objects.get(reference=reference).revision
    return amend_referral(
        actor,
        **{
            "reference": reference,
            "section": "needs",
            "values": values,
            "note": "We say more about what works.",
            "base_revision": revision,
            **changes,
        },
    )


def test_amending_rewrites_releases_tells_what_changed_and_asks_offers_to_confirm() -> None:
    story = published_referral()
    offer = standing_offer(story)
    with acting(actor_of("olive")) as actor:
        Invitation.objects.filter(pk=story.invitations["cedar-house"].pk).update(status="declined")
        amend(actor, story.reference, {"what_works": "Calm adults and football.", "needs": ["autism"]})
        assert Referral.objects.get(pk=story.referral.pk).needs[0] == "autism"
        offer.refresh_from_db()
        assert offer.status == "needs_reconfirming"
        assert Invitation.objects.get(pk=story.invitations["cedar-house"].pk).status == "open"
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert release.version == 2 and release.amendment_note == "We say more about what works."
        assert "autism" in release.content["needs"] and "football" in str(release.content["sections"])


def test_refused_amendments_change_nothing() -> None:
    story = published_referral()
    with acting(actor_of("olive")) as actor:
        cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
            ({"what_works": "Zachariah likes calm."}, {}, "disclosures_unresolved"),
            ({"daily_life": ""}, {}, "referral_incomplete"),
            ({"what_works": "New."}, {"note": " "}, "note_missing"),
            ({"what_works": "New."}, {"note": "Ask Zachariah Quillfeather."}, "discloses"),
            ({}, {}, "nothing_changed"),
        ]
        for values, changes, code in cases:
            with pytest.raises(RuleBroken) as refusal:
                amend(actor, story.reference, values, **changes)
            assert refusal.value.code == code
        with pytest.raises(NotNow) as late:
            amend(actor, story.reference, {"what_works": "New."}, base_revision=1)
        assert late.value.code == "changed"
    with acting(actor_of("bob")):
        assert Release.objects.get().version == 1


def test_widening_looks_further_and_then_more_are_invited() -> None:
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("cedar-house")).update(easting=515512 + 48_000)
    story = published_referral()
    assert set(story.invitations) == {"birch-house", "birch-lodge"}
    cedar = candidate_key(ident("admission cedar-house"), None)
    with acting(actor_of("olive")) as actor:
        with pytest.raises(RuleBroken) as refusal:
            invite_more(actor, reference=story.reference, chosen=[cedar])
        assert refusal.value.code == "not_eligible"
        for miles in (None, 20, 10, 301):
            with pytest.raises(RuleBroken):
                widen_search(actor, reference=story.reference, max_miles=miles)
        widen_search(actor, reference=story.reference, max_miles=40)
        assert Referral.objects.get(pk=story.referral.pk).answers["where"]["max_miles"] == 40
        with pytest.raises(RuleBroken, match="may tell who the person is"):
            invite_more(actor, reference=story.reference, chosen=[cedar], reason="Zachariah likes it there")
        invite_more(actor, reference=story.reference, chosen=[cedar], reason=" Two homes fell out ")
        assert Entry.objects.get(kind="referral.invited").data["reason"] == "Two homes fell out"
        with pytest.raises(RuleBroken, match="at least one"):
            invite_more(actor, reference=story.reference, chosen=[cedar])
    with acting(actor_of("cecil")):
        assert Release.objects.get().content["max_miles"] == 40
    with acting(actor_of("bob")):
        assert Release.objects.get().content["max_miles"] == 40


def _close(story: Any) -> None:
    with acting(actor_of("olive")):
        Referral.objects.filter(pk=story.referral.pk).update(closes_at=database_now() - dt.timedelta(minutes=1))
        Release.objects.filter(referral=story.referral).update(closes_at=database_now() - dt.timedelta(minutes=1))


def test_after_closing_nobody_more_is_invited_until_it_is_extended() -> None:
    story = published_referral(homes=("birch-house",))
    _close(story)
    with acting(actor_of("olive")) as actor:
        with pytest.raises(NotNow) as refusal:
            invite_more(actor, reference=story.reference, chosen=ALL[2:])
        assert refusal.value.code == "closed"
        widen_search(actor, reference=story.reference, max_miles=50)
        assert Referral.objects.get(pk=story.referral.pk).is_open_for_offers(database_now())
        invite_more(actor, reference=story.reference, chosen=ALL[2:])


def test_ending_without_a_placement_closes_for_everyone() -> None:
    story = published_referral()
    offer = standing_offer(story)
    with acting(actor_of("olive")) as actor:
        with pytest.raises(RuleBroken, match="reason"):
            end_without_placement(actor, reference=story.reference, reason="")
        end_without_placement(actor, reference=story.reference, reason="She stays with her aunt.")
        offer.refresh_from_db()
        assert offer.status == "lapsed"
        assert set(Invitation.objects.values_list("status", flat=True)) == {"closed"}
        with pytest.raises(NotNow):
            end_without_placement(actor, reference=story.reference, reason="Again.")
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert release.state == "closed" and release.content == {} and "aunt" not in release.outcome_reason
