"""Two of everything: what Harrow, Birch and the central team own, for others to knock at.

Values for addresses by parameter name, and by route where one name means different things.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from brokerage.core.api.clients import create_client
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.permissions import ROLES_BY_KIND
from brokerage.core.webhooks.actions import create_webhook, test_webhook
from tests import scenarios
from tests.cast import actor_of, ident, user_of

#: Words of Harrow's that nobody else may ever read: the names of its people, what was reported of them.
CANARIES = ("Quillfeather", "Zachariah", "Kestrel", "Marshwiggle")

#: Somebody with every role at another organisation of the same kind, by the first word of the route's name. What the
#: region shares (vehicles, admissions) is knocked at from another region; what all authorities read, by nobody.
SAME_KIND = (("edith", "ealing"), ("alice", "alder"))
OUTSIDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "dpv": (("nia", "newport"), ("alice", "alder")),
    "providers:import": (("edith", "ealing"), ("alice", "alder")),
    "providers:household": (("bob", "birch"), ("edith", "ealing")),
    # Only whoever runs the region proposes and decides; the provider reads what is in force.
    "dpv:measure_decide": (("nia", "newport"), ("bob", "birch")),
    # The register of providers is every authority's to read, and no other provider's.
    "providers:provider": (("alice", "alder"),),
    "providers:certificate": (("alice", "alder"),),
    "providers:establishment": (("alice", "alder"),),
    # Every authority of the region is told of an alert, and its central team; only the raiser decides on it, and its
    # central team sees who was told.
    "safeguarding": (("nia", "newport"), ("alice", "alder")),
    # A central team has no residents of its own.
    "incidents": (("edith", "ealing"), ("carol", "west-london-central"), ("alice", "alder")),
    "safeguarding:alert_roster": (("edith", "ealing"), ("bob", "birch"), ("nia", "newport")),
    "safeguarding:alert_confirm": (("edith", "ealing"), ("carol", "west-london-central"), ("bob", "birch")),
    "safeguarding:alert_dismiss": (("edith", "ealing"), ("carol", "west-london-central"), ("bob", "birch")),
    "safeguarding:alert_close": (("edith", "ealing"), ("carol", "west-london-central"), ("bob", "birch")),
    "safeguarding:alert_plans": (("edith", "ealing"), ("carol", "west-london-central"), ("bob", "birch")),
    "safeguarding:welfare_check": (("edith", "ealing"), ("carol", "west-london-central"), ("bob", "birch")),
    # Shared with the central team alone; patterns over the region are the central team's.
    "concerns:concern": (("edith", "ealing"), ("bob", "birch"), ("nia", "newport")),
    "concerns:suggestion": (("oscar", "harrow"), ("edith", "ealing"), ("bob", "birch")),
    "concerns:complaint": (("edith", "ealing"), ("alice", "alder"), ("carol", "west-london-central")),
    "concerns:complaint_mediate": (("edith", "ealing"), ("alice", "alder"), ("bob", "birch"), ("oscar", "harrow")),
    "voice": (("edith", "ealing"), ("nia", "newport"), ("bob", "birch"), ("alice", "alder")),
}


@dataclass
class World:
    """Values of the parameters of addresses."""

    values: dict[str, Any] = field(default_factory=dict)
    #: Values for routes (or routes that begin so) where a parameter names something else.
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Routes whose parameters name nobody's secret (a kind of file).
    shared: frozenset[str] = frozenset()

    def values_for(self, name: str) -> dict[str, Any]:
        found = dict(self.values)
        for begin in sorted(self.own, key=len):
            if name.startswith(begin):
                found |= self.own[begin]
        return found

    @staticmethod
    def outsiders(name: str) -> tuple[tuple[str, str], ...]:
        fitting = [begin for begin in OUTSIDERS if name.startswith(begin)]
        return OUTSIDERS[max(fitting, key=len)] if fitting else SAME_KIND


def everything(who: str) -> Actor:
    """The person, holding every role of their kind of organisation: only tenancy is left to stop them."""
    actor = actor_of(who)
    with acting(actor):
        roles = [role.value for role in ROLES_BY_KIND[actor.kind]]
        Membership.objects.filter(user_id=user_of(who).pk, organisation_id=actor.organisation_id).update(roles=roles)
    return actor_of(who)


def nothing(who: str) -> Actor:
    """The person, with a membership that grants nothing."""
    actor = actor_of(who)
    with acting(actor):
        Membership.objects.filter(user_id=user_of(who).pk, organisation_id=actor.organisation_id).update(roles=[])
    return actor_of(who)


def build_world() -> World:
    """A draft, a published referral with an offer, a sealed agreement, an import: all through real actions."""
    from brokerage.safeguarding.models import AlertFile
    from dpv.models import AccessAgreement, MenuItem
    from placements.models import Placement
    from providers.actions.certificates import put_certificate
    from providers.imports.engine import run_import
    from providers.models import Insurance

    early_alert = build_early_alert()
    draft = scenarios.draft_referral()
    running = scenarios.invited("birch-house")
    offer = scenarios.submitted_offer(story=running)
    agreement = scenarios.sealed_agreement("birch-lodge")
    waiting = scenarios.signable_agreement("birch-lodge")
    everything("oscar")
    run = run_import(actor_of("oscar"), "placements", b"authority_gss\n", dry_run=True, file_name="mine.csv")
    with acting(actor_of("adam")) as adam:
        machine, _secret = create_client(adam, name="Case system", scopes=["changes:read"], owner_id=adam.user_id)
        webhook = create_webhook(adam, client_id=machine.pk, url="https://cases.example.gov.uk/events")
        delivery = test_webhook(adam, webhook_id=webhook.pk)
        member = Membership.objects.get(user_id=user_of("olive").pk)
        placement = Placement.objects.get(pk=agreement.placement_id)
    with acting(actor_of("bob")):
        policy = Insurance.objects.first()
        assert policy
        put_certificate(policy, SimpleUploadedFile("cover.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"))
        policy.save()
    with acting(actor_of("carol")):
        access = AccessAgreement.objects.filter(vehicle__code="T-RES").first()
        item = MenuItem.objects.filter(provider_id=ident("birch"), vehicle__code="T-RES").first()
    assert access and item
    incidents = build_incidents()
    waiting_alert, alert, answered_alert, check = build_alerts()
    closure, resident = build_closure()
    with acting(actor_of("olive")):
        alert_file = AlertFile.objects.get().pk
    concerns = build_concerns()
    proposed_measure, measure, appealed_measure, lifting_measure = build_measures()
    voice, unplaced, poster = build_voices()
    values = {
        "reference": running.reference,
        "offer": offer.pk,
        "award": agreement.award_id,
        "release": running.releases["birch"].pk,
        "invitation": running.invitations["birch-house"].pk,
        "section": "needs",
        "establishment": ident("birch-house"),
        "admission": ident("admission birch-house"),
        "code": "T-RES",
        "lot": "STD",
        "access": access.pk,
        "item": item.pk,
        "run": run.pk,
        "kind": "placements",
        "document": ident("no such document"),
        "signature": "x",
        "sheet": "lots",
        "webhook": webhook.pk,
        "delivery": delivery.pk,
        "pk": member.pk,
    }
    drafts = ("section", "tasks", "check", "match", "publish", "person", "documents")
    own: dict[str, dict[str, Any]] = {f"placements:referral_{name}": {"reference": draft.reference} for name in drafts}
    own |= {
        "reports:market_csv": {"sheet": "supply"},
        "contracts:agreement": {"reference": agreement.reference},
        "contracts:agreement_sign": {"reference": waiting.reference},
        "placements:placement": {"reference": placement.reference},
        "providers:provider": {"pk": ident("birch")},
        "providers:verify": {"pk": ident("birch")},
        "providers:unverify": {"pk": ident("birch")},
        "providers:oversight": {"pk": ident("birch")},
        "providers:establishment": {"pk": ident("birch-house")},
        "providers:registration": {"pk": ident("birch-house")},
        "providers:own_establishment": {"pk": ident("birch-house")},
        "providers:vacancies": {"pk": ident("birch-house")},
        "providers:policy_edit": {"pk": policy.pk},
        "providers:certificate": {"pk": policy.pk},
        "providers:household": {"pk": ident("ALD-1")},
        "providers:household_add": {"pk": ident("alder-fostering")},
        "notifications": {"pk": ident("no such message")},
        "api_clients": {"pk": machine.pk},
        "dpv:measure": {"reference": measure},
        "dpv:measure_decide": {"reference": proposed_measure},
        "dpv:measure_withdraw": {"reference": proposed_measure},
        "dpv:measure_lift_decide": {"reference": lifting_measure},
        "dpv:measure_appeal_answer": {"reference": appealed_measure},
        "safeguarding": {"reference": alert, "check": check, "file": alert_file},
        "firewall": {"reference": build_finding()},
        "safeguarding:alert_confirm": {"reference": waiting_alert},
        "safeguarding:alert_dismiss": {"reference": waiting_alert},
        "safeguarding:alert_plans": {"reference": early_alert},
        "safeguarding:welfare_check": {"reference": answered_alert, "check": check},
        "closures": {"reference": closure, "resident": resident},
        **{f"concerns:{name}": {"reference": reference} for name, reference in concerns.items()},
        "incidents": {"reference": incidents["return"]},
        "incidents:incident_acknowledge": {"reference": incidents["acknowledge"]},
        "incidents:incident_follow_up": {"reference": incidents["follow_up"]},
        "incidents:interview_offer": {"reference": incidents["offer"]},
        "incidents:interview_settle": {"reference": incidents["settle"]},
        "incidents:incident_close": {"reference": incidents["close"]},
        "voice": {"reference": voice, "pk": poster},
        "voice:message_place": {"reference": unplaced},
    }
    return World(values, own, frozenset({"providers:import_columns", "reports:spend_csv", "reports:market_csv"}))


def build_incidents() -> dict[str, str]:
    """References of incidents of Harrow's person at Birch Lodge, by what is to be done next."""
    from tests.incidents.reporting import one_of_each, one_place_more, resident

    one_place_more("birch-lodge")
    return {turn: incident.reference for turn, incident in one_of_each(resident("birch-lodge")).items()}


