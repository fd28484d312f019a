"""Sessions, closed accounts, limits, the same answer for everybody, and one's own account page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokerage.core.accounts.models import User
from brokerage.core.audit.models import Entry
from brokerage.core.tenants import actions
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Delegation, Membership
from tests.accounts.people import invite, join
from tests.cast import actor_of, email_of, ident, user_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
PASSWORD = "amber grove islet 77"


def give_password(who: str) -> User:
    user = user_of(who)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def masked(page: Any) -> str:
    """The page without what differs on every request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"|nonce="[^"]+"', "", page.text)
    return re.sub(r"(known|nobody)@example\.org", "ADDRESS", text.replace(email_of("olive"), "known@example.org"))


def test_where_one_is_signed_in_and_signing_out_everywhere_else(sign_in: SignIn) -> None:
    here, there = sign_in("olive"), sign_in("olive")
    here.get("/", headers={"user-agent": "Browser of the desk"})
    there.get("/", headers={"user-agent": "Browser of the sofa"})
    page = here.get("/accounts/sessions/", headers={"user-agent": "Browser of the desk"}).text
    assert "Browser of the desk" in page and "Browser of the sofa" in page and "Sign out everywhere else" in page
    here.post("/accounts/sessions/")
    assert there.get("/o/harrow/")["Location"].startswith("/accounts/login/")
    assert here.get("/o/harrow/").status_code == 200


def test_a_sessions_last_use_is_written_once_a_minute_and_a_change_of_browser_at_once(sign_in: SignIn) -> None:
    olive = sign_in("olive")

    def opened(browser: str) -> tuple[UserSession, int]:
        with CaptureQueriesContext(connection) as queries:
            olive.get("/o/harrow/", headers={"user-agent": browser})
        asked = [query["sql"] for query in queries.captured_queries if "usersessions" in query["sql"]]
        return UserSession.objects.get(user_id=ident("user olive")), sum("SELECT" not in sql[:6] for sql in asked)

    first, _written = opened("Desk")
    again, written = opened("Desk")
    assert (again.last_seen_at, written) == (first.last_seen_at, 0)
    a_minute_ago = timezone.now() - dt.timedelta(seconds=61)
    UserSession.objects.update(last_seen_at=a_minute_ago)
    later, written = opened("Desk")
    assert later.last_seen_at > a_minute_ago and written == 1
    moved, written = opened("Sofa")
    assert (moved.user_agent, written) == ("Sofa", 1)
    moved.delete()
    assert opened("Sofa")[1] == 1


def test_an_ended_membership_and_a_closed_account_show_at_the_next_request(sign_in: SignIn) -> None:
    olive, oscar = sign_in("olive"), sign_in("oscar")
    assert olive.get("/o/harrow/").status_code == oscar.get("/o/harrow/").status_code == 200
    with acting(actor_of("adam")) as adam:
        actions.end_membership(adam, membership_id=Membership.objects.get(user_id=ident("user olive")).pk)
    assert olive.get("/o/harrow/").status_code == 404
    User.objects.filter(pk=ident("user oscar")).update(is_active=False)
    assert oscar.get("/o/harrow/")["Location"].startswith("/accounts/login/")


def test_accounts_nobody_uses_are_closed_and_opened_again_by_an_invitation(sign_in: SignIn, client: Client) -> None:
    long_ago = timezone.now() - dt.timedelta(days=91)
    User.objects.update(date_joined=long_ago, last_login=timezone.now())
    User.objects.filter(pk=ident("user olive")).update(last_login=long_ago)
    User.objects.filter(pk=ident("user oscar")).update(last_login=long_ago)
    User.objects.filter(pk=ident("user tessa")).update(last_login=None)
    User.objects.filter(pk=ident("user nora")).update(last_login=None, date_joined=timezone.now())
    UserSession.objects.create(user=user_of("oscar"), ip="192.0.2.1", session_key="k", user_agent="")
    call_command("close_dormant_accounts", verbosity=0)
    closed = User.objects.filter(is_active=False).values_list("pk", flat=True)
    assert set(closed) == {ident("user olive"), ident("user tessa")}
    with acting(actor_of("adam")):
        entries = Entry.objects.filter(kind="account.closed")
        assert {entry.subject_id for entry in entries} == {str(ident("user olive")), str(ident("user tessa"))}
    link = f"/accounts/invitation/{invite(email_of('olive'), 'harrow')}/"
    client.post(link, {"name": "Olive Officer", "password": PASSWORD})
    assert user_of("olive").is_active
    assert client.get("/o/harrow/").status_code == 200


def test_signing_in_and_out_speaks_in_words_of_ours_which_have_welsh(client: Client) -> None:
    give_password("olive")
    page = client.get("/accounts/login/").text
    assert '<a class="govuk-link" href="/accounts/password/reset/">Forgot your password?</a>' in page
    wrong = client.post("/accounts/login/", {"login": email_of("olive"), "password": "wrong"})
    assert "The e-mail address or the password is wrong." in wrong.text
    home = client.post("/accounts/login/", {"login": email_of("olive"), "password": PASSWORD}, follow=True)
    assert home.status_code == 200 and "Successfully" not in home.text and "notification-banner" not in home.text
    assert "You have signed out." in client.post("/accounts/logout/", follow=True).text


def test_guessing_is_limited_with_redis_away(settings: Any, client: Client) -> None:
    settings.CACHES = {
        "default": {"BACKEND": settings.CACHES["default"]["BACKEND"], "LOCATION": "redis://127.0.0.1:9/0"}
    }
    assert caches["default"].get("nothing") is None
    give_password("olive")
    pages = [
        client.post("/accounts/login/", {"login": email_of("olive"), "password": f"wrong {number}"}).text
        for number in range(6)
    ]
    assert "Too many failed login attempts" not in pages[0] and "Too many failed login attempts" in pages[5]
    right = client.post("/accounts/login/", {"login": email_of("olive"), "password": PASSWORD})
    assert right.status_code == 200 and "Too many" in right.text
    caches["default"].clear()


@pytest.mark.parametrize("path", ["/accounts/login/code/", "/accounts/password/reset/"])
def test_known_and_unknown_addresses_hear_the_same(path: str) -> None:
    give_password("olive")
    answers = []
    for email in (email_of("olive"), "nobody@example.org"):
        answer = Client().post(path, {"email": email}, follow=True)
        answers.append((answer.status_code, answer.redirect_chain, masked(answer)))
        assert mail.outbox[-1].to == [email]
    assert answers[0] == answers[1]


def test_wrong_passwords_hear_the_same() -> None:
    give_password("olive")
    answers = [
        masked(Client().post("/accounts/login/", {"login": email, "password": "wrong"}))
        for email in (email_of("olive"), "nobody@example.org")
    ]
    assert answers[0] == answers[1]


def test_a_password_is_reset_through_the_mail(client: Client) -> None:
    give_password("olive")
    client.post("/accounts/password/reset/", {"email": email_of("olive")})
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found is not None and "Olive" not in mail.outbox[-1].body
    page = client.get(found[1], follow=True)
    assert "Set a new password" in page.text
    assert "too short" in client.post(page.redirect_chain[-1][0], {"password1": "short", "password2": "short"}).text
    new = {"password1": "other grove islet 78", "password2": "other grove islet 78"}
    assert "Your password is changed" in client.post(page.redirect_chain[-1][0], new, follow=True).text
    assert user_of("olive").check_password("other grove islet 78")
    assert "This link is over" in Client().get(found[1], follow=True).text
    assert "was changed" in mail.outbox[-1].body


def test_a_code_by_mail_signs_in_in_ones_own_language(client: Client) -> None:
    user = give_password("olive")
    User.objects.filter(pk=user.pk).update(language="cy")
    client.post("/accounts/login/code/", {"email": email_of("olive")})
    found = re.search(r"\b[A-Z0-9]{4}-?[A-Z0-9]{2,4}\b", str(mail.outbox[-1].body))
    assert found is not None
    done = client.post("/accounts/login/code/confirm/", {"code": found[0]})
    assert done.status_code == 302 and done.cookies["django_language"].value == "cy"
    assert 'lang="cy"' in client.get("/accounts/security/").text


def test_own_name_and_language_are_changed_and_the_name_is_in_the_trail(sign_in: SignIn) -> None:
    client = sign_in("olive")
    page = client.get("/accounts/security/")
    assert all(link in page.text for link in ("/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"))
    done = client.post("/accounts/security/", {"name": " Olive Newname ", "language": "cy"})
    assert done.status_code == 302 and done.cookies["django_language"].value == "cy"
    assert (user_of("olive").name, user_of("olive").language) == ("Olive Newname", "cy")
    with acting(actor_of("adam")):
        entry = Entry.objects.get(kind="person.renamed")
    assert entry.data == {"fields": ["name"]} and entry.subject_id == str(ident("user olive"))
    assert client.post("/accounts/security/", {"name": "", "language": "xx"}).status_code == 200


def test_every_page_leads_to_the_other_organisations(sign_in: SignIn) -> None:
    join("edith", "harrow")
    edith = sign_in("edith")
    chooser = edith.get("/organisations/").text
    assert "/o/ealing/" in chooser and "/o/harrow/" in chooser
    for path in (
        "/o/harrow/",
        "/o/harrow/referrals/",
        "/o/ealing/spend/",
        "/accounts/security/",
        "/o/harrow/messages/",
    ):
        page = edith.get(path)
        assert page.status_code == 200 and 'href="/organisations/"' in page.text, path


def test_a_hub_broker_is_told_for_whom_and_how_far(sign_in: SignIn) -> None:
    with acting(actor_of("adam")) as adam:
        Delegation.objects.create(
            authority_id=adam.organisation_id,
            central_team_id=ident("west-london-central"),
            starts_on=timezone.localdate(),
            weekly_limit="1500.00",
            categories=["adult_residential"],
        )
    hugh = sign_in("hugh")
    page = hugh.get("/o/ealing/").text
    assert "You act for" in page and "under a delegation" in page and "£3,000.00 a week" in page
    assert "Only: " not in page
    narrow = hugh.get("/o/harrow/").text
    assert "£1,500.00 a week" in narrow and "Only: " in narrow
    assert "under a delegation" not in hugh.get("/o/west-london-central/").text.split("<main")[0]
    assert "under a delegation" not in sign_in("edith").get("/o/ealing/").text


def test_a_delegation_names_its_kinds_of_home_on_the_page(sign_in: SignIn) -> None:
    adam = sign_in("adam")
    today = timezone.localdate()
    fields = {
        "central_team": str(ident("west-london-central")),
        "starts_on_day": today.day,
        "starts_on_month": today.month,
        "starts_on_year": today.year,
        "weekly_limit": "1500",
        "categories": ["adult_residential"],
        "reason": "Adults are placed by the hub",
    }
    given = adam.post("/o/harrow/delegations/", fields)
    assert given.status_code == 302, re.findall(r'href="#id_[^<]*', given.text)
    with acting(actor_of("adam")):
        assert Delegation.objects.get(authority__slug="harrow").categories == ["adult_residential"]
        assert Entry.objects.get(kind="delegation.given").data["categories"] == ["adult_residential"]
    assert actor_of("hugh", "harrow").covers("adult_residential")
    assert not actor_of("hugh", "harrow").covers("fostering")
