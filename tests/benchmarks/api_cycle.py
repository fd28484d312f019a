"""The whole cycle through the API, as two providers' systems and a council's own play it: whole requests with token,
rate limit, JSON, idempotency keys, permissions, row security, rules, audit trail and outbox."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.benchmarks.asking import Asker

#: Requests of one cycle that change something, and that read what the next one needs.
WRITES, READS = 8, 5


def api_cycle(homes: tuple[str, ...]) -> Callable[[], None]:
    """Plays one cycle: a referral with every section, published to these homes, an offer of each, the first awarded."""
    from tests.api.clients import client_of
    from tests.cast import ident
    from tests.scenarios import HOMES

    council = Asker(token=client_of("oscar").token)
    systems = {"birch": Asker(token=client_of("bob").token), "cedar": Asker(token=client_of("cecil").token)}
    wanted = {str(ident(home)): systems[HOMES[home][0]] for home in homes}
    lot = str(ident("lot T-RES"))
    keys = _keys(council, lot, set(wanted))
    answers = _answers()

    def act() -> None:
        reference = council.post("/api/v1/referrals", _draft())["reference"]
        published = {"lot_ids": [lot], "chosen": keys, "left_out_reason": "These were asked for."}
        council.post(f"/api/v1/referrals/{reference}/publish", published, status=200)
        offers = []
        for system in systems.values():
            needs = json.loads(system.get(f"/api/v1/opportunities/{reference}"))["facts"]["needs"]
            said = {**answers, "statements": dict.fromkeys(needs, "Trained staff, weekly supervision."), "submit": True}
            for row in json.loads(system.get(f"/api/v1/invitations?referral={reference}"))["items"]:
                place = f"/api/v1/opportunities/{reference}/invitations/{row['id']}/offers"
                offers.append(system.post(place, said))
        assert len(offers) == len(homes), offers
        seen = json.loads(council.get(f"/api/v1/referrals/{reference}/comparison"))["offers"]
        first, *others = seen
        award = council.post(
            "/api/v1/awards",
            {
                "offer_id": first["offer_id"],
                "revision": first["revision"],
                "before_closing": True,
                "reason_code": "best_match",
                "reason": "The home that answers every need, with school near by.",
                "losers": [
                    {"offer_id": other["offer_id"], "reason": "Another home matched the needs better."}
                    for other in others
                ],
            },
        )
        assert award["agreement"], award

    return act


def _draft() -> dict[str, Any]:
    from tests.api.drafting import SCHOOLS_ONLY, new_person
    from tests.scenarios import referral_answers

    sections = {
        code: {name: value for name, value in said.items() if name not in SCHOOLS_ONLY}
        for code, said in referral_answers().items()
    }
    return {"category": "residential", "urgency": "planned", "new_person": new_person(), "sections": sections}


def _keys(council: Asker, lot: str, homes: set[str]) -> list[str]:
    """What the API calls these homes when they are invited."""
    reference = council.post("/api/v1/referrals", _draft())["reference"]
    found = json.loads(council.get(f"/api/v1/referrals/{reference}/eligible-establishments?lot_ids={lot}"))["eligible"]
    keys = [home["key"] for home in found if home["establishment_id"] in homes]
    assert len(keys) == len(homes), found
    return keys


def _answers() -> dict[str, Any]:
    """Everything an offer needs, as JSON."""
    from tests.scenarios import invited, offer_answers

    plain: dict[type, Callable[[Any], Any]] = {
        Decimal: str,
        dt.date: lambda day: day.isoformat(),
        dt.datetime: lambda at: at.isoformat(),
    }
    said = offer_answers(invited())
    return {name: plain.get(type(value), lambda same: same)(value) for name, value in said.items()}
