"""Birch, which is to learn nothing of its rivals: what it may read, and what it may send about its offers, with real
things of its own and of a referral that it is told of; and what does not open for it, with the reasons.

Pages and operations come from the URL table: one that is neither opened nor named here is a violation of `rivals`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from allauth.idp.oidc.models import Token
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from dpv.actions.suspensions import lift_suspension
from placements.actions.documents import add_document
from placements.models import Offer
from placements.queries.offer_terms import edition_of
from providers.actions.certificates import put_certificate
from providers.models import Insurance
from tests import scenarios
from tests.api.clients import Machine
from tests.api.table import routes
from tests.cast import actor_of, ident, user_of
from tests.isolation.api_world import ApiWorld, Values, build_api_world, owners
from tests.isolation.test_urls import ALL as ADDRESSES
from tests.proofs.readings import Read, reading, standing_still
from tests.safeguarding.concerns import noting
from tests.signing_in import prove as prove_oneself

#: What does not open for Birch, and why, where it does not only take what is sent. Whatever is named neither here nor
#: below has to open.
CLOSED = {
    **dict.fromkeys(
        (
            *("API download_alert_file", "API get_alert_proof", "API download_alert_proof", "API list_alert_roster"),
            "API download_alert_roster",
        ),
        "a provider is told of an alert, and not who else was",
    ),
    "API list_access": "who may buy is not for sellers",
    **dict.fromkeys(
        ("API list_households", "API get_household", "API get_household_vacancies"),
        "the carers of this world are Alder's",
    ),
    "API reconfirm_own_offer": "the referral has not changed",
    "page providers:establishment": "the register is an authority's to read",
}
#: The same of pages, by the beginnings of their names.
CLOSED_PAGES = {
    **dict.fromkeys(
        ("contracts:accept_offer", "contracts:approval", "contracts:award", "contracts:compare"), "authorities choose"
    ),
    **dict.fromkeys(
        (
            *("dpv:access", "dpv:admission_", "dpv:admit", "dpv:ceiling", "dpv:lot", "dpv:menu", "dpv:rules"),
            *("dpv:vehicle", "dpv:measure_appeal_answer", "dpv:measure_decide", "dpv:measure_lift"),
            *("dpv:measure_propose", "dpv:measure_review", "dpv:measure_withdraw", "closures:closure_close"),
            *("providers:import", "providers:oversight", "providers:registration", "providers:verify"),
            *("providers:unverify", "reports:market"),
        ),
        "the central team's",
    ),
    "providers:provider": "the register is an authority's to read",
    **dict.fromkeys(
        (
            *("placements:home_search", "placements:referral", "placements:document", "placements:placement"),
            *("person_search", "reports:spend", "closures:closure_resident", "firewall", "tenants:delegations"),
            *("tenants:identity_provider", "voice", "concerns:concern", "concerns:suggestion"),
        ),
        "an authority's own",
    ),
    **dict.fromkeys(
        (
            *("incidents:incident_acknowledge", "incidents:incident_close", "incidents:incident_follow_up"),
            *("incidents:interview", "incidents:missing"),
        ),
        "the authority answers",
    ),
    **dict.fromkeys(
        (
            *("safeguarding:alert_close", "safeguarding:alert_confirm", "safeguarding:alert_dismiss"),
            *("safeguarding:alert_file", "safeguarding:alert_plans", "safeguarding:alert_raise"),
            *("safeguarding:alert_roster", "safeguarding:meeting", "safeguarding:welfare_check"),
        ),
        "a provider is told of an alert and answers it",
    ),
    "concerns:complaint_mediate": "the mediator mediates",
    "providers:household_add": "no carers live at a children's home",
    "providers:household_edit": "the carers of this world are Alder's",
}
#: What Birch sends by the pages, beside what their addresses name.
SENT: dict[str, dict[str, str]] = {
    "placements:decline": {"reason": "no_vacancy"},
    "placements:offer_check": {},
    "placements:offer_edit": {"weekly_core": "3700.00", "do": "save"},
    "placements:offer_price": {"weekly_core": "3700.00"},
    "placements:offer_start": {},
    "placements:offer_withdraw": {},
    "placements:opportunity": {"question": "Is there a garden?"},
}


@dataclass
class Birch:
    """Whoever learns nothing: a system and a person with everything that a provider may have."""

    world: ApiWorld
    machine: Machine
    browser: Client
    #: Things of its own by the beginnings of addresses of pages, the longer after the shorter.
    own: dict[str, Values]


@dataclass
class Shared:
    """A referral that Birch and Cedar are told of: Birch's offer, its draft for another home, its paper."""

    story: scenarios.Invited
    own: Offer
    draft: Offer
    paper: UUID