def build_finding() -> str:
    """Somebody of Harrow's is too young for Cedar House: the finding's reference."""
    from tests.firewall.finding import check, findings, living

    living("cedar-house", who="oscar", age=9)
    check("oscar")
    return next(one.reference for one in findings("oscar") if one.home == "Cedar House")


def build_early_alert() -> str:
    """An alert of Harrow's about Birch that Harrow has answered: whoever comes there from now on came later."""
    from brokerage.safeguarding.actions.alerts import AlertFacts, raise_alert
    from brokerage.safeguarding.actions.answers import acknowledge_alert

    said = {"kind": "premises", "what_happened": "A door was locked.", "action_taken": "The regulator knows."}
    with acting(actor_of("olive")) as olive:
        facts = AlertFacts(provider_id=ident("birch"), severity="low", told_provider="We will call.", **said)
        reference = raise_alert(olive, facts=facts).reference
        acknowledge_alert(olive, reference=reference, response="We visit everybody.")
    return reference


def build_alerts() -> tuple[str, str, str, Any]:
    """Alerts of Harrow's about Birch: one that waits for a second person, one without an answer, one answered with a
    welfare check to do; the first three by reference."""
    from brokerage.safeguarding.actions.alerts import AlertFacts, raise_alert
    from brokerage.safeguarding.actions.answers import acknowledge_alert
    from brokerage.safeguarding.actions.files import add_alert_file
    from brokerage.safeguarding.models import AlertRecipient, WelfareCheck
    from brokerage.safeguarding.queries.alerts import people_there

    said = {"kind": "staffing", "what_happened": "Nobody was on duty.", "action_taken": "The regulator knows."}
    references = []
    with acting(actor_of("olive")) as olive:
        for severity in ("high", "medium", "low"):
            facts = AlertFacts(provider_id=ident("birch"), severity=severity, told_provider="We will call.", **said)
            references.append(raise_alert(olive, facts=facts).reference)
        waiting, open_one, answered = references
        plans = {
            placement.pk: "A visit today." for placement in people_there(AlertRecipient.objects.get(reference=answered))
        }
        acknowledge_alert(olive, reference=answered, response="We visit everybody.", plans=plans)
        check = WelfareCheck.objects.first()
        add_alert_file(olive, reference=open_one, upload=SimpleUploadedFile("rota.txt", b"Two adults.", "text/plain"))
    assert check is not None
    return waiting, open_one, answered, check.pk


