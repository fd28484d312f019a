"""The pages of closures: announcing, what each reader sees, and where one person goes next."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.closures.models import Closure
from placements.models import Placement
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import IN_A_MONTH, announced, recorded, resident
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
SLUGS = {"olive": "harrow", "carol": "west-london-central", "bob": "birch", "edith": "ealing", "fiona": "harrow"}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def page_of(closure: Closure, who: str = "olive", tail: str = "") -> str:
    return f"/o/{SLUGS[who]}/closures/{closure.reference}/{tail}"


def day_of(name: str, day: dt.date) -> dict[str, str]:
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


TYPED = {"why": "money", **day_of("closes_on", IN_A_MONTH), **day_of("notice_on", TODAY)}


def test_announcing_on_two_pages(sign_in: SignIn) -> None:
    client = sign_in("carol")
    start = "/o/west-london-central/closures/new/"
    assert f"?establishment={ident('birch-house')}" in client.get(start, {"q": "birch ho"}).content.decode()
    assert "Nothing has that name" in words(client.get(start, {"q": "nowhere"}))
    path = f"{start}?establishment={ident('birch-house')}"
    wrong = client.post(path, {**TYPED, "why": "", "explanation": "Born on 3 May 2012."})
    assert "Choose why it closes" in words(wrong) and "Born on 3 May 2012." in words(wrong)
    named = client.post(path, {**TYPED, "explanation": "Born on 3 May 2012."})
    assert 'href="#id_explanation"' in named.content.decode()
    shown = words(client.post(path, TYPED, follow=True))
    assert "The closure is announced." in shown and "Birch House, Birch Care Ltd" in shown
    with acting(actor_of("carol")):
        assert Closure.objects.get().closes_on == IN_A_MONTH
    again = client.post(path, TYPED)
    assert again.status_code == 200 and "announced already" in words(again)


def test_a_provider_finds_and_announces_its_own_homes_only(sign_in: SignIn) -> None:
    client = sign_in("bob")
    start = "/o/birch/closures/new/"
    assert "Birch House" in words(client.get(start, {"q": "birch"}))
    assert client.get(f"{start}?establishment={ident('cedar-house')}").status_code == 404
    assert client.post(f"{start}?establishment={ident('birch-house')}", TYPED).status_code == 302
    shown = words(client.get("/o/birch/closures/"))
    assert "Birch House" in shown and "Still to move" not in shown
    for who in ("olive", "fiona"):
        assert sign_in(who).get("/o/harrow/closures/new/").status_code == 403


def test_each_reads_what_it_may(sign_in: SignIn) -> None:
    awarded("birch-house")
    with acting(actor_of("olive")):
        placement = Placement.objects.get()
    closure = announced()
    own = words(sign_in("olive").get(page_of(closure)))
    assert placement.reference in own and "1 of 1 person still has to move" in own and "The lease ends." in own
    central = words(sign_in("carol").get(page_of(closure, "carol")))
    assert placement.reference not in central and "1 of 1 person still has to move" in central and "Harrow" in central
    provider = words(sign_in("bob").get(page_of(closure, "bob")))
    assert placement.reference not in provider and "Harrow" not in provider and "The lease ends." in provider
    assert sign_in("edith").get(page_of(closure, "edith")).status_code == 404
    with worker():
        assert not Message.objects.filter(user_id=ident("user olive"), channel="in_app", seen_at__isnull=True).filter(
            template="closures.announced"
        )


def test_a_banner_stands_on_every_page_until_somebody_looks(sign_in: SignIn) -> None:
    awarded("birch-house")
    closure = announced()
    client = sign_in("olive")
    home = client.get("/o/harrow/").content.decode()
    assert f'href="{page_of(closure)}"' in home and "A home is closing" in home and "Read the closure" in home
    recorded(resident(), "looking")
    assert "A home is closing" not in client.get("/o/harrow/").content.decode()


def test_recording_where_somebody_goes(sign_in: SignIn) -> None:
    awarded("birch-house")
    closure = announced()
    row = resident()
    client = sign_in("olive")
    path = page_of(closure, tail=f"people/{row.pk}/")
    page = client.get(path)
    assert "/copy/" in page.content.decode() and "Start a new referral for this person" in words(page)
    assert "Choose how far it is" in words(client.post(path, {"note": "kept words"}))
    refused = client.post(path, {"status": "moved", "note": "kept words"})
    assert "Enter the day they left" in words(refused) and "kept words" in words(refused)
    assert "Recorded for" in words(client.post(path, {"status": "looking"}, follow=True))
    done = words(client.post(path, {"status": "went_home", **day_of("ended_on", TODAY)}, follow=True))
    assert "0 of 1 person still has to move" in done and "Went home" in done
    assert client.get(path).status_code == 409
    for who in ("carol", "bob"):
        assert sign_in(who).get(page_of(closure, who, f"people/{row.pk}/")).status_code in (403, 404)


def test_another_day_not_closing_and_closed(sign_in: SignIn) -> None:
    closure = announced()
    client = sign_in("carol")
    path = page_of(closure, "carol", "another-day/")
    assert "Say why the day has changed" in words(client.post(path, day_of("closes_on", IN_A_MONTH)))
    later = {"change_note": "The lease was made longer", **day_of("closes_on", IN_A_MONTH + dt.timedelta(days=5))}
    shown = words(client.post(path, later, follow=True))
    assert "Everybody is told of the new day." in shown and "The lease was made longer" in shown
    assert sign_in("bob").get(page_of(closure, "bob", "not-closing/")).status_code == 404
    assert sign_in("bob").get(page_of(closure, "bob", "closed/")).status_code == 403
    shown = words(client.post(page_of(closure, "carol", "closed/"), day_of("closed_on", TODAY), follow=True))
    assert "The home is closed in the register." in shown and "Complete" in shown and "Closure complete" in shown
    assert client.get(page_of(closure, "carol", "not-closing/")).status_code == 409


def test_the_list_filters_and_asks_as_much_for_many_as_for_one(sign_in: SignIn) -> None:
    client = sign_in("carol")
    assert "No closures" in words(client.get("/o/west-london-central/closures/"))
    counts = []
    for homes in (("birch-house",), ("birch-lodge", "cedar-house")):
        for home in homes:
            announced(establishment_id=ident(home), provider_id=ident(home.split("-")[0]))
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/o/west-london-central/closures/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "3 closures" in words(client.get("/o/west-london-central/closures/"))
    assert "1 closure" in words(client.get("/o/west-london-central/closures/?q=cedar"))
    assert "No closure fits" in words(client.get("/o/west-london-central/closures/?status=withdrawn"))
