"""What the API's operations name in their addresses and bodies, and the clients that knock at them.

One world: a published referral of Harrow's with Birch's offer, question and paper, a draft, an award that waits for
approval, a sealed agreement, one that waits for signatures; messages, webhooks. All through real actions.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from allauth.idp.oidc.models import Token
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from brokerage.core.api.clients import revoke_client
from brokerage.core.api.scopes import SCOPES, scopes_of
from brokerage.core.audit import outbox
from brokerage.core.audit.record import Notice, record
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting
from brokerage.core.webhooks.models import Delivery
from brokerage.safeguarding.models import WelfareCheck
from brokerage.safeguarding.proof import ask_for_proof
from dpv.actions.suspensions import suspend_admission
from dpv.models import MenuItem
from placements.actions.clarifications import ask_clarification
from placements.actions.documents import add_document
from placements.models import Clarification, Offer, Person, Placement, Referral
from placements.states import PLACEMENT_LIVE
from providers.actions.imports import start_import
from providers.models import Insurance
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.api.table import Route
from tests.cast import TODAY, actor_of, ident
from tests.closures.places import closure_places, closures_of_birch, kept_with
from tests.firewall.test_imports import house
from tests.incidents.reporting import CANARY as REPORTED
from tests.incidents.reporting import one_of_each, one_place_more, resident
from tests.isolation.world import build_finding, build_measures, everything
from tests.providers.test_imports import register
from tests.safeguarding.alerting import CANARY, answered, raised
from tests.safeguarding.concerns import noting

#: Who owns the client that entitles, by kind of organisation.
OWN = {"authority": "oscar", "provider": "bob", "central": "carol"}
#: Fostering is Alder's.
ALDER = ("households/", "homes/<uuid:home>/households")
#: Clients with every scope of their kind that are strangers to the world's things.
STRANGERS = {"other authority": "edith", "other provider": "cecil", "other region": "nia", "other central": "wendy"}

#: The day as of which the document's examples are.
EXAMPLES_FROM = dt.date(2026, 11, 23)

Values = dict[str, Any]


@dataclass
class ApiWorld:
    """Clients by the name of their owner; what parameters name, by the beginning of the address; canaries."""

    machines: dict[str, Machine] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    #: Beginning of an address -> values there; the longest that fits wins.
    places: dict[str, Values] = field(default_factory=dict)
    #: By kind of organisation, where each has its own.
    kinds: dict[str, Values] = field(default_factory=dict)
    #: Clients that must stay outside: an expired token, a revoked client, and by kind and scope one without it.
    outside: dict[str, Machine] = field(default_factory=dict)
    #: Bodies by operation, where the example names things that are not of this world.
    bodies: dict[str, Values] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    #: Words that a stranger, and a provider at the first stage, must never read.
    canaries: tuple[str, ...] = ()
    #: Ids and references of the world's things that no stranger may meet in a list.
    secrets: tuple[str, ...] = ()

    def values_for(self, route: Route, kind: str) -> Values:
        found = dict(self.values)
        for begin in sorted(self.places, key=len):
            if route.path.startswith(begin):
                found |= self.places[begin]
        return found | self.kinds.get(kind, {})

    def address(self, route: Route, kind: str) -> str:
        """The operation's address with things of the world in it; fails by name when one is not known."""
        values = self.values_for(route, kind)
        missing = [name for name in route.parameters if values.get(name) is None]
        assert not missing, f"{route} names {missing}: teach tests/isolation/api_world.py"
        query = self.queries.get(route.name, "")
        return route.filled(values) + (f"?{query}" if query else "")

    def body(self, route: Route) -> Any:
        """What is sent: the document's example, or one of this world."""
        operation = route.operation
        if operation.upload:
            return b"Nothing but plain words of a paper."
        if operation.body is None:
            return None
        return {**as_of_today(operation.body.example), **self.bodies.get(route.name, {})}

    def own(self, route: Route, kind: str) -> Machine:
        """The client that the operation's things belong to."""
        if kind == "provider" and route.path.startswith(ALDER):
            return self.machines["alice"]
        return self.machines[OWN[kind]]

    def knock(self, route: Route, machine: Machine, kind: str, **headers: str) -> Any:
        """Send the operation's request as this client."""
        if route.operation.named:
            headers.setdefault("Content-Disposition", 'attachment; filename="note.txt"')
        return machine.send(route.method.upper(), self.address(route, kind), self.body(route), **headers)


def as_of_today(example: Any) -> Any:
    """The document's example as if it had been written today: its days grow old."""
    if isinstance(example, dict):
        return {name: as_of_today(value) for name, value in example.items()}
    if isinstance(example, list):
        return [as_of_today(value) for value in example]
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(T.*)?", example) if isinstance(example, str) else None
    if found is None:
        return example
    return (dt.date.fromisoformat(found[1]) + (TODAY - EXAMPLES_FROM)).isoformat() + (found[2] or "")


