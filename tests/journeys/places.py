"""Everything there is to see, and who sees it: the isolation world, some more stories, and the values of addresses.

A new address whose parameter is not known here or in `tests/isolation/world.py` fails until it is taught.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.voice.codes import with_check
from dpv.actions.suspensions import suspend_admission
from placements.actions.placements import start_placement
from placements.models import Award, Offer, Placement
from tests import scenarios
from tests.cast import actor_of, ident
from tests.isolation.test_urls import ALL, Address
from tests.isolation.world import World, build_world, everything
from tests.journeys.visitors import client_of, off_loop

#: Who holds every role of their kind of organisation: what each may see is all there is to see.
EVERYBODY = {"oscar": "harrow", "bob": "birch", "carol": "west-london-central"}
#: Others whose first page differs: one job each, a hub broker for somebody else, a provider without anything.
HOMES = {
    "olive": "harrow",
    "tessa": "harrow",
    "sandra": "harrow",
    "connie": "harrow",
    "fiona": "harrow",
    "adam": "harrow",
    "sam": "harrow",
    "hugh": "west-london-central",
    "nia": "newport",
    "cecil": "cedar",
    "alice": "alder",
}
PUBLIC = (
    "/",
    "/verify/",
    "/speak/",
    "/speak/no-code/",
    "/speak/answer/",
    "/siarad/",
    f"/speak/{with_check('7K3M9Q')}/",
    f"/siarad/{with_check('7K3M9Q')}/",
    "/accessibility/",
    "/privacy/",
    "/cookies/",
    "/developers/",
    "/developers/habits/",
    "/developers/operations/",
    "/developers/operations/create_referral/",
    "/developers/scopes/",
    "/developers/codes/",
    "/developers/events/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/organisation/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
)
ACCOUNT = (
    "/organisations/",
    "/accounts/prove/",
    "/accounts/prove/code/",
    "/accounts/reauthenticate/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/security/",
    "/accounts/mobile/",
    "/accounts/mobile/code/",
    "/accounts/mobile/remove/",
    "/accounts/second-step/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/logout/",
)


@dataclass
class Walk:
    """The world, and for some addresses several values, because their pages differ by state."""

    world: World
    variants: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: What was found to be a page, by person.
    pages: dict[str, list[str]] = field(default_factory=dict)

    def paths(self, address: Address, organisation: str) -> list[str]:
        common = self.world.values_for(address.name)
        missing = [name for name in address.parameters if name not in common]
        assert not missing, f"{address.name} names {missing}: teach tests/isolation/world.py"
        return [address.filled(organisation, {**common, **values}) for values in self.variants.get(address.name, [{}])]


def build_walk() -> Walk:
    """The isolation world, and stories at the moments in which pages ask for something."""
    world = off_loop(build_world)
    closed, offers = scenarios.chosen("birch-house", "cedar-house")
    _compared, standing = scenarios.chosen("birch-house", "cedar-house", who="olive")
    waiting = scenarios.award(standing[0], who="olive")
    draft_offer = scenarios.drafted_offer(home="birch-house")
    confirming = _to_be_confirmed()
    placement = _started(scenarios.awarded("cedar-house")[1])
    planned = _planned(scenarios.awarded("cedar-house")[1])
    suspended = _suspended("cedar-house")
    for who in (*EVERYBODY, "alice"):
        everything(who)
    draft = world.values_for("placements:referral_tasks")["reference"]
    running = world.values["reference"]
    states = [{"reference": each} for each in (draft, running, closed.reference, waiting.referral.reference)]
    agreements = [
        {"reference": world.values_for(f"contracts:{name}")["reference"]} for name in ("agreement", "agreement_sign")
    ]
    sections = [{"reference": draft, "section": each} for each in ("person", "needs", "risks", "where", "outcomes")]
    measures = [world.values_for(f"dpv:measure_{name}") for name in ("decide", "lift_decide", "appeal_answer")]
    turns = ("incident_acknowledge", "interview_settle", "incident_close")
    incidents = [world.values_for(f"incidents:{name}") for name in turns]
    alerts = [world.values_for(f"safeguarding:{name}") for name in ("alert_confirm", "welfare_check")]
    moments = ("acknowledge", "mediate", "give_up")
    complaints = [world.values_for(f"concerns:complaint_{name}") for name in moments]
    return Walk(
        world,
        {
            "placements:referral": states,
            "placements:referral_section": sections,
            "placements:opportunity": states[1:],
            "placements:offer_reconfirm": [{"offer": confirming}],
            "placements:placement": [{}, placement],
            "placements:placement_end": [placement],
            "placements:placement_cancel": [planned],
            "dpv:admission": [{}, suspended],
            "dpv:admission_bar": [suspended],
            "dpv:admission_lift": [suspended],
            "dpv:measure": [{}, *measures],
            "dpv:admission_review": [suspended],
            "contracts:compare": states[1:],
            "contracts:accept_offer": [{"reference": closed.reference, "offer": offers[0].pk}],
            "contracts:agreement": agreements,
            "contracts:approval": [{}, {"award": waiting.pk}],
            "contracts:award_take_back": [{"award": waiting.pk}],
            "placements:offer": [{}, {"offer": offers[0].pk}],
            "placements:offer_edit": [{"offer": draft_offer.pk}, {}],
            "placements:offer_check": [{"offer": draft_offer.pk}],
            "safeguarding:alert": [{}, *alerts],
            "concerns:complaint": [{}, *complaints],
            "incidents:incident": [{}, *incidents],
            "voice:message": [{}, world.values_for("voice:message_place")],
        },
    )


def _to_be_confirmed() -> UUID:
    """An offer to be confirmed again, because its referral changed."""
    offer = scenarios.submitted_offer(story=scenarios.invited())
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    return offer.pk


def _started(award: Award) -> dict[str, Any]:
    """The reference of a placement that the person has moved into."""
    oscar = actor_of("oscar")
    with acting(oscar):
        planned = Placement.objects.get(award=award)
        placement = start_placement(
            oscar,
            placement_id=planned.pk,
            started_on=dt.date.today(),
            placement_type="K2",
            placement_provider="PR4",
        )
        return {"reference": placement.reference}


def _planned(award: Award) -> dict[str, Any]:
    """The reference of a placement that is planned, not yet begun."""
    with acting(actor_of("oscar")):
        return {"reference": Placement.objects.get(award=award).reference}


def _suspended(home: str) -> dict[str, Any]:
    """A home's admission that may be lifted."""
    mark, admission = actor_of("mark"), ident(f"admission {home}")
    with acting(mark):
        suspend_admission(mark, admission_id=admission, reason="Staffing at night.", review_on=dt.date.today())
    return {"admission": admission}


def pages_of(walk: Walk, who: str, organisation: str, begin: str = "") -> list[str]:
    """The whole pages (not files, fragments or buttons) that the person may open at their organisation."""
    if who in walk.pages:
        return walk.pages[who]
    client = client_of(who, proved=True)
    found = []
    for address in (each for each in ALL if each.name.startswith(begin)):
        for path in walk.paths(address, organisation):
            with closing(client.get(path)) as response:
                assert response.status_code < 500, f"{who}: {path}"
                is_page = response.headers.get("Content-Type", "").startswith("text/html")
                if response.status_code == 200 and is_page and b"</html>" in response.content:
                    found.append(path)
    assert found, settings.ROOT_URLCONF
    walk.pages[who] = list(dict.fromkeys(found))
    return walk.pages[who]
