"""Small stories told through the real actions, for every test that needs something to have happened already.

Append functions for your own noun and keep them small. Each enters the context of the person who acts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from brokerage.core.clock import database_now
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from placements.models import Award, Invitation, InvitedHousehold, Offer, Referral, ReferralLot, Release
from placements.states import OFFER_STANDING
from tests.cast import actor_of, ident

if TYPE_CHECKING:
    from placements.actions.referrals import NewPerson

#: establishment of the cast -> (provider, vehicle)
HOMES = {
    "alder-fostering": ("alder", "T-FOST"),
    "birch-house": ("birch", "T-RES"),
    "birch-lodge": ("birch", "T-RES"),
    "cedar-house": ("cedar", "T-RES"),
}


@dataclass
class Invited:
    """A published referral with its releases by provider and its invitations by establishment."""

    referral: Referral
    releases: dict[str, Release] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        return self.referral.reference


def release_content(**changes: Any) -> dict[str, Any]:
    """A redacted referral as a provider reads it."""
    return {
        "age": 14,
        "sex": "male",
        "needs": ["emotional_behavioural", "self_harm"],
        "outward": "HA1",
        "max_miles": 20,
        "needed_on": None,
        "expected_weeks": 52,
        "planned_months": 12,
        "siblings": 1,
        "needs_solo": False,
        "single_sex_home": False,
        "sections": [{"title": "Needs and risks", "rows": [{"label": "What works", "value": "Calm, steady adults."}]}],
        **changes,
    }


def invited(
    *homes: str,
    who: str = "olive",
    closes_in: dt.timedelta = dt.timedelta(days=3),
    sealed: bool = False,
    **content: Any,
) -> Invited:
    """A running referral that `homes` of the cast are invited to (Birch House without any)."""
    homes = homes or ("birch-house",)
    actor = actor_of(who)
    with acting(actor):
        now = database_now()
        category = "fostering" if homes[0].endswith("fostering") else "residential"
        shown = release_content(**content)
        times = {"published_at": now - dt.timedelta(days=1), "closes_at": now + closes_in}
        referral = Referral.objects.create(
            authority_id=actor.organisation_id,
            category=category,
            status="published",
            urgency="within_5_days",
            age=shown["age"],
            sex=shown["sex"],
            needs=shown["needs"],
            outward=shown["outward"],
            expected_weeks=shown["expected_weeks"],
            planned_months=shown["planned_months"],
            is_sealed=sealed,
            officer_id=actor.user_id,
            officer_name=actor.name,
            **times,
        )
        story = Invited(referral)
        for home in homes:
            provider, vehicle = HOMES[home]
            parties = {"authority_id": actor.organisation_id, "provider_id": ident(provider)}
            if provider not in story.releases:
                story.releases[provider] = Release.objects.create(
                    **parties,
                    referral=referral,
                    reference=referral.reference,
                    authority_name=actor.organisation_name,
                    category=category,
                    urgency=referral.urgency,
                    is_sealed=sealed,
                    content=shown,
                    **times,
                )
            ReferralLot.objects.get_or_create(
                authority_id=actor.organisation_id, referral=referral, lot_id=ident(f"lot {vehicle}")
            )
            story.invitations[home] = Invitation.objects.create(
                **parties,
                referral=referral,
                release=story.releases[provider],
                vehicle_id=ident(vehicle),
                lot_id=ident(f"lot {vehicle}"),
                admission_id=ident(f"admission {home}"),
                establishment_id=ident(home),
                miles=Decimal("4.2"),
            )
            if home == "alder-fostering":
                for code in ("ALD-1", "ALD-2"):
                    InvitedHousehold.objects.create(
                        **parties,
                        invitation=story.invitations[home],
                        household_id=ident(code),
                        miles=Decimal("4.2"),
                    )
    return story


#: A home's own people: who offers for it.
BID_WRITERS = {"alder": "alice", "birch": "bob", "cedar": "cecil"}


def offer_answers(story: Invited, **changes: Any) -> dict[str, Any]:
    """Everything an offer needs, as `save_offer_draft` takes it."""
    today = dt.date.today()
    return {
        "weekly_core": Decimal("3800.00"),
        "starts_on": today + dt.timedelta(days=7),
        "held_until": database_now() + dt.timedelta(days=14),
        "statements": dict.fromkeys(
            next(iter(story.releases.values())).content["needs"], "Trained staff, weekly supervision, a written plan."
        ),
        "who_lives_there": "Two boys aged 13 and 15.",
        "staffing": "Two by day, one waking at night.",
        "impact_on_residents": "Low: they share interests.",
        **changes,
    }


def drafted_offer(who: str = "", *, story: Invited | None = None, home: str = "", **answers: Any) -> Offer:
    """An offer begun and saved, not yet submitted."""
    from placements.actions.offers import OfferAnswers, save_offer_draft, start_offer

    story = story or invited(*((home,) if home else ()))
    home = home or next(name for name in story.invitations if not who or BID_WRITERS[HOMES[name][0]] == who)
    actor = actor_of(who or BID_WRITERS[HOMES[home][0]])
    with acting(actor):
        if home == "alder-fostering":
            answers = {"household_id": ident("ALD-1"), "weekly_core": Decimal("850.00"), **answers}
        offer = start_offer(actor, invitation_id=story.invitations[home].pk)
        return save_offer_draft(actor, offer_id=offer.pk, answers=OfferAnswers(**offer_answers(story, **answers)))


def made_offer(actor: Actor, *, story: Invited, home: str, **answers: Any) -> Offer:
    """An offer sent at once with every answer, as a provider's system does."""
    from placements.actions.offers import OfferAnswers, make_offer

    with acting(actor):
        given = OfferAnswers(**offer_answers(story, **answers))
        return make_offer(actor, invitation_id=story.invitations[home].pk, answers=given)


