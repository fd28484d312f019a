"""Things at the moment of each act, where the isolation matrix is content with a refusal: an offer that may be revised,
a placement that has begun, a complaint that waits for an answer, and whose hands must be other than the first ones.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.db.models import F

from brokerage.core.audit import outbox
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from dpv.actions.vehicle_setup import add_lot
from placements.actions.running import amend_referral
from placements.models import Placement, Referral
from placements.states import PLACEMENT_LIVE
from providers.actions.imports import start_import
from providers.models import ImportRun, Occupancy
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.api.drafting import new_person, started
from tests.api.table import Route, routes
from tests.cast import TODAY, actor_of, ident
from tests.contracts.test_machine_signing import allow
from tests.firewall.test_imports import house
from tests.incidents.reporting import resident
from tests.isolation.api_world import ApiWorld, Values, as_of_today
from tests.isolation.world import everything
from tests.placements.test_spot import spot
from tests.providers.test_imports import register
from tests.safeguarding.concerns import noting

#: Acts of a central team that two of its people have been concerned with already.
THIRD_HANDS = ("answer_measure_appeal", "bar_from_lot", "decide_measure", "lift_from_lot")
TOMORROW = TODAY + dt.timedelta(days=1)


@dataclass
class Moments(ApiWorld):
    """The world, with things and bodies of single operations, by name."""

    acts: dict[str, Values] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    #: Clients of others than the kind's own, by operation and kind.
    hands: dict[tuple[str, str], Machine] = field(default_factory=dict)

    def values_for(self, route: Route, kind: str) -> Values:
        return super().values_for(route, kind) | self.acts.get(route.name, {})

    def own(self, route: Route, kind: str) -> Machine:
        return self.hands.get((route.name, kind)) or super().own(route, kind)

    def body(self, route: Route) -> Any:
        return self.uploads[route.name] if route.name in self.uploads else super().body(route)


def at_their_moments(world: ApiWorld) -> Moments:
    """Make them, through the real actions; the database must be one's own."""
    everything("hugh")
    for home in ("birch-house", "birch-lodge"):
        with acting(actor_of("bob")):
            Occupancy.objects.filter(establishment_id=ident(home)).update(places=F("places") + 10)
    for slug in ("harrow", "birch"):
        allow(slug)
    list_of_homes = register(house(registration_status="cancelled"))
    today = {"started_on": TODAY.isoformat()}
    bodies = {
        "create_closure": {**world.bodies["create_closure"], "provider_id": str(ident("cedar"))},
        "record_incident_return": {"returned_at": database_now().isoformat()},
        "record_host_authority_notified": {"notified_on": TODAY.isoformat()},
        "start_planned_placement": today,
        "end_running_placement": {"ended_on": TODAY.isoformat()},
        "invite_more_homes": {
            "chosen": [str(ident("admission birch-lodge"))],
            "reason": "The rota was seen.",
        },
        "amend_section_parent_child": {"parent_age": 18},
        # What it says of everything else is nobody's name.
        "amend_section_practical": {"school_name": "", "team_manager": ""},
        "admit": {**world.bodies["admit"], "lot": _another_lot()},
    }
    found = Moments(
        **vars(world),
        acts={
            **_offers(),
            **_placements(),
            **_complaints(),
            **_other_people(world),
            **{f"amend_section_{name}": {"reference": world.values["reference"]} for name in _sections()},
            **{name: {"admission": ident("admission cedar-house")} for name in ("lift_from_lot", "bar_from_lot")},
            "let_award_fall_through": {"award": scenarios.awarded("birch-house")[1].pk},
            "invite_more_homes": {"reference": scenarios.published_referral("oscar", homes=("birch-house",)).reference},
            "resume_stopped_import": {"run": _stopped(list_of_homes)},
        },
        uploads={"check_import": list_of_homes},
        hands={(name, "central"): client_of("hugh") for name in THIRD_HANDS},
    )
    found.bodies = world.bodies | bodies | {"plan_for_later_people": {"plans": _plans("birch-house")}}
    found.queries = world.queries | {"check_import": "kind=register"}
    for queue in ("documents", "events"):
        outbox.drain(queue)
    return found