def build_closure() -> tuple[str, Any]:
    """The closure of Birch Lodge, where somebody of Harrow's is to move in: its reference, and that person's row."""
    from tests.closures.closing import announced, resident

    closure = announced(establishment_id=ident("birch-lodge"))
    return closure.reference, resident().pk


def build_concerns() -> dict[str, str]:
    """By route: a concern of Harrow's, the pattern that it makes with two of Ealing's for the central team, complaints
    of Harrow's against Birch at the moments in which the pages ask for something."""
    from tests.safeguarding.concerns import noting

    concern = noting.noted()
    for number in range(2):
        noting.noted("edith", what=f"Number {number}.")
    noting.worked("default")
    (suggestion,) = noting.suggestions_of("carol")
    made = noting.complained(what="Nothing came.")
    answered = noting.complained(what="The list is wrong.")
    noting.did("bob", "acknowledge_complaint", answered)
    acknowledged = noting.complained(what="The key is lost.")
    noting.did("bob", "acknowledge_complaint", acknowledged)
    noting.did("bob", "answer_complaint", answered, "It is right.")
    mediating = noting.in_mediation()
    over = noting.complained(what="A visit was missed.")
    noting.did("bob", "acknowledge_complaint", over)
    noting.did("oscar", "ask_mediation", over, "We cannot agree.")
    noting.did("carol", "mediate", over, "Both should meet.")
    return {
        "concern": concern.reference,
        "suggestion": suggestion.reference,
        "complaint": answered.reference,
        "complaint_acknowledge": made.reference,
        "complaint_answer": acknowledged.reference,
        "complaint_mediate": mediating.reference,
        "complaint_give_up": over.reference,
    }


