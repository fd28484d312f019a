"""Concerns, patterns and complaints through the API, and what feeds hear of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.tenants.context import acting
from brokerage.core.webhooks.feed import changes_after
from brokerage.safeguarding.concerns.api.shapes import (
    ComplaintOut,
    ComplaintRow,
    ConcernOut,
    ConcernRow,
    SuggestionRow,
    SuggestionState,
)
from tests.api.answers import fits
from tests.api.clients import Machine, client_of
from tests.cast import TODAY, actor_of, ident

NEW = {
    "provider_id": str(ident("birch")),
    "establishment_id": str(ident("birch-house")),
    "kind": "staffing",
    "what": "Nobody was at the door.",
    "seen_on": TODAY.isoformat(),
}
COMPLAINT = {"against_id": str(ident("birch")), "kind": "notice", "what": "By telephone.", "wanted": "In writing."}


def items(machine: Machine, path: str, shape: Any, **query: Any) -> list[dict[str, Any]]:
    response = machine.get(path, **query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = fits(shape, response.json())["items"]
    return found


def refused(response: Any, status: int, code: str, field: str | None = None) -> None:
    body = response.json()
    assert (response.status_code, body["code"], body["field"]) == (status, code, field), body


def heard(who: str) -> set[str]:
    with acting(actor_of(who)) as actor:
        return {change.kind for change in changes_after(actor.organisation_id, 0, kinds=[], limit=200).changes}


def test_concerns_and_the_pattern_they_make(committed: str) -> None:
    harrow, ealing, central = client_of("tessa"), client_of("edith"), client_of("carol")
    made = harrow.post("/concerns", NEW)
    assert made.status_code == 201, made.content
    reference = fits(ConcernRow, made.json())["reference"]
    assert made["Location"] == f"/api/v1/concerns/{reference}"
    refused(harrow.post("/concerns", {**NEW, "seen_on": "2999-01-01"}), 422, "day_ahead", "seen_on")
    refused(harrow.post("/concerns", {**NEW, "what": "Ring 07700 900123."}), 422, "names_a_person", "what")
    assert not items(ealing, "/concerns", ConcernRow) and ealing.get(f"/concerns/{reference}").status_code == 404
    (row,) = items(central, "/concerns", ConcernRow, state="open", provider_id=ident("birch"))
    assert row["reference"] == reference and row["is_shared"]
    for number in range(2):
        assert ealing.post("/concerns", {**NEW, "what": f"The door, {number}."}).status_code == 201
    outbox.drain("default")
    outbox.drain("events")
    (pattern,) = items(central, "/suggestions", SuggestionRow, state="open")
    assert (pattern["pattern"], pattern["count"]) == ("concerns", 3)
    assert not items(harrow, "/suggestions", SuggestionRow)
    at = f"/suggestions/{pattern['reference']}/decide"
    assert harrow.post(at, {"decision": "dismiss", "reason": "No."}).status_code == 404
    decided = central.post(at, {"decision": "dismiss", "reason": "We have spoken with them."})
    assert fits(SuggestionState, decided.json())["state"] == "dismissed"
    refused(central.post(at, {"decision": "dismiss", "reason": "Again."}), 409, "suggestion_not_now")
    decided = harrow.post(f"/concerns/{reference}/decide", {"decision": "look", "reason": "We have called."})
    assert fits(ConcernRow, decided.json())["state"] == "looked_at"
    assert fits(ConcernOut, harrow.get(f"/concerns/{reference}").json())["reason"] == "We have called."
    reader = client_of("tessa", scopes=["concerns:read"])
    assert reader.post("/concerns", NEW).status_code == 403
    outbox.drain("events")
    assert {"concern.written", "suggestion.raised", "suggestion.decided"} <= heard("carol")
    assert {"concern.written", "concern.decided"} <= heard("tessa") and "suggestion.raised" not in heard("tessa")


def test_a_client_reads_patterns_and_decides_only_with_a_lead_s_scope(committed: str) -> None:
    officer = client_of("tessa", scopes=["concerns:read", "concerns:write"])
    lead = client_of("tessa", scopes=["concerns:decide"])
    made = [officer.post("/concerns", {**NEW, "what": f"The door, {number}."}) for number in range(3)]
    outbox.drain("default")
    (pattern,) = items(lead, "/suggestions", SuggestionRow)
    at = f"/suggestions/{pattern['reference']}"
    concern = f"/concerns/{made[0].json()['reference']}"
    chosen = {"decision": "look", "reason": "We have called."}
    # As on the pages: an officer notes and reads concerns, a lead reads patterns and decides.
    for response in (
        *(officer.get("/suggestions"), officer.get(at), officer.post(f"{at}/decide", chosen)),
        officer.post(f"{concern}/decide", chosen),
    ):
        assert response.status_code == 403, response.content
        assert pattern["reference"] not in response.content.decode()
    assert officer.get(concern).status_code == lead.get(at).status_code == 200
    assert lead.post(f"{concern}/decide", chosen).status_code == 200
    assert lead.post(f"{at}/decide", chosen).status_code == 200
    assert lead.post("/concerns", NEW).status_code == 403


def test_a_complaint_between_two_sides(committed: str) -> None:
    harrow, birch, central, cedar = (client_of(who) for who in ("olive", "bob", "carol", "alice"))
    refused(
        harrow.post("/complaints", {**COMPLAINT, "agreement_reference": "A-1"}),
        422,
        "agreement_unknown",
        "agreement_reference",
    )
    made = harrow.post("/complaints", COMPLAINT)
    assert made.status_code == 201, made.content
    reference = fits(ComplaintRow, made.json())["reference"]
    at = f"/complaints/{reference}"
    assert cedar.get(at).status_code == central.get(at).status_code == 404
    (row,) = items(birch, "/complaints", ComplaintRow, state="made", overdue="false")
    assert row["reference"] == reference and not items(birch, "/complaints", ComplaintRow, overdue="true")
    refused(harrow.post(f"{at}/acknowledge"), 403, "not_permitted")
    refused(birch.post(f"{at}/answer", {"text": "Early."}), 409, "complaint_not_now")
    refused(harrow.post(f"{at}/ask-mediation", {"text": "Early."}), 409, "mediation_early")
    for machine, act, said in (
        (birch, "acknowledge", None),
        (birch, "answer", {"text": "It was urgent."}),
        (harrow, "messages", {"text": "We see."}),
        (harrow, "ask-mediation", {"text": "Still."}),
        (central, "mediate", {"text": "In writing, next time."}),
        (harrow, "close", {"text": "It is over."}),
    ):
        response = machine.post(f"{at}/{act}", said)
        assert response.status_code == 200, (act, response.content)
        fits(ComplaintRow, response.json())
    last = fits(ComplaintOut, harrow.get(at).json())
    assert last["state"] == "unresolved" and len(last["entries"]) == 6 and last["mediator"]
    outbox.drain("events")
    assert {"complaint.made", "complaint.mediated", "complaint.closed"} <= heard("bob")
    assert "complaint.mediation_asked" in heard("carol") and not heard("alice")


def test_patterns_are_in_no_feed_of_a_client_that_may_not_read_them(committed: str) -> None:
    lead, officer = client_of("tessa"), client_of("tessa", scopes=["concerns:write", "changes:read", "webhooks:write"])
    address = {"url": "https://hooks.example.org/changes", "kinds": [], "description": ""}
    hooks = {machine.client_id: machine.post("/webhooks", address).json()["id"] for machine in (lead, officer)}
    for number in range(3):
        assert officer.post("/concerns", {**NEW, "what": f"The door, {number}."}).status_code == 201
    outbox.drain("default")
    outbox.drain("events")

    def told(machine: Machine) -> dict[str, set[str]]:
        sent = machine.get(f"/webhooks/{hooks[machine.client_id]}/deliveries").json()["items"]
        feed = machine.get("/changes").json()["items"]
        asked = machine.get("/changes", kind="suggestion.raised").json()["items"]
        return {name: {row["kind"] for row in rows} for name, rows in (("sent", sent), ("feed", feed), ("kind", asked))}

    for kinds in (told(lead)["sent"], told(lead)["feed"]):
        assert {"concern.written", "suggestion.raised"} <= kinds
    assert told(lead)["kind"] == {"suggestion.raised"}
    assert told(officer) == {"sent": {"concern.written"}, "feed": {"concern.written"}, "kind": set()}
    since = {"since": (timezone.now() - dt.timedelta(hours=1)).isoformat()}
    assert officer.post(f"/webhooks/{hooks[officer.client_id]}/replay", since).status_code in (200, 202)
    assert told(officer)["sent"] == {"concern.written"}
    last = lead.get("/changes").json()["next"]
    assert officer.get("/changes").json()["next"] == last, "it goes on after what it was not told"