def _offers() -> dict[str, Values]:
    """An offer that stands, one that waits to be confirmed again, and an invitation without any."""
    standing = scenarios.submitted_offer("bob", story=scenarios.invited("birch-house", who="oscar"), home="birch-house")
    asked = scenarios.published_referral("oscar", homes=("birch-house",))
    again = scenarios.submitted_offer("bob", story=asked, home="birch-house")
    with acting(actor_of("oscar")) as oscar:
        referral = Referral.objects.get(pk=asked.referral.pk)
        amend_referral(
            oscar,
            reference=asked.reference,
            section="matters",
            values={**referral.answers["matters"], "voice": "I want to go on playing football."},
            note="We say more about football.",
            base_revision=referral.revision,
        )
    fresh = scenarios.invited("birch-house", who="oscar")
    return {
        "revise_own_offer": {"offer": standing.pk},
        "reconfirm_own_offer": {"offer": again.pk},
        "begin_offer": {"reference": fresh.reference, "invitation": fresh.invitations["birch-house"].pk},
    }


def _placements() -> dict[str, Values]:
    """Somebody who lives there, somebody for whom a place outside every vehicle is planned, and a draft for one."""
    lives_there = resident("birch-house").placement_id
    with acting(actor_of("oscar")):
        running = Placement.objects.get(pk=lives_there)
    planned = spot(scenarios.draft_referral("oscar").reference, "oscar", starts_on=TOMORROW)
    return {
        "end_running_placement": {"reference": running.reference},
        "cancel_planned_placement": {"reference": planned.reference},
        "record_spot_placement": {"reference": scenarios.draft_referral("oscar").reference},
    }


def _complaints() -> dict[str, Values]:
    """Harrow's against Birch: made, acknowledged, answered, and mediated in vain."""
    made, acknowledged, answered = (noting.complained(what=f"Number {number}.") for number in range(3))
    mediated = noting.in_mediation(what="Number 3.")
    noting.did("carol", "mediate", mediated, "Both should meet.")
    for complaint in (acknowledged, answered):
        noting.did("bob", "acknowledge_complaint", complaint)
    noting.did("bob", "answer_complaint", answered, "It is right.")
    return {
        "acknowledge_received_complaint": {"reference": made.reference},
        "answer_received_complaint": {"reference": acknowledged.reference},
        "ask_complaint_mediation": {"reference": answered.reference},
        "close_own_complaint": {"reference": mediated.reference},
    }


def _other_people(world: ApiWorld) -> dict[str, Values]:
    """A draft for an adult, and for a parent with a child; the latter published, as no home here takes them."""
    oscar = world.machines["oscar"]
    adult = started(oscar, category="adult_residential", new_person=new_person(date_of_birth="1980-01-01"))
    example = _example("change_section_parent_child")
    needs = {"needs": ["emotional_behavioural", "parent_and_child"]}
    drafts = [scenarios.draft_referral("oscar", needs=needs, parent_child=example) for _each in range(2)]
    with acting(actor_of("oscar")):
        now = database_now()
        Referral.objects.filter(pk=drafts[1].pk).update(
            status="published", published_at=now, closes_at=now + dt.timedelta(days=3)
        )
    return {
        "change_section_adult": {"reference": adult.rpartition("/")[2]},
        "change_section_parent_child": {"reference": drafts[0].reference},
        "amend_section_parent_child": {"reference": drafts[1].reference},
    }


def _plans(home: str) -> list[Values]:
    """For each of Harrow's people there."""
    with acting(actor_of("oscar")):
        there = Placement.objects.filter(status__in=PLACEMENT_LIVE, establishment_id=ident(home))
        return [{"placement_id": str(each.pk), "plan": "A visit today."} for each in there]


def _another_lot() -> str:
    """A lot that nobody is admitted to yet."""
    said = {"category": "residential", "age_min": 0, "age_max": 17, "needs": [], "is_solo": False}
    with acting(actor_of("carol")) as carol:
        return add_lot(carol, vehicle_code="T-RES", code="TWO", name="Another lot", **said).code


def _stopped(content: bytes) -> Any:
    """An import of the central team's that its worker left."""
    with acting(actor_of("carol")) as carol:
        run = start_import(carol, kind="register", file=BytesIO(content), file_name="old.csv", size=len(content))
        ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.FAILED)
    return run.pk


def _sections() -> list[str]:
    return [
        route.name.removeprefix("amend_section_")
        for route in routes()
        if route.name.startswith("amend_section_") and not route.name.endswith(("_adult", "_parent_child"))
    ]


def _example(name: str) -> Values:
    found = next(route for route in routes() if route.name == name)
    assert found.operation.body
    return dict(as_of_today(found.operation.body.example))
