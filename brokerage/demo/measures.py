"""The demo's measures, proposed, decided, appealed and lifted through the real actions: one in each state, at each
level; and a home suspended from one lot. They are about homes that no referral of the demo has invited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count

from brokerage.core.accounts.models import User
from brokerage.core.clock import database_today
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Membership, Organisation
from brokerage.core.tenants.permissions import Role
from dpv.actions import measures as acts
from dpv.actions.measure_appeals import answer_appeal, appeal_measure
from dpv.actions.measures import MeasureFacts, propose_measure
from dpv.actions.suspensions import suspend_admission
from dpv.models import Admission, Measure, Suspension
from placements.models import Invitation
from providers.models import Establishment

REGION = "west-london"
FIRST, SECOND = "ruth@westlondon.example", "mara@westlondon.example"


@dataclass(frozen=True)
class Tale:
    """One measure: what is proposed, and what becomes of it."""

    facts: MeasureFacts
    then: Callable[[Measure], None] | None = None


def load_measures() -> str:
    """Propose those that are not there; a run that was stopped goes on with the next one."""
    told = 0
    ruth = _person(FIRST)
    homes = _quiet_homes()
    tales = [*_tales(homes), _of_a_whole_provider(homes)]
    for tale in tales:
        with transaction.atomic():
            with acting(ruth):
                if Measure.objects.filter(told_provider=tale.facts.told_provider).exists():
                    continue
                made = propose_measure(ruth, facts=tale.facts)
            if tale.then is not None:
                tale.then(made)
            told += 1
    _suspend_from_a_lot(homes[(len(tales) - 1) % len(homes)])
    return f"{told} proposed"


def _suspend_from_a_lot(place: Admission) -> None:
    """One person suspends a home from one lot; it waits for a colleague to lift it, or to bar the home."""
    reason = "The deputy left and nobody leads the night shift."
    with acting(_person(SECOND)) as mara:
        if not Suspension.objects.filter(reason=reason).exists():
            review_on = database_today() + dt.timedelta(days=6)
            suspend_admission(mara, admission_id=place.pk, reason=reason, review_on=review_on)


def _quiet_homes() -> list[Admission]:
    """Places on the region's residential lots, of homes that nobody has invited; each of another provider."""
    with loader():
        rows = (
            Admission.objects.filter(region__slug=REGION, status="admitted", establishment__kind="childrens_home")
            .exclude(establishment_id__in=Invitation.objects.values("establishment_id"))
            .order_by("-establishment__urn", "lot__code")
        )
        found: dict[object, Admission] = {}
        for row in rows:
            found.setdefault(row.provider_id, row)
    return list(found.values())


def _tales(homes: list[Admission]) -> list[Tale]:
    today = database_today()

    def about(number: int, kind: str, reason: str, told: str, conditions: str = "") -> MeasureFacts:
        home = homes[number % len(homes)]
        return MeasureFacts(
            kind=kind,
            provider_id=home.provider_id,
            establishment_id=home.establishment_id,
            reason=reason,
            told_provider=told,
            conditions=conditions,
            review_on=today + dt.timedelta(days=28 + number),
        )

    on_lot = about(
        5,
        "restrict",
        "Two placements broke down within a month of each other.",
        "Two placements ended early. Until we have seen your new plan, each new one is agreed with us first.",
        "Each new placement is agreed with the hub first.",
    )
    return [
        Tale(
            about(
                0,
                "bar",
                "Records of checks on staff were changed after our visit.",
                "Records of your staff checks do not agree with what we saw in March.",
            )
        ),
        Tale(
            about(
                1,
                "restrict",
                "The home has no registered manager.",
                "You have had no registered manager for three months.",
                "One person at a time, under 14 only, and a visit by the placing authority every week.",
            ),
            _reviewed,
        ),
        Tale(
            about(
                2,
                "suspend",
                "The inspection of last month found the home inadequate.",
                "Your last inspection found the home inadequate.",
                "A second inspection of at least requires improvement.",
            ),
            _appealed,
        ),
        Tale(
            replace(
                about(
                    3,
                    "suspend",
                    "The fire service closed the upper floor this morning.",
                    "The fire service has closed your upper floor.",
                    "A letter of the fire service that the house is safe.",
                ),
                is_urgent=True,
            )
        ),
        Tale(
            about(
                4,
                "suspend",
                "No waking night staff on two visits.",
                "We found nobody awake at night on two visits.",
                "A rota with one adult awake every night, seen by us.",
            ),
            _lifted,
        ),
        Tale(replace(on_lot, lot_id=homes[5 % len(homes)].lot_id), _about_to_be_lifted),
        Tale(
            about(6, "bar", "Invoices for nights without anybody there.", "Some invoices were for nights unused."),
            _refused,
        ),
    ]