def submitted_offer(who: str = "", *, story: Invited | None = None, home: str = "", **answers: Any) -> Offer:
    """An offer that the authority may look at (unless the referral is sealed)."""
    from placements.actions.offers import submit_offer

    draft = drafted_offer(who, story=story, home=home, **answers)
    writers = {ident(slug): writer for slug, writer in BID_WRITERS.items()}
    actor = actor_of(who or writers[draft.provider_id])
    with acting(actor):
        return submit_offer(actor, offer_id=draft.pk)


def referral_answers(category: str = "residential", **where: Any) -> dict[str, dict[str, Any]]:
    """Complete answers of a boy of fourteen, section by section; `where` changes the section of that name."""
    today = dt.date.today()
    suitable = {"fostering": "foster", "residential": "residential", "supported_accommodation": "supported"}
    flags = dict.fromkeys(("substance_misuse", "eating_disorder", "exploitation_sexual", "aggression"), "none")
    flags |= dict.fromkeys(("sexualised_behaviour", "fire_setting", "harm_to_animals", "offending"), "none")
    flags["exploitation_criminal"] = "none"
    for flag in ("self_harm", "missing"):
        flags |= {
            flag: "present",
            f"{flag}_trigger": "When plans change without warning.",
            f"{flag}_frequency": "monthly",
            f"{flag}_last_on": (today - dt.timedelta(days=20)).isoformat(),
            f"{flag}_mitigation": "A calm adult who stays near and a plan agreed beforehand.",
        }
    return {
        "person": {"ethnicity": "WBRI", "first_language": "English", "uasc_status": "no", "legal_status": "C2"},
        "needs": {
            "needs": ["emotional_behavioural"],
            "daily_life": "Needs routine, praise and help to settle in the evening.",
            "communication_needs": "no",
            "ehcp": False,
            "send_need": "SEMH",
            "home_adaptation": False,
            "assessment_method": "berri",
            "deprivation_of_liberty": False,
            "what_works": "Calm, steady adults.",
        },
        "risks": flags,
        "where": {
            "urgency": "planned",
            "needed_on": (today + dt.timedelta(days=14)).isoformat(),
            "outward": "HA1",
            "max_miles": 20,
            "is_local": True,
            "near_school": "prefer",
            "expected_weeks": 52,
            "is_permanent": True,
            "planned_months": 12,
            **where,
        },
        "home": {
            **{f"{kind}_suitability": "unsuitable" for kind in suitable.values()},
            f"{suitable.get(category, 'residential')}_suitability": "preferred",
            "school_stay": "day",
            "companions": "no_preference",
            "single_sex_home": False,
            "sibling_count": 0,
            "siblings_together": "none",
            "pets": "can",
        },
        "matters": {
            "voice": "I want to stay near my friends and play football.",
            "family_time": "Mother, every week, at a contact centre.",
            "cultural_needs": "not_required",
        },
        "outcomes": {
            "outcome_1": "Settled at school",
            "measure_1": "There 9 days in 10",
            "review_on_1": (today + dt.timedelta(days=90)).isoformat(),
        },
        "practical": {
            "education": "school",
            "education_included": False,
            "health": "None known.",
            "support": "usual",
            "waking_night": False,
            "peep": False,
            "budget_code": "CH-1001",
            "social_worker_name": "Sandra Social",
            "social_worker_phone": "020 7946 0000",
            "out_of_hours": "020 7946 0001",
        },
    }


def new_person(age: int = 14, sex: str = "male") -> NewPerson:
    """Somebody of that age whom nobody has on record."""
    from placements.actions.referrals import NewPerson

    return NewPerson(
        case_number=f"C-{uuid4().hex[:8]}",
        given_name="Zachariah",
        family_name="Quillfeather",
        date_of_birth=dt.date(dt.date.today().year - age, 1, 1),
        sex=sex,
        home_postcode="HA1 2AA",
    )