def owners(route: Route) -> list[str]:
    """The kinds of organisation whose clients may have the operation's scope."""
    return [kind for kind in OWN if kind in SCOPES[route.operation.scope].kinds]


def build_api_world() -> ApiWorld:
    """Make the world; the database must be one's own."""
    for who in (*OWN.values(), *STRANGERS.values(), "alice"):
        everything(who)
    machines = {who: client_of(who) for who in (*OWN.values(), *STRANGERS.values(), "alice")}
    # Whoever comes to Birch House from here on came after Harrow's answer.
    early = answered(raised("olive", what_happened=f"The zeroth thing seen in {CANARY}.").reference, "oscar").reference
    draft = scenarios.draft_referral("oscar")
    running = scenarios.published_referral("oscar", homes=("birch-house", "birch-lodge"))
    offer = scenarios.submitted_offer("bob", story=running, home="birch-house")
    _story, offers = scenarios.chosen("birch-house", who="olive")
    waiting = scenarios.award(offers[0], who="olive")
    _other, free = scenarios.chosen("birch-house", who="oscar")
    signable = scenarios.signable_agreement("birch-lodge")
    sealed = scenarios.sealed_agreement("birch-lodge")
    home = scenarios.drafted_offer("bob", story=scenarios.invited("birch-house", who="oscar"), home="birch-house")
    with acting(actor_of("bob")) as bob:
        question = ask_clarification(bob, release=running.releases["birch"].pk, question="Is there a bus to school?")
        policy = Insurance.objects.order_by("kind").first()
    with acting(actor_of("oscar")) as oscar:
        paper = SimpleUploadedFile("plan.txt", b"Calm, steady adults.", "text/plain")
        document = add_document(
            oscar, reference=running.reference, upload=paper, kind="care_plan", is_for_all_invited=True
        )
        person = Person.objects.get(pk=Referral.objects.get(reference=running.reference).person_id)
        placement = Placement.objects.get(pk=sealed.placement_id)
    with acting(actor_of("carol")) as carol:
        item = MenuItem.objects.select_related("vehicle").filter(provider_id=ident("birch")).first()
        assert policy and item
        path = f"/o/{carol.slug}/vehicles/"
        told = Notice("placements.invited", carol.organisation_id, "T-RES", path, user_id=carol.user_id)
        cedar = {"admission_id": ident("admission cedar-house"), "review_on": TODAY}
        suspend_admission(carol, reason="A visit.", **cedar)
        record("vehicle.changed", subject=item.vehicle, actor=carol, notify=[told])
    waits, live, known = _alerts()
    closures, moving = closures_of_birch()
    paper_of_alert = kept_with(live[1])
    concerns = _concerns()
    one_place_more("birch-house")
    lives_there = resident("birch-house")
    incidents = {turn: incident.reference for turn, incident in one_of_each(lives_there).items()}
    outbox.drain("events")
    world = ApiWorld(
        machines,
        {
            "reference": running.reference,
            "offer": offer.pk,
            "award": waiting.pk,
            "admission": ident("admission birch-house"),
            "gss_code": "E09000015",
            "slug": "west-london",
            "code": "T-RES",
            "lot": "STD",
            "item": item.pk,
            "provider": ident("birch"),
            "establishment": ident("birch-house"),
            "home": ident("birch-house"),
            "household": ident("ALD-1"),
            "policy": policy.pk,
            "document": document.pk,
            "invitation": running.invitations["birch-lodge"].pk,
            "clarification": question.pk,
            "release": running.releases["birch"].pk,
            "person": person.pk,
            "sheet": "months",
            "check": known,
            "resident": moving,
            "file": paper_of_alert,
            "run": _checked_list(),
        },
        concerns
        | {"findings/": {"reference": build_finding()}}
        | _alert_places(*waits, *live)
        | {"alerts/<str:reference>/plans": {"reference": early}}
        | _incident_places(incidents)
        | _measure_places()
        | closure_places(*closures)
        | _places(draft.reference, home.pk, signable.reference, sealed.reference, placement.reference),
        {kind: _own(machines[who], who) for kind, who in OWN.items()},
        bodies=_bodies(draft, running, free[0], signable, person) | _incident_bodies(lives_there.reference),
        queries={"add_referral_document": "kind=care_plan", "check_import": "kind=register"},
        canaries=("Zachariah", person.case_number, CANARY, noting.CANARY),
    )
    world.secrets = (*_secrets(world, running, sealed, offer), *incidents.values(), REPORTED)
    world.outside = _outside()
    return world


