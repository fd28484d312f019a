"""An alert is told at the next request of every authority of the region and its central team while Redis is stopped,
be that their first page, another one or the API; its e-mails and texts go out within a minute of Redis's return, or of
the gateway's where that was away as well.

Answers come from the real web processes, to real sessions and tokens.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from unittest import mock
from uuid import UUID, uuid4

import httpx
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone

from brokerage.core.audit.record import enqueue
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions import alerts
from brokerage.safeguarding.models import Alert
from tests.accounts.mobiles import give_number
from tests.api.clients import client_of
from tests.cast import PEOPLE, actor_of, user_of
from tests.faults.harness import WORKER, until
from tests.faults.installation import Installation, installation
from tests.proofs.play import Play
from tests.safeguarding.alerting import raised

#: Who reads alerts, one at least of each organisation that is told; and who is of another region.
READERS, STRANGER = ("edith", "oscar", "tessa", "carol", "mark"), "nia"
MOST_SECONDS = 60.0
#: Seconds that a worker takes to start on a machine that does nothing else. In the short form, which every machine has
#: to play, a slower one has a longer minute, but never more than twice as long.
USUAL_START, MOST_STRETCHED = 8.0, 2.0
#: Pages of other things, which everybody of READERS may see: an alert stands on top of each.
OTHERWHERE = ("closures/", "concerns/notes/", "measures/", "messages/")
OUT = (
    "SELECT count(*) FROM notifications_message WHERE channel IN ('email', 'sms')"
    " AND template = 'safeguarding.alert' AND reference = %s"
)
#: The same by some channels, row by row.
DUE = (
    "SELECT sent_at FROM notifications_message WHERE template = 'safeguarding.alert' AND reference = %s"
    " AND channel = ANY (%s)"
)
#: What somebody may ask for, by name.
Doors = dict[str, Callable[[], httpx.Response]]


def prove(play: Play) -> None:
    """Alert after alert with Redis stopped; then the twin."""
    with (
        installation(play.place, web=True) as site,
        override_settings(SMS_BACKEND=site.texts.environment()["SMS_BACKEND"]),
    ):
        for number, who in enumerate((*READERS, STRANGER)):
            give_number(who, f"+4477009005{number:02d}")
        site.kill(WORKER)
        began = time.monotonic()
        site.start_worker()
        stretched = (time.monotonic() - began) / USUAL_START if play.short else 1.0
        stretched = min(max(1.0, stretched), MOST_STRETCHED)
        minute = MOST_SECONDS * stretched
        if stretched > 1.0:
            play.note(f"a minute was stretched to {minute:.0f} s by this machine's load")
        doors = {who: _doors(play, site, who) for who in (*READERS, STRANGER)}
        # The proof may go on for longer than a token lasts.
        Token.objects.update(expires_at=timezone.now() + dt.timedelta(days=30))
        for _round in play.rounds(3, share=0.9):
            _alert(play, site, doors, minute)
        _twin(play, site, doors)


def _doors(play: Play, site: Installation, who: str) -> Doors:
    """What the person may ask for next: their first page, another one, and what a system of theirs asks."""
    client = Client()
    client.force_login(user_of(who))
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    headers = {"Authorization": f"Bearer {client_of(who).token}"}
    place = f"{site.address}/o/{PEOPLE[who][1]}/"

    def other() -> httpx.Response:
        return httpx.get(f"{place}{play.random.choice(OTHERWHERE)}", cookies=cookies, timeout=30)

    def api() -> httpx.Response:
        return httpx.get(f"{site.address}/api/v1/alerts?answered=false&closed=false", headers=headers, timeout=30)

    return {"first page": lambda: httpx.get(place, cookies=cookies, timeout=30), "other page": other, "API": api}


def _alert(play: Play, site: Installation, doors: dict[str, Doors], minute: float) -> None:
    connections.close_all()
    if not site.is_alive(WORKER):
        site.start_worker()
    site.kill_redis()
    play.outcome.faults["Redis stopped"] += 1
    is_away = play.random.random() < 0.5
    if is_away:
        site.texts.go_away()
        play.outcome.faults["gateway of texts away too"] += 1
    alert = raised(told_provider="", what_happened=f"Something happened there: {uuid4().hex}.")
    play.outcome.cases += sum(len(each) for each in doors.values())
    for problem in _not_told(play, doors, alert.reference):
        play.violated(problem)
    with acting(actor_of("edith")) as edith:
        kept = Message.objects.filter(reference=alert.reference, user_id=edith.user_id, channel="in_app").exists()
    play.require(kept, f"{alert.reference} is not among the messages")
    due = site.number(OUT, alert.reference)
    play.require(due, f"{alert.reference}: nobody is to be sent anything")
    texts = site.number(f"{OUT} AND channel = 'sms'", alert.reference)
    play.require(texts == len(READERS), f"{alert.reference}: {texts} texts for {len(READERS)} people with a number")
    if play.random.random() < 0.5:
        site.kill(WORKER)
        play.outcome.faults["worker killed too"] += 1
    site.valkey.start()
    back = time.monotonic()
    if not site.is_alive(WORKER):
        site.start_worker()
    _are_sent(play, site, alert.reference, ("email",) if is_away else ("email", "sms"), "Redis", back, minute)
    if is_away:
        until(lambda: site.number(f"{OUT} AND last_error <> ''", alert.reference), "it was tried", seconds=minute)
        site.texts.listen()
        _are_sent(play, site, alert.reference, ("sms",), "the gateway of texts", time.monotonic(), minute)
    play.outcome.cases += due


def _are_sent(
    play: Play,
    site: Installation,
    reference: str,
    channels: tuple[str, ...],
    returned: str,
    back: float,
    minute: float,
) -> None:
    """What is to go out by the channels has gone out within a minute of the moment `back`, at which `returned` was
    there again: whatever else had to start meanwhile is no excuse."""
    left = f"SELECT count(*) FROM ({DUE}) due WHERE sent_at IS NULL"
    due = site.number(f"SELECT count(*) FROM ({DUE}) due", reference, list(channels))
    seconds = max(minute - (time.monotonic() - back), 0)
    try:
        until(lambda: not site.number(left, reference, list(channels)), "it is sent", seconds=seconds)
    except AssertionError:
        missing = site.number(left, reference, list(channels))
        play.violated(
            f"{missing} of {due} by {channels} were not sent within {minute:.0f} s of the return of {returned}\n"
            f"{site.trouble()}"
        )
    took = time.monotonic() - back
    stretched = f", more than {MOST_SECONDS:.0f} by this machine's load" if took > MOST_SECONDS else ""
    play.say(f"{due} by {' and '.join(channels)} within {took:.1f} s{stretched} of the return of {returned}")


def _not_told(play: Play, doors: dict[str, Doors], reference: str) -> list[str]:
    """Whom the alert is not told, and where it should not be; what each of them asks for first is drawn."""
    found = []
    for who, each in doors.items():
        for door in play.random.sample(sorted(each), len(each)):
            answer = each[door]()
            if answer.status_code != 200 or (reference in answer.text) != (who in READERS):
                fault = "is not told" if who in READERS else "is told in another region to"
                found.append(f"{reference} {fault} {who} by {answer.url.path} ({answer.status_code})")
    return found


def _twin(play: Play, site: Installation, doors: dict[str, Doors]) -> None:
    """An alert whose recipients are written by work queued with it is told nowhere while nobody works."""
    site.kill_redis()
    if site.is_alive(WORKER):
        site.kill(WORKER)

    def later(actor: Actor, alert: Alert, *, entry_id: UUID, template: str) -> int:
        payload = {"alert": str(alert.pk), "template": template}
        enqueue("alert_change", queue="alerts", actor=actor, payload=payload, entry_id=entry_id)
        return 0

    with mock.patch.object(alerts, "tell", later):
        alert = raised(told_provider="", what_happened="Something else happened there.")
    missing = [each for each in _not_told(play, doors, alert.reference) if "(200)" in each]
    play.twin("recipients left for a worker", len(missing) == sum(len(doors[who]) for who in READERS))