def _of_a_whole_provider(homes: list[Admission]) -> Tale:
    """A restriction of every home of one provider: of the last of these that nobody has invited and that has several,
    so that no other tale of the demo is about it."""
    with loader():
        asked = Invitation.objects.values("establishment__provider_id")
        several = (
            Establishment.objects.filter(provider_id__in=[home.provider_id for home in homes], closed_on=None)
            .exclude(provider_id__in=asked)
            .values("provider_id")
            .annotate(homes=Count("pk"))
            .filter(homes__gte=2)
        )
        found = set(several.values_list("provider_id", flat=True))
    chosen = next((home.provider_id for home in reversed(homes) if home.provider_id in found), homes[-1].provider_id)
    facts = MeasureFacts(
        kind="restrict",
        provider_id=chosen,
        reason="Two of its managers left in one month, and the company has not said who answers for its homes.",
        told_provider="Two of your managers left in one month. Tell us who answers for each of your homes.",
        conditions="Each new placement in any of its homes is agreed with the hub first.",
        review_on=database_today() + dt.timedelta(days=21),
    )
    return Tale(facts, _confirmed)


def _person(email: str) -> Actor:
    with loader():
        user = User.objects.get(email=email)
        member = Membership.objects.select_related("organisation").filter(user=user).order_by("pk").first()
    assert member is not None, email
    actor = actor_for(user, member.organisation.slug)
    assert actor is not None, email
    return actor


def _provider_of(measure: Measure) -> Actor:
    """Whoever runs the provider's account."""
    with loader():
        organisation = Organisation.objects.get(pk=measure.provider_id)
        member = (
            Membership.objects.select_related("user")
            .filter(organisation=organisation, roles__contains=[Role.PROVIDER_ADMINISTRATOR.value])
            .order_by("user__email")
            .first()
        )
    assert member is not None, organisation.slug
    actor = actor_for(member.user, organisation.slug)
    assert actor is not None, organisation.slug
    return actor


def _confirmed(measure: Measure) -> None:
    with acting(_person(SECOND)) as mara:
        acts.confirm_measure(mara, reference=measure.reference, note="I have read the notes of the visits.")


def _reviewed(measure: Measure) -> None:
    _confirmed(measure)
    with acting(_person(FIRST)) as ruth:
        acts.review_measure(
            ruth,
            reference=measure.reference,
            note="A manager has been chosen and waits for registration.",
            # Soon, so that it stands on the home page among those to review.
            review_on=database_today() + dt.timedelta(days=5),
        )


def _appealed(measure: Measure) -> None:
    _confirmed(measure)
    with acting(_provider_of(measure)) as provider:
        appeal_measure(
            provider,
            reference=measure.reference,
            text="Every action of the inspection is done, and the inspector tells us that the next report is better.",
        )


def _lifted(measure: Measure) -> None:
    _confirmed(measure)
    with acting(_provider_of(measure)) as provider:
        appeal_measure(provider, reference=measure.reference, text="The rota was changed the day after your visit.")
    with acting(_person(SECOND)) as mara:
        answer_appeal(
            mara,
            reference=measure.reference,
            outcome="upheld",
            answer="We have seen the rota and two nights of records, and propose to lift it.",
        )
        acts.propose_lift(
            mara,
            reference=measure.reference,
            note="The rota is kept: seen on two unannounced visits.",
            lift_conditions="An unannounced visit each month until the summer.",
        )
    with acting(_person(FIRST)) as ruth:
        acts.lift_measure(ruth, reference=measure.reference)


def _about_to_be_lifted(measure: Measure) -> None:
    _confirmed(measure)
    with acting(_person(FIRST)) as ruth:
        acts.propose_lift(ruth, reference=measure.reference, note="The new plan is good.")


def _refused(measure: Measure) -> None:
    with acting(_person(SECOND)) as mara:
        acts.refuse_measure(mara, reference=measure.reference, note="A matter for the contract, not for a bar.")