def _alerts() -> tuple[list[str], list[str], Any]:
    """Two that wait for a second person, one live without an answer and one with Harrow's; and a welfare check."""
    words = ("The first thing", "The second thing")
    waits = [raised("olive", severity="high", what_happened=f"{word} seen in {CANARY}.").reference for word in words]
    home = {"establishment_id": ident("birch-lodge"), "told_provider": "We are told of a concern. Call us."}
    live = [raised("olive", what_happened=f"{word} seen in {CANARY}.", **home).reference for word in words]
    answered(live[1], "oscar")
    for who in ("oscar", "carol"):
        with acting(actor_of(who)) as reader:
            ask_for_proof(reader, reference=live[1])
    outbox.drain("documents")
    with acting(actor_of("oscar")):
        check = WelfareCheck.objects.order_by("planned_at").first()
    assert check is not None
    return waits, live, check.pk


def _checked_list() -> Any:
    """A regulator's list of the central team's, checked: Birch House is cancelled on it, and another row is wrong."""
    rows = register(house(registration_status="cancelled"), house(urn="SC990777", age_max="x"))
    with acting(actor_of("carol")) as carol:
        run = start_import(carol, kind="register", file=BytesIO(rows), file_name="list.csv", size=len(rows))
    outbox.drain("default")
    return run.pk


def _concerns() -> dict[str, Values]:
    """By the beginning of the address: a concern of Harrow's, the pattern that it makes with others, complaints."""
    concern = noting.noted()
    for number in range(2):
        noting.noted("edith", what=f"Number {number}.")
        noting.noted("oscar", what=f"Number {number}.")
    noting.worked("default")
    (suggestion,) = noting.suggestions_of("carol")
    return {
        "concerns/": {"reference": concern.reference},
        "suggestions/": {"reference": suggestion.reference},
        "complaints/": {"reference": noting.in_mediation(what="Five weeks are charged.").reference},
    }


def _alert_places(to_send: str, to_dismiss: str, to_answer: str, with_checks: str) -> dict[str, Values]:
    return {
        "alerts/": {"reference": with_checks},
        "alerts/<str:reference>/answer": {"reference": to_answer},
        "alerts/<str:reference>/confirm": {"reference": to_send},
        "alerts/<str:reference>/dismiss": {"reference": to_dismiss},
    }


def _incident_places(incidents: dict[str, str]) -> dict[str, Values]:
    """Each act finds one that waits for it."""
    acts = {"acknowledge": "acknowledge", "follow-up": "follow_up", "interview": "offer"}
    acts |= {"interview/outcome": "settle", "close": "close"}
    return {
        "incidents/": {"reference": incidents["return"]},
        **{f"incidents/<str:reference>/{act}": {"reference": incidents[turn]} for act, turn in acts.items()},
    }


def _incident_bodies(agreement: str) -> dict[str, Values]:
    said = {"agreement": agreement, "kind": "allegation", "happened_at": f"{TODAY - dt.timedelta(1)}T00:00:00Z"}
    item = {**said, "risk": "low", "what_happened": "A bruise was seen.", "action_taken": "A doctor was asked."}
    return {
        "create_incident": said,
        "create_incidents": {"items": [item]},
        "settle_return_interview": {"interview_on": TODAY.isoformat()},
    }


def _measure_places() -> dict[str, Values]:
    proposed, standing, appealed, lifting = build_measures()
    return {
        "measures/": {"reference": standing},
        "measures/<str:reference>/decide": {"reference": proposed},
        "measures/<str:reference>/withdraw": {"reference": proposed},
        "measures/<str:reference>/lift/decide": {"reference": lifting},
        "measures/<str:reference>/appeal/answer": {"reference": appealed},
    }


def _outside() -> dict[str, Machine]:
    found: dict[str, Machine] = {}
    for kind, who in OWN.items():
        expired, revoked = client_of(who), client_of(who)
        digest = hashlib.sha256(expired.token.encode()).hexdigest()
        assert Token.objects.filter(hash=digest).update(expires_at=timezone.now()) == 1
        actor = actor_of(who)
        with acting(replace(actor, permissions=actor.permissions | {"organisation.manage"})) as administrator:
            revoke_client(administrator, client_id=revoked.client_id)
        found |= {f"expired {kind}": expired, f"revoked {kind}": revoked}
        for scope in scopes_of(kind):
            found[f"{kind} without {scope}"] = client_of(who, scopes=sorted(set(scopes_of(kind)) - {scope}))
    return found