def build_birch() -> Birch:
    """Make Birch and its world; the database must be one's own."""
    world = build_api_world()
    # The proof may go on for longer than a token lasts.
    Token.objects.update(expires_at=timezone.now() + dt.timedelta(days=30))
    with acting(actor_of("mark")) as mark:
        # Or the rival could not offer.
        lift_suspension(mark, admission_id=ident("admission cedar-house"), reason="The visit was good.")
    with acting(actor_of("bob")):
        policy = Insurance.objects.get(pk=world.values["policy"])
        put_certificate(policy, SimpleUploadedFile("cover.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"))
        policy.save()
    browser = Client(raise_request_exception=False)
    browser.force_login(user_of("bob"))
    return Birch(world, world.machines["bob"], browser, _own(world))


def shared_referral(*, sealed: bool = False) -> Shared:
    """Another referral, with Birch's offer standing and Cedar's still to come."""
    story = scenarios.with_person(scenarios.invited("birch-house", "birch-lodge", "cedar-house", sealed=sealed))
    own = scenarios.submitted_offer(story=story, home="birch-house")
    draft = scenarios.drafted_offer(story=story, home="birch-lodge")
    with acting(actor_of("olive")) as olive:
        plan = SimpleUploadedFile("plan.txt", b"Calm, steady adults.", "text/plain")
        paper = add_document(olive, reference=story.reference, upload=plan, kind="care_plan", is_for_all_invited=True)
    outbox.drain("events")
    return Shared(story, own, draft, paper.pk)


def _own(world: ApiWorld) -> dict[str, Values]:
    with acting(actor_of("bob")) as bob:
        member = Membership.objects.get(user_id=bob.user_id, organisation_id=bob.organisation_id)
    return {
        "api-clients/": {"pk": world.machines["bob"].client_id},
        "concerns/complaints/": world.places["complaints/"],
        **{f"concerns/complaints/<str:reference>/{act}": {"reference": each} for act, each in _complaints().items()},
        "concerns/suggestions/": world.places["suggestions/"],
        "delegations/": {"pk": ident("delegation")},
        "messages/": {"pk": world.kinds["provider"]["message"]},
        "our-homes/": {"pk": ident("birch-house")},
        "our-homes/households/": {"pk": ident("ALD-1")},
        "our-homes/insurance/": {"pk": world.values["policy"]},
        "people/": {"pk": member.pk},
        "providers/": {"pk": ident("birch")},
        "providers/homes/": {"pk": ident("birch-house")},
        "providers/insurance/": {"pk": world.values["policy"]},
        "vehicles/": {"access": ident("no such access")},
        "voice/": {"pk": ident("no such code")},
    }


def _complaints() -> dict[str, str]:
    """References by the act that each waits for: Harrow's against Birch, and Birch's against Harrow."""
    made, answered = noting.complained(what="Nothing came."), noting.complained(what="The list is wrong.")
    acknowledged = noting.complained(what="The key is lost.")
    for complaint in (acknowledged, answered):
        noting.did("bob", "acknowledge_complaint", complaint)
    noting.did("bob", "answer_complaint", answered, "It is right.")
    to_settle, over = noting.complained("bob", what="Nobody pays."), noting.complained("bob", what="Nobody calls.")
    for complaint in (to_settle, over):
        noting.did("olive", "acknowledge_complaint", complaint)
    noting.did("bob", "ask_mediation", over, "We cannot agree.")
    noting.did("carol", "mediate", over, "Both should meet.")
    waiting = {"acknowledge": made, "answer": acknowledged, "ask-for-mediation": answered, "settle": to_settle}
    return {act: complaint.reference for act, complaint in {**waiting, "close": over}.items()}


