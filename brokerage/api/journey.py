"""The main road, played by machines alone: `script/journey`. It speaks HTTP and knows nothing of the service's code.

A council's case system posts a referral, asks who could meet the need, invites three providers, and their systems ask,
offer and decline; one price above its ceiling is refused. The council compares, accepts, both sign, and the sealed
agreement is fetched and verified. Every step prints its reference; the exit code is 0 only if all held.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

#: Seconds to wait for the sealed document before giving up.
PATIENCE = 120.0


class Failed(Exception):
    """A step did not hold."""


class System:
    """One organisation's system: it asks for a token once, and sends each request with an Idempotency-Key."""

    def __init__(self, base_url: str, credentials: dict[str, Any]) -> None:
        self.name = f"{credentials['name']} of {credentials['organisation']}"
        self.organisation = str(credentials["organisation"])
        self.http = httpx.Client(base_url=base_url, timeout=30.0)
        answer = self.http.post(
            "/api/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(credentials["client_id"], credentials["client_secret"]),
        )
        if answer.status_code != 200:
            raise Failed(f"{self.name} got no token: {answer.status_code} {answer.text[:200]}")
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, body: Any = None, *, expect: int = 0, **query: Any) -> Any:
        """Send one request; returns the answer's JSON, or its bytes. Anything but success, or `expect`, fails."""
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        content = body if isinstance(body, bytes) else None
        said = None if content is not None or (body is None and method != "POST") else body or {}
        answer = self.http.request(method, f"/api/v1{path}", json=said, content=content, params=query, headers=headers)
        if answer.status_code != expect if expect else not answer.is_success:
            raise Failed(f"{method} {path} by {self.name}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any = None, *, expect: int = 0) -> Any:
        return self.ask("POST", path, body, expect=expect)


def sections(today: dt.date) -> dict[str, dict[str, Any]]:
    """The answers of an invented child's referral, section by section."""
    soon, review = (today + dt.timedelta(days=7)).isoformat(), (today + dt.timedelta(days=90)).isoformat()
    return {
        "person": {
            "ethnicity": "WBRI",
            "first_language": "English",
            "uasc_status": "no",
            "legal_status": "V2",
        },
        "needs": {
            "needs": ["emotional_behavioural"],
            "daily_life": "Sleeps well, eats well, likes a plan for the day.",
            "communication_needs": "no",
            "ehcp": False,
            "home_adaptation": False,
            "assessment_method": "social_worker",
            "deprivation_of_liberty": False,
            "what_works": "Calm adults who say what will happen next.",
        },
        "risks": dict.fromkeys(RISKS, "none"),
        "where": {
            "urgency": "planned",
            "needed_on": soon,
            "outward": "HA1",
            "max_miles": 40,
            "is_local": True,
            "near_school": "no",
            "expected_weeks": 26,
            "is_permanent": False,
        },
        "home": {
            "foster_suitability": "preferred",
            "residential_suitability": "unsuitable",
            "supported_suitability": "unsuitable",
            "companions": "no_preference",
            "single_sex_home": False,
            "sibling_count": 0,
            "siblings_together": "none",
            "pets": "can",
        },
        "matters": {
            "voice": "Wants a room of their own and to keep football.",
            "family_time": "Grandmother, on Sundays.",
            "cultural_needs": "not_required",
        },
        "outcomes": {"outcome_1": "Goes to school every day.", "measure_1": "Attendance", "review_on_1": review},
        "practical": {
            "education": "school",
            "education_included": False,
            "health": "Well; dentist due in spring.",
            "support": "usual",
            "waking_night": False,
            "peep": False,
            "budget_code": "CS-4410",
            "social_worker_name": "Duty team",
            "social_worker_phone": "020 7946 0115",
            "out_of_hours": "020 7946 0999",
        },
    }


RISKS = (
    *("self_harm", "exploitation_criminal", "substance_misuse", "eating_disorder", "missing", "exploitation_sexual"),
    *("aggression", "sexualised_behaviour", "fire_setting", "harm_to_animals", "offending"),
)


class Journey:
    """One run; `say` prints a step and its reference."""

    def __init__(self, base_url: str, clients: list[dict[str, Any]], say: Callable[[str, Any], None]) -> None:
        self.say = say
        council = next((one for one in clients if one["kind"] == "authority"), None)
        providers = [one for one in clients if one["kind"] == "provider"]
        if council is None or len(providers) < 3:
            raise Failed("The file names no authority's client and three providers' clients.")
        self.council = System(base_url, council)
        self.credentials = {str(one["organisation"]): one for one in providers}
        self.base_url = base_url
        self.today = dt.date.today()

    def play(self) -> tuple[str, bytes]:
        """The whole road; returns the agreement's reference and its sealed PDF."""
        reference = self.refer()
        rivals = self.publish(reference)
        self.question(reference, rivals[0][0])
        chosen, other = self.answers(reference, rivals)
        agreement = self.award(reference, chosen, other)
        winner = next(system for system, _home in rivals if system.organisation == chosen["provider_name"])
        return agreement, self.sign(agreement, winner)

    def refer(self) -> str:
        born = self.today.replace(year=self.today.year - 12, day=min(self.today.day, 28))
        draft = self.council.post(
            "/referrals",
            {
                "category": "fostering",
                "urgency": "planned",
                "new_person": {
                    "case_number": f"J{uuid4().hex[:9].upper()}",
                    "given_name": "Robin",
                    "family_name": "Example",
                    "date_of_birth": born.isoformat(),
                    "sex": "female",
                    "home_postcode": "HA1 2XY",
                },
            },
        )
        reference = str(draft["reference"])
        self.say("Referral drafted", reference)
        for section, answers in sections(self.today).items():
            self.council.ask("PATCH", f"/referrals/{reference}/sections/{section}", answers)
        lacking = self.council.get(f"/referrals/{reference}/completeness")
        if not lacking["is_ready"]:
            raise Failed(f"The referral lacks {lacking}")
        self.say("Sections filled, nothing is missing", reference)
        return reference

    def publish(self, reference: str) -> list[tuple[System, dict[str, Any]]]:
        found = self.council.get(f"/referrals/{reference}/eligible-establishments")
        reasons = sorted({reason["code"] for home in found["excluded"] for reason in home["reasons"]})
        self.say(
            f"{found['eligible_count']} homes could meet the need, {found['excluded_count']} could not "
            f"({', '.join(reasons[:6])})",
            reference,
        )
        homes: dict[str, dict[str, Any]] = {}
        for home in found["eligible"]:
            if home["provider_name"] in self.credentials:
                homes.setdefault(home["provider_name"], home)
        if len(homes) < 3:
            raise Failed(f"Only {len(homes)} eligible homes belong to providers with a system; three are needed.")
        chosen = list(homes.values())[:3]
        body = {
            "lot_ids": sorted({home["lot_id"] for home in chosen}),
            "chosen": [home["key"] for home in chosen],
            "left_out_reason": "Three nearest agencies first.",
        }
        self.council.post(f"/referrals/{reference}/publish", body)
        for home in chosen:
            self.say(f"Invited {home['provider_name']}", home["key"][:8])
        return [(System(self.base_url, self.credentials[home["provider_name"]]), home) for home in chosen]

    def question(self, reference: str, asking: System) -> None:
        asked = asking.post(f"/opportunities/{reference}/clarifications", {"question": "Is there a pet at home now?"})
        self.say("Question asked", asked["id"])
        waiting = self.council.get(f"/referrals/{reference}/clarifications", waiting="true")["items"][0]
        self.council.post(
            f"/referrals/{reference}/clarifications/{waiting['id']}/answer",
            {"published_question": "Is there a pet at home now?", "answer": "No, but a dog would be welcome."},
        )
        answered = asking.get(f"/opportunities/{reference}/clarifications")["items"]
        if not any(one.get("answer") for one in answered):
            raise Failed("The answer did not reach the provider.")
        self.say("Question answered to everyone", waiting["id"])

    def answers(
        self, reference: str, rivals: list[tuple[System, dict[str, Any]]]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        (first, one), (second, two), (third, _three) = rivals
        self.offer(reference, first, one, at_ceiling=True, too_dear=True)
        self.offer(reference, second, two, at_ceiling=False, too_dear=False)
        invitation = self.invitation(reference, third)
        third.post(
            f"/opportunities/{reference}/invitations/{invitation['id']}/decline",
            {"reason": "staffing", "note": "Two carers are on leave."},
        )
        self.say(f"{third.organisation} declined: staffing", invitation["id"][:8])
        compared = self.council.get(f"/referrals/{reference}/comparison")
        offers = sorted(compared["offers"], key=lambda one: Decimal(one["weekly_total"]))
        if len(offers) != 2:
            raise Failed(f"Two offers were made, {len(offers)} are compared.")
        for offer in offers:
            self.say(f"{offer['provider_name']} offers {offer['weekly_total']} a week", str(offer["offer_id"])[:8])
        return offers[0], offers[1]

    def invitation(self, reference: str, system: System) -> Any:
        return system.get("/invitations", referral=reference)["items"][0]

    def offer(self, reference: str, system: System, home: dict[str, Any], *, at_ceiling: bool, too_dear: bool) -> None:
        invitation = self.invitation(reference, system)
        place = system.get(f"/opportunities/{reference}/invitations/{invitation['id']}")
        path = f"/opportunities/{reference}/invitations/{invitation['id']}/offers"
        opportunity = system.get(f"/opportunities/{reference}")
        ceiling = Decimal(place["ceiling"])
        starts = self.today + dt.timedelta(days=7)
        closes = dt.datetime.fromisoformat(opportunity["closes_at"])
        answers: dict[str, Any] = {
            "weekly_core": str(ceiling if at_ceiling else ceiling - Decimal(20)),
            "starts_on": starts.isoformat(),
            "held_until": (closes + dt.timedelta(days=14)).isoformat(),
            "who_lives_there": "Two carers, no other children.",
            "staffing": "Both carers at home; a supervising social worker fortnightly.",
            "impact_on_residents": "None: nobody else is placed.",
            "statements": dict.fromkeys(opportunity["facts"]["needs"], "Trained carers, weekly supervision."),
        }
        if home["household_id"]:
            answers["household_id"] = home["household_id"]
        if too_dear:
            refused = system.post(path, {**answers, "weekly_core": str(ceiling + Decimal("0.01"))}, expect=422)
            if refused["code"] != "above_ceiling":
                raise Failed(f"A price above its ceiling was refused as {refused['code']}.")
            if system.get("/offers", referral=reference)["items"]:
                raise Failed("A price above its ceiling was stored.")
            self.say(
                f"{system.organisation}: {ceiling + Decimal('0.01')} is above the ceiling, refused", refused["code"]
            )
        draft = system.post(path, answers)
        system.post(f"/offers/{draft['id']}/submit")
        self.say(f"{system.organisation} offered", str(draft["id"])[:8])

    def award(self, reference: str, chosen: dict[str, Any], other: dict[str, Any]) -> str:
        award = self.council.post(
            "/awards",
            {
                "offer_id": chosen["offer_id"],
                "revision": chosen["revision"],
                "before_closing": True,
                "reason_code": "cheapest",
                "reason": "Meets every need, near to school, at the lowest price.",
                "losers": [{"offer_id": other["offer_id"], "reason": "A home nearer to school was chosen."}],
            },
        )
        self.say(f"Accepted {chosen['provider_name']}", str(award["id"])[:8])
        if not award["agreement"]:
            raise Failed(f"The award waits for {award['approvals_outstanding']}.")
        agreement = str(award["agreement"])
        self.say("Agreement drawn up", agreement)
        return agreement

    def sign(self, agreement: str, winner: System) -> bytes:
        path = f"/agreements/{agreement}"
        terms = self.council.get(f"{path}/terms")
        self.say(f"Terms read, {len(terms['terms'])} parts", terms["terms_hash"][:12])
        self.wait(lambda: self.council.get(path)["document"]["status"] != "none", "the document")
        self.say("Document drawn", agreement)
        for system, role in ((winner, "Registered manager"), (self.council, "Head of placements")):
            system.post(f"{path}/sign", {"terms_hash": terms["terms_hash"], "role": role})
            self.say(f"Signed by {system.name}", agreement)
        self.wait(lambda: self.council.get(path)["document"]["status"] == "sealed", "the seal")
        sealed: bytes = self.council.get(f"{path}/document")
        for checked in (self.council.ask("POST", "/agreements/verify", sealed), winner.get(f"{path}/verification")):
            if not checked["is_genuine"]:
                raise Failed(f"The sealed agreement does not verify: {checked}")
        self.say(f"Sealed and verified, {len(sealed):,} bytes", agreement)
        return sealed

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Ask again, ever less often, until it holds."""
        began, pause = time.monotonic(), 0.1
        while not holds():
            if time.monotonic() - began > PATIENCE:
                raise Failed(f"Waited {PATIENCE:.0f} s for {what}: is the worker running?")
            time.sleep(pause)
            pause = min(pause * 1.3, 1.0)


def main() -> int:
    """Play the road once; returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/journey", description=__doc__)
    parser.add_argument("--base-url", help="the running server; by default what var/demo.json says")
    parser.add_argument("--demo", type=Path, default=Path(os.environ.get("VAR_DIR", "var")) / "demo.json")
    parser.add_argument("--pdf", type=Path, help="write the sealed agreement here")
    asked = parser.parse_args()
    try:
        told = json.loads(asked.demo.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sys.stderr.write(f"{asked.demo} cannot be read: start the demo first, with script/server.\n")
        return 2
    base_url = asked.base_url or told.get("address", "http://localhost:8000")
    began = time.monotonic()

    def say(step: str, reference: Any) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {step}  [{reference}]\n")
        sys.stdout.flush()

    try:
        agreement, sealed = Journey(base_url, told.get("api_clients", []), say).play()
    except Failed as failure:
        sys.stderr.write(f"Did not hold: {failure}\n")
        return 1
    except httpx.HTTPError as failure:
        sys.stderr.write(f"{base_url} does not answer ({type(failure).__name__}).\n")
        return 1
    if asked.pdf:
        asked.pdf.write_bytes(sealed)
        say("Written", asked.pdf)
    say("All held", agreement)
    return 0


if __name__ == "__main__":
    sys.exit(main())
