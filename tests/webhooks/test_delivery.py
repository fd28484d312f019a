"""Delivering: signed, again after a failure, switched off after long, and nobody held up by somebody else."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Checker
from standardwebhooks.webhooks import WebhookVerificationError

from brokerage.core.accounts.sealed_text import unseal
from brokerage.core.api.clients import change_client, revoke_client
from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Membership
from brokerage.core.webhooks import actions, delivery, sending, signing
from brokerage.core.webhooks.models import Change, Delivery, Webhook
from brokerage.core.webhooks.purge import purge_old
from tests.cast import actor_of, user_of
from tests.emptied import counted, rows_handled
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.steps import act, added, as_client, due_now, expand, machine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings: object) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def one(webhook: Webhook) -> Webhook:
    with worker():
        return Webhook.objects.get(pk=webhook.pk)


def deliveries(webhook: Webhook) -> list[Delivery]:
    with worker():
        return list(Delivery.objects.filter(webhook=webhook).order_by("change__number"))


def deliver() -> int:
    due_now()
    return delivery.deliver()


def secret(webhook: Webhook) -> str:
    return unseal(one(webhook).sealed_secret)


def test_the_reference_vector_of_the_standard() -> None:
    made = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        dt.datetime.fromtimestamp(1614265330, dt.UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_change_arrives_signed_and_says_references_only(receiver: Receiver) -> None:
    harrow = machine("olive")
    webhook = added(harrow, "olive", receiver.url, "award.made")
    act(kind="award.made", reference="HAR-7")
    act(kind="referral.published", reference="HAR-8")
    expand()
    assert deliver() == 1
    headers, body = receiver.sent[0]
    assert Checker(secret(webhook)).verify(body.decode(), headers)["type"] == "award.made"
    with pytest.raises(WebhookVerificationError):
        Checker(signing.new_secret()).verify(body.decode(), headers)
    said = json.loads(body)
    with worker():
        change = Change.objects.get(kind="award.made")
    assert set(said) == {"type", "timestamp", "data"}
    assert said["data"] == {
        "number": change.number,
        "subject_type": "award",
        "reference": "HAR-7",
        "path": f"/api/v1{change.path}",
    }
    assert said["timestamp"].endswith("Z") and headers["content-type"] == "application/json"
    assert not {b"Olive", b"Harrow"} & set(body.split()) and b"Olive" not in body
    [done] = deliveries(webhook)
    assert (done.state, done.attempts, done.last_status) == ("delivered", 1, 204)
    assert deliver() == 0


def test_it_is_sent_again_with_the_same_identifier_and_ever_longer_waits(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    act()
    expand()
    receiver.status = 500
    waits = []
    for attempt in range(len(delivery.SCHEDULE) + 1):
        before = deliveries(webhook)[0]
        assert before.attempts == attempt
        deliver()
        after = deliveries(webhook)[0]
        if after.state == "waiting":
            with worker():
                waits.append(round((after.next_at - one(webhook).tried_at).total_seconds()))
    assert tuple(waits) == delivery.SCHEDULE and 3 * 86_400 < sum(waits) < 4 * 86_400
    [given_up] = deliveries(webhook)
    assert (given_up.state, given_up.last_status, given_up.last_error) == ("failed", 500, "refused")
    assert deliver() == 0 and len(receiver.sent) == 10 and len(set(receiver.ids)) == 1
    assert one(webhook).is_active and one(webhook).failing_since is not None
    receiver.status = 200
    with acting(actor_of_client(webhook)) as actor:
        actions.replay_delivery(actor, webhook_id=webhook.pk, delivery_id=given_up.pk)
    assert deliver() == 1 and len(set(receiver.ids)) == 1
    assert one(webhook).failing_since is None and one(webhook).failures == 0


def actor_of_client(webhook: Webhook) -> object:
    from dataclasses import replace

    return replace(actor_of("olive"), client_id=webhook.client_id)


def test_after_a_failure_the_receiver_is_left_alone_and_the_rest_waits(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    for number in range(3):
        act(reference=f"HAR-{number}")
        expand()
    receiver.status = 503
    due_now()
    assert delivery.deliver() == 0 and len(receiver.sent) == 1, "one attempt, then it rests"
    resting = one(webhook).resting_until
    assert resting is not None and (resting - one(webhook).tried_at).total_seconds() == delivery.FIRST_REST
    assert delivery.deliver() == 0 and len(receiver.sent) == 1
    receiver.status = 204
    assert deliver() == 3
    assert [body["data"]["number"] for body in receiver.bodies[1:]] == [1, 2, 3], "in the order of the feed"


def test_gone_is_switched_off_at_once_and_the_owner_is_told(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    act()
    expand()
    receiver.status = 410
    assert deliver() == 0
    found = one(webhook)
    assert (found.state, found.disabled_reason) == ("disabled", "gone")
    expand()
    with worker():
        told = Message.objects.filter(template="webhooks.disabled", channel="email")
        assert {message.user_id: message.path for message in told} == {
            user_of("olive").pk: "/o/harrow/",
            user_of("adam").pk: f"/o/harrow/webhooks/{webhook.pk}/",
        }
        assert {message.reference for message in told} == {webhook.host}
    act(reference="HAR-2")
    expand()
    assert deliver() == 0 and len(deliveries(webhook)) == 1, "nothing is prepared for it"


def test_five_days_without_a_success_switch_it_off_and_replay_brings_what_it_missed(receiver: Receiver) -> None:
    harrow = machine("olive")
    webhook = added(harrow, "olive", receiver.url)
    act()
    expand()
    receiver.status = 500
    deliver()
    with worker():
        Webhook.objects.update(failing_since=timezone.now() - delivery.PATIENCE - dt.timedelta(minutes=1))
    deliver()
    assert one(webhook).disabled_reason == "failing"
    with acting(actor_of("adam")):
        assert Entry.objects.filter(kind="webhook.disabled").count() == 1
    act(reference="HAR-2")
    expand()
    receiver.status, receiver.sent[:] = 204, []
    with acting(as_client(harrow, "olive")) as actor:
        actions.change_webhook(actor, webhook_id=webhook.pk, active=True)
        assert actions.replay_since(actor, webhook_id=webhook.pk, since=timezone.now() - dt.timedelta(hours=2)) == 2
    assert deliver() == 2
    assert [body["data"]["reference"] for body in receiver.bodies] == ["HAR-0001", "HAR-2"]


def test_both_secrets_sign_for_a_day(receiver: Receiver) -> None:
    harrow = machine("olive")
    webhook = added(harrow, "olive", receiver.url)
    old = secret(webhook)
    with acting(as_client(harrow, "olive")) as actor:
        actions.rotate_secret(actor, webhook_id=webhook.pk)
        actions.test_webhook(actor, webhook_id=webhook.pk)
    new = secret(webhook)
    assert new != old and deliver() == 1
    headers, body = receiver.sent[0]
    for key in (old, new):
        assert Checker(key).verify(body.decode(), headers)["type"] == "webhook.test"
    with acting(as_client(harrow, "olive")) as actor:
        Webhook.objects.update(old_secret_until=timezone.now() - dt.timedelta(hours=1))
        actions.test_webhook(actor, webhook_id=webhook.pk)
    assert deliver() == 1
    headers, body = receiver.sent[1]
    Checker(new).verify(body.decode(), headers)
    with pytest.raises(WebhookVerificationError):
        Checker(old).verify(body.decode(), headers)


def test_a_secret_whose_key_is_gone_sends_nothing(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    with acting(actor_of("olive")):
        Webhook.objects.update(sealed_secret="gAAAAnonsense")
    act()
    expand()
    assert deliver() == 0 and receiver.sent == []
    assert deliveries(webhook)[0].last_error == "no_key"


def test_no_redirect_is_followed_and_a_silent_receiver_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        assert sending.post(receiver.url, b"{}", {}) == sending.Answer(307, "redirect")
        assert other.sent == []
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)
    stop = threading.Event()
    receiver.hold = stop.wait
    try:
        assert sending.post(receiver.url, b"{}", {}) == sending.Answer(None, "timeout")
    finally:
        stop.set()


def test_who_answers_byte_by_byte_gains_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(sending, "TIMEOUT", 0.5)
    done = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(30)

    def drip() -> None:
        try:
            there, _ = server.accept()
        except TimeoutError:
            return
        with there:
            while not done.wait(0.05):
                try:
                    there.send(b"H")
                except OSError:
                    return

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        answer = sending.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
    finally:
        done.set()
        dripping.join()
        server.close()
    assert answer.status is None and answer.error in ("timeout", "broken_off")


def test_a_revoked_client_and_one_whose_owner_left_are_told_nothing(receiver: Receiver) -> None:
    harrow = machine("olive")
    webhook = added(harrow, "olive", receiver.url)
    act()
    expand()
    with acting(actor_of("adam")):
        Membership.objects.filter(user_id=user_of("olive").pk).update(is_active=False)
    assert deliver() == 0
    act("oscar", reference="HAR-2")
    expand()
    assert len(deliveries(webhook)) == 1
    with acting(actor_of("adam")) as actor:
        Membership.objects.filter(user_id=user_of("olive").pk).update(is_active=True)
        revoke_client(actor, client_id=harrow.client_id)
    assert deliver() == 0 and receiver.sent == []


def test_a_client_that_loses_the_scope_loses_its_webhooks(receiver: Receiver) -> None:
    harrow = machine("olive")
    webhook = added(harrow, "olive", receiver.url)
    with acting(actor_of("adam")) as actor:
        change_client(
            actor,
            client_id=harrow.client_id,
            name="Case system",
            scopes=["webhooks:write"],
            owner_id=user_of("olive").pk,
        )
        assert one(webhook).disabled_reason == "no_scope"
        with pytest.raises(NotNow) as refused:
            actions.change_webhook(actor, webhook_id=webhook.pk, active=True)
    assert refused.value.code == "client_may_not_read"


def test_what_is_old_is_removed_and_what_waits_stays(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    for number in range(2):
        act(reference=f"HAR-{number}")
        expand()
        if number == 0:
            deliver()
    old = timezone.now() - dt.timedelta(days=31)
    with worker():
        Delivery.objects.update(created_at=old)
    assert purge_old() == 1 and [each.state for each in deliveries(webhook)] == ["waiting"]


def test_a_worker_that_died_leaves_its_lease_and_another_sends(receiver: Receiver) -> None:
    webhook = added(machine("olive"), "olive", receiver.url)
    act()
    expand()
    due_now()
    assert delivery._claim() is not None, "and the worker dies here"
    assert delivery.deliver() == 0
    with worker():
        Webhook.objects.update(leased_until=timezone.now() - dt.timedelta(hours=1))
    assert delivery.deliver() == 1 and deliveries(webhook)[0].state == "delivered"


@pytest.mark.parametrize(("table", "pages", "rows"), [("webhooks_webhook", 1, 1), ("webhooks_delivery", 8, 0)])
def test_one_webhook_is_claimed_at_a_time_whatever_was_counted(table: str, pages: int, rows: int) -> None:
    client = machine("olive")
    webhooks = [added(client, "olive", f"https://127.0.0.1/{number}") for number in range(6)]
    with worker():
        Delivery.objects.bulk_create(
            Delivery(webhook=webhook, organisation_id=webhook.organisation_id, kind="ping")
            for webhook in webhooks
            for _number in range(200)
        )
    due_now()
    with worker():
        # Whoever waits longest stands first, as where each was tried after the one before it.
        for number, webhook in enumerate(webhooks):
            Webhook.objects.filter(pk=webhook.pk).update(tried_at=timezone.now() - dt.timedelta(hours=9 - number))
    with counted(table, pages=pages, rows=rows), rows_handled("webhooks_webhook") as handled:
        claimed = delivery._claim()
    with worker():
        leased = Webhook.objects.exclude(leased_until=None).values_list("pk", flat=True)
        assert list(leased) == [webhooks[0].pk], "the others are free for somebody else"
    assert claimed is not None and claimed.id == webhooks[0].pk
    assert len(handled) == 1 and handled[0] < 1200, "not each webhook with all that waits"