def build_measures() -> tuple[str, str, str, str]:
    """Restrictions around Birch Lodge, which stop nothing: proposed, in force, appealed, and about to be lifted."""
    from dpv.actions.measure_appeals import appeal_measure
    from dpv.actions.measures import propose_lift
    from tests.dpv.measuring import in_force, proposed

    lodge, lot = ident("birch-lodge"), ident("lot T-RES")
    waiting = proposed(kind="suspend", provider_id=ident("alder"))
    standing = in_force(kind="restrict", establishment_id=lodge)
    appealed = in_force(kind="restrict", establishment_id=lodge, lot_id=lot)
    lifting = in_force(kind="restrict", provider_id=ident("alder"))
    with acting(actor_of("bob")) as bob:
        appeal_measure(bob, reference=appealed.reference, text="Both were awake.")
    with acting(actor_of("mark")) as mark:
        propose_lift(mark, reference=lifting.reference, note="The rota was seen.")
    return waiting.reference, standing.reference, appealed.reference, lifting.reference


def build_voices() -> tuple[str, str, Any]:
    """Something said about Birch House, something that named no home (by reference), and the code of its poster."""
    from django.db import connection

    from brokerage.core.tenants.context import worker
    from brokerage.safeguarding.voice import actions, speaking
    from brokerage.safeguarding.voice.models import Message

    with acting(actor_of("tessa")) as tessa:
        poster = actions.make_code(tessa, home_id=ident("birch-house"))
    for code in (poster.code, ""):
        speaking.say(speaking.Words(who="lives", text=f"They know of {CANARIES[0]}.", code=code), once="world")
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT voice_route(10)")
    with acting(actor_of("carol")):
        placed, unplaced = (
            Message.objects.get(establishment__isnull=is_unplaced).reference for is_unplaced in (False, True)
        )
    return placed, unplaced, poster.pk