def draft_referral(who: str = "olive", category: str = "residential", **overrides: Any) -> Referral:
    """A complete, publishable draft made by the real actions.

    `overrides` are sections ({"where": {"max_miles": 5}}) or `age` (14) and `sex` ("male") of the person.
    """
    from placements.actions.referrals import create_referral, save_section
    from placements.disclosure_fields import needs_answered
    from placements.questions import sections_for

    actor = actor_of(who)
    token = uuid4().hex
    new = new_person(overrides.pop("age", 14), overrides.pop("sex", "male"))
    answers = referral_answers(category)
    for section, changes in overrides.items():
        answers[section] = {**answers.get(section, {}), **changes}
    with acting(actor):
        referral = create_referral(actor, category=category, urgency="planned", token=token, new_person=new)
        for section in sections_for(category, needs_answered(answers)):
            asked = {question.name for question in section.questions_for(category)}
            referral = save_section(
                actor,
                reference=referral.reference,
                section=section.code,
                values={name: value for name, value in answers.get(section.code, {}).items() if name in asked},
                base_revision=referral.revision,
                finished=True,
            )
    return referral


def whole_referral(who: str | Actor = "olive", category: str = "residential") -> Referral:
    """A complete, publishable draft sent at once with every section, as a case system does."""
    from placements.actions.referrals import create_referral
    from placements.disclosure_fields import needs_answered
    from placements.questions import sections_for

    actor = actor_of(who) if isinstance(who, str) else who
    answers = referral_answers(category)
    sections = {}
    for section in sections_for(category, needs_answered(answers)):
        asked = {question.name for question in section.questions_for(category)}
        sections[section.code] = {k: v for k, v in answers.get(section.code, {}).items() if k in asked}
    with acting(actor):
        return create_referral(
            actor,
            category=category,
            urgency="planned",
            token=uuid4().hex,
            new_person=new_person(),
            sections=sections,
        )


def with_person(story: Invited, *, who: str = "olive") -> Invited:
    """The story's referral is for somebody: what an award needs."""
    from placements.models import Person

    actor = actor_of(who)
    with acting(actor):
        story.referral.person = Person.objects.create(
            authority_id=actor.organisation_id,
            case_number=f"CN-{story.reference}",
            given_name="Kestrel",
            family_name="Quillfeather",
            date_of_birth=dt.date.today() - dt.timedelta(days=14 * 365 + 100),
            sex="male",
            legal_status="C2",
        )
        story.referral.save(update_fields=["person"])
    return story


def standing_offer(story: Invited, home: str = "birch-house", weekly: str = "3800.00", **columns: Any) -> Offer:
    """An offer of `home` that the authority may choose: priced under today's rules, with every answer given."""
    from placements.offer_answers import OfferAnswers, extra_lines, price_request, priced
    from placements.offered_prices import extra_to_json, pricing_to_json
    from placements.queries.offer_terms import terms_of

    provider = HOMES[home][0]
    invitation = story.invitations[home]
    answers = OfferAnswers(
        **offer_answers(story, weekly_core=Decimal(weekly), extras=columns.pop("extras", ())),
        household_id=ident("ALD-1") if home == "alder-fostering" else None,
    )
    actor = actor_of(BID_WRITERS[provider])
    with acting(actor):
        release = Release.objects.get(pk=story.releases[provider].pk)
        terms = terms_of(release, invitation, dt.date.today())
        pricing = priced(answers, terms.asked)
        assert pricing is not None, price_request(answers, terms.asked)
        Invitation.objects.filter(pk=invitation.pk).update(status="offered")
        return Offer.objects.create(
            authority_id=story.referral.authority_id,
            provider_id=actor.organisation_id,
            referral_id=story.referral.pk,
            release=release,
            invitation=invitation,
            vehicle_id=invitation.vehicle_id,
            lot_id=invitation.lot_id,
            admission_id=invitation.admission_id,
            establishment_id=invitation.establishment_id,
            household_id=answers.household_id,
            ceiling_row=terms.ceiling_row,
            ceiling=terms.ceiling_row.weekly,
            rules=terms.rule_version,
            weekly_core=answers.weekly_core,
            extras=[extra_to_json(line) for line in extra_lines(answers, terms.asked)],
            pricing=pricing_to_json(pricing),
            weekly_core_net=pricing.weekly_core_net,
            weekly_extras=pricing.weekly_extras,
            weekly_total=pricing.weekly_total,
            miles=invitation.miles,
            submitted_by_name=actor.name,
            **{
                "status": "submitted",
                "submitted_at": database_now(),
                "starts_on": answers.starts_on,
                "held_until": answers.held_until,
                "statements": answers.statements,
                "who_lives_there": answers.who_lives_there,
                "staffing": answers.staffing,
                "impact_on_residents": answers.impact_on_residents,
                **columns,
            },
        )


