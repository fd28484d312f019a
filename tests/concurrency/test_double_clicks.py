"""Both presses of a double click reach the server before either is answered: one act, and the same page for both."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg2
from django.db import connections
from django.test import Client

from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_today
from brokerage.core.tenants.context import acting
from contracts.forms.agreements import SigningForm
from tests.cast import actor_of, ident
from tests.faults.harness import until
from tests.plugin import database_url
from tests.scenarios import chosen, draft_referral, signable_agreement
from tests.signing_in import prove

SignIn = Callable[[str], Client]

WAITING = (
    "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def both_presses(database: str, client: Client, path: str, fields: dict[str, Any], referral: UUID) -> list[Any]:
    """Send the form twice; the referral's lock is held until both have read how things stand and wait to act."""
    answers: list[Any] = []

    def press() -> None:
        try:
            again = Client()
            again.cookies = client.cookies
            answers.append(again.post(path, fields))
        finally:
            connections.close_all()

    looking = psycopg2.connect(database_url(database))
    looking.autocommit = True

    def waiting() -> int:
        with looking.cursor() as cursor:
            cursor.execute(WAITING)
            row = cursor.fetchone()
        return row[0] if row else 0

    presses = [threading.Thread(target=press) for _press in range(2)]
    try:
        with acting(actor_of("oscar")):
            locks.hold(referrals=[referral])
            for thread in presses:
                thread.start()
            until(lambda: waiting() == 2 or answers, "both presses wait")
        for thread in presses:
            thread.join(60)
    finally:
        looking.close()
    return [(answer.status_code, answer.get("Location")) for answer in answers]


def entries(kind: str) -> int:
    with acting(actor_of("oscar")):
        return Entry.objects.filter(kind=kind).count()


def test_publishing(committed: str, sign_in: SignIn) -> None:
    draft = draft_referral("oscar")
    home = f"/o/harrow/referrals/{draft.reference}/"
    closes_on = database_today() + dt.timedelta(days=4)
    chosen_homes = [str(ident(f"admission {home}")) for home in ("birch-house", "birch-lodge", "cedar-house")]
    fields = {
        "step": "publish",
        "lots": [str(ident("lot T-RES"))],
        "chosen": chosen_homes,
        "is_sealed": "no",
        "closes_at_day": str(closes_on.day),
        "closes_at_month": str(closes_on.month),
        "closes_at_year": str(closes_on.year),
        "closes_at_time": "17:00",
    }
    assert both_presses(committed, sign_in("oscar"), f"{home}publish/", fields, draft.pk) == [(302, home)] * 2
    assert entries("referral.published") == 1


def test_awarding(committed: str, sign_in: SignIn) -> None:
    story, offers = chosen("cedar-house")
    fields = {
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "revision": offers[0].revision,
        "confirm": "1",
    }
    path = f"/o/harrow/referrals/{story.reference}/offers/{offers[0].pk}/accept/"
    answers = both_presses(committed, sign_in("oscar"), path, fields, story.referral.pk)
    assert [status for status, _location in answers] == [302, 302] and answers[0] == answers[1]
    assert answers[0][1].startswith("/o/harrow/approvals/")
    assert entries("award.made") == 1


def test_signing(committed: str, sign_in: SignIn) -> None:
    agreement = signable_agreement("birch-house")
    client = sign_in("sam")
    prove(client, "sam")
    home = f"/o/harrow/agreements/{agreement.reference}/"
    fields = {"terms_hash": agreement.terms_hash, "role": "Head of Placements", "agree": "on"}
    assert set(fields) == set(SigningForm.base_fields)
    assert both_presses(committed, client, f"{home}sign/", fields, agreement.referral_id) == [(302, home)] * 2
    assert entries("agreement.signed") == 1
    # Later, too: the page that was left open says what was done.
    late = client.post(f"{home}sign/", fields)
    assert (late.status_code, late["Location"]) == (302, home)
    other = sign_in("dora")
    prove(other, "dora")
    assert other.post(f"{home}sign/", fields).status_code in (403, 409)
