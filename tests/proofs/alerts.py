"""An alert is on the next page of every authority of the region and its central team while Redis is stopped; its
e-mails and texts go out within a minute of Redis's return, or of the gateway's where that was away as well.

Pages come from the real web processes, with real sessions.
"""

from __future__ import annotations

import time
from unittest import mock
from uuid import UUID, uuid4

import httpx
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings

from brokerage.core.audit.record import enqueue
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions import alerts
from brokerage.safeguarding.models import Alert
from tests.accounts.mobiles import give_number
from tests.cast import PEOPLE, actor_of, user_of
from tests.faults.harness import WORKER, until
from tests.faults.installation import Installation, installation
from tests.proofs.play import Play
from tests.safeguarding.alerting import raised

#: Who reads alerts, one at least of each organisation that is told; and who is of another region.
READERS, STRANGER = ("edith", "oscar", "tessa", "carol", "mark"), "nia"
MOST_SECONDS = 60.0
#: Seconds that a worker takes to start on a machine that does nothing else; a slower one has a longer minute, but never
#: more than twice as long.
USUAL_START, MOST_STRETCHED = 8.0, 2.0
OUT = (
    "SELECT count(*) FROM notifications_message WHERE channel IN ('email', 'sms')"
    " AND template = 'safeguarding.alert' AND reference = %s"
)
#: The same by some channels, row by row.
DUE = (
    "SELECT sent_at FROM notifications_message WHERE template = 'safeguarding.alert' AND reference = %s"
    " AND channel = ANY (%s)"
)


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
        stretched = min(max(1.0, (time.monotonic() - began) / USUAL_START), MOST_STRETCHED)
        minute = MOST_SECONDS * stretched
        if stretched > 1.0:
            play.note(f"a minute was stretched to {minute:.0f} s by this machine's load")
        cookies = {who: _signed_in(who) for who in (*READERS, STRANGER)}
        for _round in play.rounds(3, share=0.9):
            _alert(play, site, cookies, minute)
        _twin(play, site, cookies)


def _signed_in(who: str) -> dict[str, str]:
    client = Client()
    client.force_login(user_of(who))
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


def _page(site: Installation, cookies: dict[str, str], who: str) -> httpx.Response:
    return httpx.get(f"{site.address}/o/{PEOPLE[who][1]}/", cookies=cookies, timeout=30)


def _alert(play: Play, site: Installation, cookies: dict[str, dict[str, str]], minute: float) -> None:
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
    play.outcome.cases += len(READERS)
    for problem in _not_seen(site, cookies, alert.reference):
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


def _not_seen(site: Installation, cookies: dict[str, dict[str, str]], reference: str) -> list[str]:
    """On whose next page the alert is missing, and where it should not be."""
    found = []
    for who in READERS:
        page = _page(site, cookies[who], who)
        if page.status_code != 200 or reference not in page.text:
            found.append(f"{reference} is not on {who}'s next page ({page.status_code})")
    page = _page(site, cookies[STRANGER], STRANGER)
    if page.status_code != 200 or reference in page.text:
        found.append(f"{reference} is told in another region ({page.status_code})")
    return found


def _twin(play: Play, site: Installation, cookies: dict[str, dict[str, str]]) -> None:
    """An alert whose recipients are written by work queued with it is on no screen while nobody works."""
    site.kill_redis()
    if site.is_alive(WORKER):
        site.kill(WORKER)

    def later(actor: Actor, alert: Alert, *, entry_id: UUID, template: str) -> int:
        payload = {"alert": str(alert.pk), "template": template}
        enqueue("alert_change", queue="alerts", actor=actor, payload=payload, entry_id=entry_id)
        return 0

    with mock.patch.object(alerts, "tell", later):
        alert = raised(told_provider="", what_happened="Something else happened there.")
    missing = [each for each in _not_seen(site, cookies, alert.reference) if "(200)" in each]
    play.twin("recipients left for a worker", len(missing) == len(READERS))