def _places(draft: str, open_offer: Any, signable: str, sealed: str, placement: str) -> dict[str, Values]:
    drafting = ("sections", "publish", "eligible-establishments", "completeness", "disclosures")
    return {
        **{f"referrals/<str:reference>/{part}": {"reference": draft} for part in drafting},
        "offers/<uuid:offer>": {"offer": open_offer},
        "agreements/": {"reference": sealed},
        "agreements/<str:reference>/sign": {"reference": signable},
        "placements/": {"reference": placement},
        "admissions/<uuid:admission>/review": {"admission": ident("admission cedar-house")},
        "market/": {"sheet": "supply"},
        "homes/<uuid:home>/households": {"home": ident("alder-fostering")},
        "establishments/<uuid:establishment>/households": {"establishment": ident("alder-fostering")},
    }


def _own(machine: Machine, who: str) -> Values:
    """What every client has for itself: a webhook with a delivery, and its owner's message."""
    made = machine.post("/webhooks", {"url": "https://hooks.example.org/changes", "kinds": [], "description": ""})
    assert made.status_code == 201, made.content
    webhook = made.json()["id"]
    tested = machine.post(f"/webhooks/{webhook}/test")
    assert tested.status_code == 202, tested.content
    actor = actor_of(who)
    with acting(actor):
        message = Message.objects.filter(user_id=actor.user_id, channel="in_app").first()
        delivery = Delivery.objects.filter(webhook_id=webhook).first()
    return {"webhook": webhook, "delivery": delivery and delivery.pk, "message": message and message.pk}


def _bodies(
    draft: Referral, running: scenarios.Invited, free: Offer, signable: Any, person: Person
) -> dict[str, Values]:
    today = TODAY
    soon = (today + dt.timedelta(days=20)).isoformat()
    answers = {
        "starts_on": (today + dt.timedelta(days=7)).isoformat(),
        "held_until": f"{(today + dt.timedelta(days=14)).isoformat()}T17:00:00Z",
        "extras": [],
    }
    with acting(actor_of("oscar")):
        there = Placement.objects.filter(status__in=PLACEMENT_LIVE).values_list("pk", "establishment_id")
        plans: dict[Any, list[Values]] = {}
        for placement, home in there:
            plans.setdefault(home, []).append({"placement_id": str(placement), "plan": "A visit today."})
    return {
        "answer_alert": {"plans": plans[ident("birch-lodge")]},
        "plan_for_later_people": {"plans": plans[ident("birch-house")]},
        "create_alert": {"provider_id": str(ident("birch"))},
        "record_strategy_meeting": {"held_on": today.isoformat(), "next_on": None},
        "create_closure": {
            "provider_id": str(ident("birch")),
            "closes_on": soon,
            "notice_on": today.isoformat(),
        },
        "reschedule_announced_closure": {"closes_on": soon},
        "close_closing_home": {"closed_on": today.isoformat()},
        "record_resident_next_home": {"ended_on": today.isoformat()},
        "create_concern": {"provider_id": str(ident("birch")), "seen_on": today.isoformat()},
        "create_complaint": {"against_id": str(ident("birch"))},
        "propose_a_measure": {
            "provider_id": str(ident("birch")),
            "establishment_id": str(ident("birch-lodge")),
            "review_on": soon,
        },
        "review_standing_measure": {"review_on": soon},
        "record_welfare_check": {"done_on": today.isoformat()},
        "accept_offer": {"offer_id": str(free.pk), "revision": free.revision, "losers": []},
        "sign_agreement_by_client": {"terms_hash": signable.terms_hash},
        "search_people": {"case_number": person.case_number},
        "admit": {"vehicle": "T-RES", "lot": "STD", "establishment_id": str(ident("birch-house"))},
        "copy_referral": {"case_number": person.case_number, "as_sibling": False},
        "link_siblings": {"referral": draft.reference},
        "publish_referral": {
            "lot_ids": [str(ident("lot T-RES"))],
            "chosen": [str(ident("admission birch-house"))],
            "closes_at": f"{soon}T12:00:00Z",
        },
        "put_vacancies": {"items": [{"establishment_id": str(ident("birch-house")), "vacancies": 1}]},
        "review_suspension": {"review_on": soon},
        "suspend_from_lot": {"review_on": soon},
        "replay_webhook": {"since": f"{(today - dt.timedelta(days=1)).isoformat()}T00:00:00Z"},
        "extend_referral": {"closes_at": f"{soon}T12:00:00Z"},
        "record_spot_placement": {"starts_on": today.isoformat()},
        **dict.fromkeys(("change_offer_draft", "revise_own_offer", "begin_offer"), answers),
    }


def _secrets(world: ApiWorld, running: scenarios.Invited, sealed: Any, offer: Offer) -> tuple[str, ...]:
    with acting(actor_of("oscar")):
        questions = Clarification.objects.values_list("pk", flat=True)
        mine = [
            running.reference,
            sealed.reference,
            offer.pk,
            world.values["person"],
            world.values["award"],
            *questions,
        ]
        references = Referral.objects.values_list("reference", flat=True)
        return tuple(str(secret) for secret in [*mine, *references])
