"""Web processes and workers whose clocks are 400 days off, each another way: the database's clock decides which offer
comes in time, when work and messages are due, and what is dated.
"""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from django.db import connections

from placements.models import Offer
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.faults.clock import clock_words
from tests.faults.harness import BEAT, WORKER, until
from tests.faults.installation import WEB, Installation, installation, sent
from tests.proofs.messages import tell
from tests.proofs.play import Play

#: Days by which the clocks of web processes and of the worker are off.
CLOCKS = ((400, -400), (-400, 400))
#: Columns of moments that nothing of a round lies a day away from.
DATED = (
    ("audit_entry", "at"),
    ("audit_outboxitem", "created_at"),
    ("audit_outboxitem", "available_at"),
    ("audit_outboxitem", "done_at"),
    ("notifications_message", "created_at"),
    ("notifications_message", "available_at"),
    ("notifications_message", "sent_at"),
    ("placements_offer", "created_at"),
    ("placements_offer", "submitted_at"),
    ("api_keptanswer", "created_at"),
)


def play_clocks(play: Play) -> None:
    """One round for each pair of clocks."""
    directory = play.place / "clocks"
    directory.mkdir()
    with installation(directory, workers=False) as site:
        machine = client_of("bob")
        for web, worker in CLOCKS:
            _round(play, site, machine, web, worker)


def _round(play: Play, site: Installation, machine: Machine, web: int, worker: int) -> None:
    for name in (WEB, WORKER, BEAT):
        if site.is_alive(name):
            site.kill(name)
    connections.close_all()
    site.more["CLOCK_OFF"] = str(worker)
    site.start_worker()
    site.start_beat()
    site.more["CLOCK_OFF"] = str(web)
    site.start_web()
    clocks = f"web processes {web:+d} days off, workers {worker:+d}"
    for open_for, is_open in ((dt.timedelta(hours=1), True), (dt.timedelta(seconds=-1), False)):
        offer = _draft(site, open_for)
        answer = sent(site, machine.token, f"/offers/{offer.pk}/submit", {}, uuid4().hex)
        play.outcome.cases += 1
        play.require(
            answer.status_code == (200 if is_open else 409),
            f"an offer {open_for} before closing, {clocks}: {answer.status_code} {answer.text[:300]}",
        )
    tell(3)
    try:
        # Nobody hurries anything on here: whatever was to wait for a year would be seen.
        until(site.is_idle, "everything is sent", otherwise=site.trouble)
    except AssertionError as broken:
        play.violated(f"{clocks}: {broken}")
    for name, days in ((WEB, web), (WORKER, worker)):
        said = site.log_of(name).count(clock_words(days))
        play.require(said >= 2, f"the clocks of the {name} are right")
    for table, column in DATED:
        away = site.number(
            f"SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN now() - interval '1 day' AND now() + interval"
            " '1 day'"
        )
        play.outcome.cases += 1
        play.require(not away, f"{away} of {table}.{column} are dated by a process's clock, {clocks}")
    play.outcome.faults["clocks of processes off"] += 1


def _draft(site: Installation, open_for: dt.timedelta) -> Offer:
    offer = scenarios.drafted_offer(story=scenarios.invited("birch-house"), home="birch-house")
    for table, key in (("placements_release", offer.release_id), ("placements_referral", offer.referral_id)):
        site.ask(f"UPDATE {table} SET closes_at = clock_timestamp() + %s WHERE id = %s", open_for, str(key))
    return offer
