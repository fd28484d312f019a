"""Every message is sent at least once and seen once, whatever fails while it is sent: worker, scheduler, Redis,
PostgreSQL, the mail server. Processes are real, and killed by their ids.

Sent twice is only what a killed worker had sent and not yet marked (`delivery.MARK_EVERY`), under the same Message-ID.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from unittest import mock
from uuid import uuid4

from django.db import connections
from django.test import override_settings

from brokerage.core.accounts.models import unseen
from brokerage.core.audit.record import Notice, record
from brokerage.core.notifications import delivery
from brokerage.core.notifications.carriers import Carrier
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Organisation
from tests.cast import actor_of, user_of
from tests.faults.harness import BEAT, WORKER, until
from tests.faults.installation import Installation, installation
from tests.proofs.play import Play
from tests.proofs.racing import at_once, both_pass

#: Notices of one round.
MANY = 12


def _kill_child(site: Installation) -> None:
    os.kill(site.child_of_worker(), signal.SIGKILL)


def _kill_worker(site: Installation) -> None:
    site.kill(WORKER)
    site.start_worker()


def _kill_scheduler(site: Installation) -> None:
    site.kill(BEAT)
    site.start_beat()


def _redis_empty(site: Installation) -> None:
    site.kill_redis()
    site.valkey.start()


def _redis_stopped(site: Installation) -> None:
    site.kill_redis()
    tell(3)
    time.sleep(1)
    site.valkey.start()


def _redis_full(site: Installation) -> None:
    site.fill_redis()
    tell(3)
    time.sleep(1)
    site.empty_redis()


def _postgres_killed(site: Installation) -> str:
    return site.kill_postgres()


def _postgres_cuts(site: Installation) -> None:
    # Of idle ones nobody would notice.
    until(lambda: site.cut_at_work(0), "somebody at work is cut off", otherwise=site.trouble)


def _mail(mode: str) -> Callable[[Installation], None]:
    def trouble(site: Installation) -> None:
        if mode == "away":
            site.mail.go_away()
        else:
            site.mail.mode = mode
        tell(3)
        tried = "SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND last_error <> ''"
        until(lambda: site.number(tried), "it was tried", otherwise=site.trouble)
        site.mail.listen()

    return trouble


def _mail_late(site: Installation) -> None:
    """Messages are taken, and acknowledged only after the client gave up."""
    site.mail.late = 4.0
    tried = "SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND last_error <> ''"
    until(lambda: site.number(tried), "somebody gave up", otherwise=site.trouble)


def _mail_dies(site: Installation) -> None:
    site.mail.dies_after = 1
    tried = "SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND last_error <> ''"
    until(lambda: site.number(tried), "it died", otherwise=site.trouble)
    site.mail.listen()


#: What is done; where that was another than its name says, its answer is what was done.
FAULTS: dict[str, Callable[[Installation], str | None]] = {
    "worker child killed": _kill_child,
    "worker killed": _kill_worker,
    "scheduler killed": _kill_scheduler,
    "Redis restarted empty": _redis_empty,
    "Redis stopped": _redis_stopped,
    "Redis full": _redis_full,
    "PostgreSQL killed": _postgres_killed,
    "PostgreSQL cut off": _postgres_cuts,
    "mail server refuses": _mail("refuse"),
    "mail server busy": _mail("busy"),
    "mail server away": _mail("away"),
    "mail server dies": _mail_dies,
    "mail server late": _mail_late,
    "mail server hangs": _mail("hang"),
}
#: After these the sender is gone, and what it had claimed waits for its lease to end.
LEASED = {"worker child killed", "worker killed"}
#: After these a message may come twice, with the same Message-ID: nobody was left to hear that the first one came.
MAY_REPEAT = LEASED | {"mail server away", "mail server dies", "mail server late"}


def prove(play: Play) -> None:
    """Each fault in turn, in another order for each seed; then the twin."""
    with installation(play.place) as site:
        order = list(FAULTS)
        play.random.shuffle(order)
        for number in play.rounds(len(order), share=0.9, least=len(order) // 2):
            _round(play, site, order[number % len(order)])
        play.note(f"{min(number + 1, len(order))} of {len(order)} kinds of faults were played")
        _twin(play, site)


def tell(count: int) -> None:
    """So many notices for one person, each from an act of its own, in one transaction."""
    actor, user, told = actor_of("olive"), user_of("bob"), actor_of("bob").organisation_id
    with acting(actor):
        organisation = Organisation.objects.get(pk=actor.organisation_id)
        for _number in range(count):
            notice = Notice("placements.invited", told, f"R-{uuid4().hex[:6]}", "/o/birch/", user_id=user.pk)
            record("proofs.act", subject=organisation, actor=actor, notify=[notice])


def _round(play: Play, site: Installation, fault: str) -> None:
    connections.close_all()
    site.in_order()
    noticed = site.number("SELECT count(*) FROM audit_outboxitem WHERE kind = 'notify'")
    site.mail.late = 0.05
    tell(MANY)
    begun = play.random.randint(1, 5)
    until(lambda: len(site.mail.copies()) >= begun, "sending is under way", otherwise=site.trouble)
    fault = FAULTS[fault](site) or fault
    if fault in LEASED:
        site.due_now()
    site.mail.late = 0.0
    site.everything_arrives()
    # Whoever was given up on still takes what it has read.
    until(site.mail.is_quiet, "the mail server has taken everything")
    told = site.number("SELECT count(*) FROM audit_outboxitem WHERE kind = 'notify'") - noticed
    play.outcome.cases += told
    play.outcome.faults[fault] += 1
    for problem in problems(site, told, most=2 if fault in MAY_REPEAT else 1):
        play.violated(f"{fault}: {problem}")
    for name in (WORKER, BEAT):
        play.require(site.is_alive(name), f"{fault}: the {name} did not survive it")


def problems(site: Installation, told: int, *, most: int = 1) -> list[str]:
    """What is wrong with the messages of this round."""
    found = []
    copies, emails = site.mail.copies(), site.emails()
    new = set(emails) - site.earlier
    if len(new) != told:
        found.append(f"{len(new)} e-mails for {told} notices")
    found += [f"e-mail {message} never arrived" for message in new - set(copies)]
    found += [f"e-mail {message} came {count} times" for message, count in copies.items() if count > most]
    found += [f"e-mail {message} came as {sorted(ids)}" for message, ids in site.mail.ids.items() if len(ids) != 1]
    found += [f"e-mail {message} is not marked sent" for message in new if not emails[message][0]]
    seen_twice = site.number(
        "SELECT count(*) FROM (SELECT 1 FROM notifications_message"
        " GROUP BY event_id, user_id, organisation_id, channel, template HAVING count(*) > 1) found"
    )
    if seen_twice:
        found.append(f"{seen_twice} messages are seen twice")
    return found


def _twin(play: Play, site: Installation) -> None:
    """Two workers that claim nothing send the same message twice."""
    site.in_order()
    site.kill(BEAT)
    until(lambda: site.ticks_waiting() == 0, "no tick is left")
    site.kill(WORKER)
    tell(2)
    from brokerage.core.audit import outbox

    outbox.drain("events")

    def careless(carrier: Carrier, *, urgent: bool) -> list[Message]:
        with worker():
            due = Message.objects.filter(channel=carrier.channel.value, sent_at__isnull=True, is_urgent=urgent)
            return carrier.claimed(list(due.select_related("user", "organisation").defer(*unseen("user"))))

    site.mail.late = 0.3
    smtp = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": site.mail.port,
    }
    with override_settings(**smtp), mock.patch.object(delivery, "_claim", careless), both_pass(delivery, "_claim"):
        at_once(delivery.deliver, delivery.deliver)
    play.twin("two workers send without claiming", any(" came 2 times" in problem for problem in problems(site, 2)))