def chosen(*homes: str, who: str = "oscar", **content: Any) -> tuple[Invited, list[Offer]]:
    """A referral for somebody, past closing, with a standing offer of each home (£3,800, £3,900, …)."""
    homes = homes or ("birch-house", "cedar-house")
    story = with_person(invited(*homes, who=who, **{"closes_in": -dt.timedelta(hours=1), **content}), who=who)
    first = 850 if homes[0].endswith("fostering") else 3800
    return story, [standing_offer(story, home, f"{first + 100 * number}.00") for number, home in enumerate(homes)]


def award(offer: Offer, *, who: str | Actor = "oscar", **changes: Any) -> Award:
    """`accept_offer` with a reason for the choice and for every other standing offer."""
    from contracts.acceptance import accept_offer

    actor = actor_of(who) if isinstance(who, str) else who
    with acting(actor):
        others = Offer.objects.filter(referral_id=offer.referral_id, status__in=OFFER_STANDING).exclude(pk=offer.pk)
        given = {
            "reason_code": "best_match",
            "reason": "The home that answers every need, with school near by.",
            "losers": {other.pk: "Another home matched the needs better." for other in others},
            **changes,
        }
        return accept_offer(actor, offer_id=offer.pk, **given)


def awarded(*homes: str, who: str = "oscar", **content: Any) -> tuple[Invited, Award]:
    """A confirmed award of the first home's offer, with its agreement drawn up (its document not yet drawn)."""
    story, offers = chosen(*homes, who=who, **content)
    return story, award(offers[0], who=who)


def signable_agreement(*homes: str, who: str = "oscar") -> Agreement:
    """An agreement whose document has been drawn and that waits for both signatures."""
    from brokerage.core.audit import outbox
    from contracts.models import Agreement

    _story, made = awarded(*homes, who=who)
    outbox.drain("documents")
    with acting(actor_of(who)):
        return Agreement.objects.get(award_id=made.pk)


def sign(agreement: Agreement, *, who: str, role: str = "Head of service") -> None:
    """A side's signature after a fresh proof of identity."""
    from contracts.actions.agreements import sign_agreement

    actor = actor_of(who)
    with acting(actor):
        sign_agreement(
            actor,
            agreement_id=agreement.pk,
            terms_hash=agreement.terms_hash,
            role=role,
            proved_at=database_now(),
            method="password",
        )


def sealed_agreement(*homes: str, who: str = "oscar") -> Agreement:
    """An agreement signed by Tessa for the authority and by the home's provider, and sealed."""
    from brokerage.core.audit import outbox

    agreement = signable_agreement(*homes, who=who)
    with acting(actor_of(who)):
        slug = agreement.provider.organisation.slug
    sign(agreement, who="tessa" if who in ("olive", "oscar") else who)
    sign(agreement, who=BID_WRITERS[slug])
    outbox.drain("documents")
    with acting(actor_of(who)):
        agreement.refresh_from_db()
    return agreement


def published_referral(
    who: str = "olive",
    category: str = "residential",
    *,
    homes: tuple[str, ...] = (),
    reason: str = "Known to be unsuitable for this person.",
    is_sealed: bool = False,
    **overrides: Any,
) -> Invited:
    """A draft published by the real action to all eligible homes of the cast (households for fostering), or `homes`."""
    actor = actor_of(who)
    draft = draft_referral(who, category, **overrides)
    return published(draft, actor, homes=homes, reason=reason, is_sealed=is_sealed)


def published(
    draft: Referral,
    actor: Actor,
    *,
    homes: tuple[str, ...] = (),
    reason: str = "Known to be unsuitable for this person.",
    is_sealed: bool = False,
) -> Invited:
    """The draft matched and published by the real action to all eligible homes of the cast, or `homes`."""
    from placements.actions.publishing import publish_referral
    from placements.queries.matching import candidates, wanted_of

    lot = ident("lot T-FOST" if draft.category == "fostering" else "lot T-RES")
    wanted_homes = {ident(home) for home in homes}
    with acting(actor):
        found = candidates([lot], wanted_of(draft), dt.date.today(), eligible_only=True)
        keys = [home.key for home in found if not homes or home.establishment_id in wanted_homes]
        referral = publish_referral(
            actor,
            reference=draft.reference,
            lot_ids=[lot],
            chosen=keys,
            left_out_reason=reason if len(keys) < len(found) else "",
            is_sealed=is_sealed,
        )
        slugs = {ident(slug): slug for slug in BID_WRITERS}
        names = {ident(home): home for home in HOMES}
        return Invited(
            referral,
            {slugs[row.provider_id]: row for row in Release.objects.filter(referral=referral)},
            {names[row.establishment_id]: row for row in Invitation.objects.filter(referral=referral)},
        )
