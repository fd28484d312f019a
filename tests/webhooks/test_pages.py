"""The administrator's pages about webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting, worker
from brokerage.core.webhooks import delivery
from brokerage.core.webhooks.models import Delivery, Webhook
from tests.cast import actor_of
from tests.webhooks.receiver import receiving
from tests.webhooks.steps import act, due_now, expand, machine

pytestmark = pytest.mark.django_db

LIST = "/o/harrow/webhooks/"
URL = "https://cases.harrow.example.gov.uk/events"


@pytest.fixture
def adam(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("adam")


def stored() -> Webhook:
    with worker():
        return Webhook.objects.get()


def add(client: Client, url: str = URL, **more: Any) -> Any:
    return client.post(f"{LIST}new/", {"client": str(machine("olive").client_id), "url": url, **more}, follow=True)


def test_an_administrator_adds_changes_and_deletes(adam: Client) -> None:
    assert "has none yet" in adam.get(LIST).content.decode()
    page = add(adam, description="Cases", kinds=["award.made"])
    words = page.content.decode()
    webhook = stored()
    assert page.redirect_chain == [(f"{LIST}{webhook.pk}/", 302)] and "whsec_" in words and "Offer chosen" in words
    assert URL in adam.get(LIST).content.decode()
    adam.post(f"{LIST}{webhook.pk}/change/", {"url": f"{URL}/2", "description": ""})
    assert (stored().url, stored().kinds) == (f"{URL}/2", [])
    refused = adam.post(f"{LIST}{webhook.pk}/change/", {"url": "http://x"})
    assert "Enter a public address" in refused.content.decode() and refused.status_code == 200
    for address in ("off", "on", "secret"):
        assert adam.post(f"{LIST}{webhook.pk}/{address}/").status_code == 302
        assert adam.get(f"{LIST}{webhook.pk}/{address}/").status_code == 405
    assert stored().is_active and stored().sealed_old_secret
    assert "former secret" in adam.get(f"{LIST}{webhook.pk}/").content.decode()
    assert "Delete the webhook" in adam.get(f"{LIST}{webhook.pk}/delete/").content.decode()
    adam.post(f"{LIST}{webhook.pk}/delete/")
    with acting(actor_of("adam")):
        assert not Webhook.objects.exists()
        kinds = set(Entry.objects.filter(kind__startswith="webhook.").values_list("kind", flat=True))
    assert kinds == {
        "webhook.created",
        "webhook.changed",
        "webhook.disabled",
        "webhook.enabled",
        "webhook.secret_rotated",
        "webhook.deleted",
    }


def test_the_deliveries_with_their_answers_and_sending_again(adam: Client, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with receiving(status=503) as receiver:
        add(adam, receiver.url)
        page = f"{LIST}{stored().pk}/"
        act(reference="HAR-7")
        expand()
        due_now()
        delivery.deliver()
        words = adam.get(page).content.decode()
        assert all(word in words for word in ("Failing", "503", "Next attempt", "HAR-7", "Referral published"))
        receiver.status = 204
        adam.post(f"{page}test/")
        with worker():
            sent = Delivery.objects.get(change__isnull=False)
        due_now()
        assert delivery.deliver() == 2
        adam.post(f"{page}deliveries/{sent.pk}/replay/")
        today = timezone.localtime()
        since = {"since_day": today.day, "since_month": today.month, "since_year": today.year, "since_time": "00:00"}
        replayed = adam.post(page, since, follow=True)
        assert (
            "event is sent again" in replayed.content.decode() or "events are sent again" in replayed.content.decode()
        )
        refused = adam.post(page, {**since, "since_year": today.year - 1})
        assert "30 days" in refused.content.decode()
        due_now()
        delivery.deliver()
        assert receiver.kinds.count("referral.published") >= 3 and len(set(receiver.ids)) <= 3


def test_only_administrators_see_them(sign_in: Callable[[str], Client], adam: Client) -> None:
    add(adam)
    page = f"{LIST}{stored().pk}/"
    for who in ("olive", "tessa", "fiona"):
        for address in (LIST, f"{LIST}new/", page):
            assert sign_in(who).get(address).status_code == 403
    bob = sign_in("bob")
    assert bob.get(page).status_code == 404
    assert bob.get(page.replace("harrow", "birch")).status_code == 404
    assert bob.get("/o/birch/webhooks/").status_code == 200
    assert "Webhooks" in adam.get("/o/harrow/people/").content.decode()


def test_the_list_asks_the_same_number_of_queries(adam: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(6):
        add(adam, f"{URL}/{number}")
    with django_assert_max_num_queries(25):
        assert adam.get(LIST).content.decode().count("cases.harrow") == 6