def readings_of(birch: Birch, shared: Shared) -> dict[str, Read]:
    """Everything that Birch may read or send about its offers, by name, with things of this referral where it names
    such. Fails by name where an address names what is not known here."""
    machine, browser, moment = birch.machine, birch.browser, database_now()
    prove_oneself(browser, "bob")
    found: dict[str, Read] = {}

    offers = {str(shared.own.pk), str(shared.draft.pk)}

    def add(name: str, client: Client, ask: Callable[[], Any], known: Values | None = None) -> None:
        ids = offers | {str(value) for value in known.values()} if known else None
        found[name] = reading(client, ask, moment, ids)

    for address in ADDRESSES:
        values = _page_values(birch, shared, address, moment)
        _require_known(address, values)
        path = address.filled("birch", values) + (f"?q={shared.story.reference}" if address.name == "search" else "")
        add(f"page {address.name}", browser, partial(browser.get, path))
        if address.name in SENT:
            data = {"edition": _edition(shared.draft), **SENT[address.name]}
            add(f"page {address.name}, sent", browser, partial(browser.post, path, data, follow=True), values)
    for route in routes():
        if "provider" not in owners(route):
            continue
        values = _values(birch, shared, route)
        _require_known(route, values)
        send = partial(machine.send, route.method.upper(), route.filled(values))
        if route.method == "get":
            add(f"API {route.name}", machine.browser, send)
        elif route.operation.scope == "offers:write":
            add(f"API {route.name}", machine.browser, partial(send, birch.world.body(route)), values)
    return found


def _values(birch: Birch, shared: Shared, route: Any) -> Values:
    """What an operation (or a page whose address begins likewise) names: of this referral where it is about one."""
    values = birch.world.values_for(route, "provider")
    if route.path.startswith(("opportunities/", "inbox/")):
        invitation = shared.story.invitations["birch-lodge"].pk
        values |= {"reference": shared.story.reference, "invitation": invitation, "document": shared.paper}
    elif route.path.startswith("referrals/"):
        values |= {"reference": shared.story.reference, "release": shared.story.releases["birch"].pk}
    is_of_draft = route.path.rstrip("/").endswith(("/check", "/submit", "/edit", "/price"))
    is_of_draft |= getattr(route, "method", "") == "patch"
    return values | {"offer": (shared.draft if is_of_draft else shared.own).pk}


def _require_known(route: Any, values: Values) -> None:
    missing = [name for name in route.parameters if values.get(name) is None]
    assert not missing, f"{route.name} names {missing}: teach tests/proofs/birch.py"


def _page_values(birch: Birch, shared: Shared, address: Any, moment: dt.datetime) -> Values:
    values = _values(birch, shared, address) | {"signature": "x", "section": "needs", "kind": "placements"}
    for begin, things in birch.own.items():
        if address.path.startswith(begin):
            values |= things
    if address.path.endswith("<str:signature>/"):
        # The address without the signature leads to this one.
        to = replace(address, path=address.path.removesuffix("<str:signature>/")).filled("birch", values)
        with transaction.atomic(), standing_still(moment):
            response = birch.browser.get(to)
            transaction.set_rollback(True)
        if response.status_code == 302:
            values["signature"] = response["Location"].rstrip("/").rpartition("/")[2]
    return values


def _edition(draft: Offer) -> str:
    with acting(actor_of("bob")):
        return edition_of(Offer.objects.get(pk=draft.pk))


def why_closed(name: str) -> str:
    """Why it does not open for Birch; "" where it has to."""
    if name in CLOSED:
        return CLOSED[name]
    fitting = [begin for begin in CLOSED_PAGES if name.startswith(f"page {begin}")]
    return CLOSED_PAGES[max(fitting, key=len)] if fitting else ""
