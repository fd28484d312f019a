"""People join by invitation only; administrators change roles, never their own; proof is fresh or asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.http import HttpRequest
from django.test import Client

from brokerage.core.accounts.backends import Backend, read_along
from brokerage.core.accounts.middleware import SessionSeenMiddleware
from brokerage.core.accounts.models import User
from brokerage.core.audit import outbox
from brokerage.core.errors import NotPermitted, RuleBroken
from brokerage.core.tenants import actions
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.directory import doors_of
from brokerage.core.tenants.models import Membership
from tests.cast import actor_of, ident, user_of
from tests.signing_in import prove

SignIn = Callable[[str], Client]


def _invited(email: str = "new@example.org", roles: str = "placement_officer") -> str:
    with acting(actor_of("adam")) as adam:
        actions.invite_person(adam, email=email, name="New Person", roles=[roles])
    outbox.drain("default")
    found = re.search(r"/accounts/invitation/\S+", mail.outbox[-1].body)
    assert found is not None
    return found[0]


def test_an_invited_person_makes_an_account_and_belongs(committed: str, client: Client) -> None:
    link = _invited()
    assert mail.outbox[-1].to == ["new@example.org"]
    assert "Join Harrow" in client.get(link).content.decode()
    weak = client.post(link, {"name": "New Person", "password": "short"})
    assert weak.status_code == 200 and not User.objects.filter(email="new@example.org").exists()
    done = client.post(link, {"name": "New Person", "password": "amber grove islet 77"})
    assert done.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert [door.slug for door in doors_of(user)] == ["harrow"]
    assert client.get(link).status_code == 410


def test_an_invitation_cannot_be_taken_by_another_person(committed: str, sign_in: SignIn) -> None:
    link = _invited(email="edith@example.org")
    bob = sign_in("bob")
    assert "another e-mail address" in bob.get(link).content.decode()
    bob.post(link)
    assert [door.slug for door in doors_of(user_of("bob"))] == ["birch"]
    edith = sign_in("edith")
    assert edith.post(link).status_code == 302
    assert {door.slug for door in doors_of(user_of("edith"))} == {"harrow", "ealing"}


@pytest.mark.django_db
def test_only_administrators_invite_and_only_to_roles_of_their_kind() -> None:
    with acting(actor_of("olive")) as olive, pytest.raises(NotPermitted):
        actions.invite_person(olive, email="x@example.org", name="X", roles=["placement_officer"])
    with acting(actor_of("adam")) as adam, pytest.raises(RuleBroken) as refused:
        actions.invite_person(adam, email="x@example.org", name="X", roles=["contract_manager"])
    assert refused.value.field == "roles"


@pytest.mark.django_db
def test_administrators_change_others_not_themselves() -> None:
    with acting(actor_of("adam")) as adam:
        own = Membership.objects.get(user_id=user_of("adam").pk)
        with pytest.raises(RuleBroken):
            actions.change_membership(adam, membership_id=own.pk, roles=["director"], weekly_limit=None)
        other = Membership.objects.get(user_id=user_of("olive").pk)
        actions.end_membership(adam, membership_id=other.pk)
    assert doors_of(user_of("olive")) == []


def _read_with_the_session(browser: Client) -> Any:
    assert browser.get("/o/harrow/").status_code == 200, "whose session it is, is noted by the first page"
    session: Any = browser.session
    session.load()
    return session.seen.person


@pytest.mark.django_db
def test_whoever_a_session_is_of_is_read_with_it_and_nobody_else(sign_in: SignIn) -> None:
    browser = sign_in("tessa")
    read, plain = _read_with_the_session(browser), user_of("tessa")
    assert {name: vars(read)[name] for name in vars(plain) if name != "_state"} == {
        name: value for name, value in vars(plain).items() if name != "_state"
    }
    assert not read._state.adding and read._state.db == "default"
    session: Any = browser.session
    session.load()
    with read_along(session):
        assert Backend().get_user(plain.pk) is session.seen.person
        assert Backend().get_user(user_of("olive").pk) == user_of("olive")
    assert Backend().get_user(plain.pk) is not session.seen.person
    User.objects.filter(pk=plain.pk).update(is_active=False)
    assert browser.get("/o/harrow/").status_code == 302, "at the next page already"


@pytest.mark.django_db
def test_memberships_read_with_a_person_answer_once_and_later_as_they_are_then(sign_in: SignIn) -> None:
    tessa = _read_with_the_session(sign_in("tessa"))
    (door,) = doors_of(tessa)
    (again,) = doors_of(user_of("tessa"))
    assert door == again, "read with the person or by itself, it is the same"
    with acting(actor_of("adam")) as adam:
        actions.end_membership(adam, membership_id=Membership.objects.get(user_id=tessa.pk).pk)
    assert doors_of(tessa) == []
    limited = _read_with_the_session(sign_in("olive"))
    assert [door.weekly_limit for door in doors_of(limited)] == [Decimal("2000.00")]


@pytest.mark.django_db
def test_a_form_whose_body_took_its_time_is_answered_by_the_memberships_of_its_end(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in("tessa")

    def meanwhile(_self: SessionSeenMiddleware, request: HttpRequest) -> None:
        with acting(actor_of("adam")) as adam:
            actions.end_membership(adam, membership_id=Membership.objects.get(user_id=request.user.pk).pk)

    assert browser.get("/o/harrow/").status_code == 200, "whose session it is, is noted by the first page"
    # The person was read a moment before.
    monkeypatch.setattr(SessionSeenMiddleware, "_note", meanwhile)
    assert browser.post("/o/harrow/referrals/new/", {}).status_code == 404


@pytest.mark.django_db
def test_a_delegation_is_given_and_ended() -> None:
    with acting(actor_of("adam")) as adam:
        from brokerage.core.clock import database_today

        given = actions.give_delegation(
            adam,
            central_team_id=ident("west-london-central"),
            starts_on=database_today(),
            ends_on=None,
            weekly_limit=None,
            reason="Adults are placed by the hub",
        )
    assert {door.slug for door in doors_of(user_of("hugh"))} == {"ealing", "harrow", "west-london-central"}
    with acting(actor_of("adam")) as adam:
        actions.end_delegation(adam, delegation_id=given.pk)
    assert {door.slug for door in doors_of(user_of("hugh"))} == {"ealing", "west-london-central"}


@pytest.mark.django_db
def test_two_delegations_never_cover_the_same_day_and_kind() -> None:
    from brokerage.core.clock import database_today

    today = database_today()

    def give(first: int, last: int | None, *categories: str) -> str | None:
        with acting(actor_of("adam")) as adam:
            try:
                actions.give_delegation(
                    adam,
                    central_team_id=ident("west-london-central"),
                    starts_on=today + dt.timedelta(first),
                    ends_on=None if last is None else today + dt.timedelta(last),
                    weekly_limit=None,
                    reason="Adults are placed by the hub",
                    categories=categories,
                )
            except RuleBroken as broken:
                return broken.code
        return None

    assert give(0, 30, "fostering") is None
    assert give(30, None, "fostering", "residential") == "delegation_overlaps"
    assert give(10, 20) == "delegation_overlaps"
    assert give(0, None, "residential") is None
    assert give(31, None, "fostering") is None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["people/", "people/invite/", "organisation/", "delegations/", "audit/"])
def test_pages_are_the_administrators_only(sign_in: SignIn, path: str) -> None:
    assert sign_in("adam").get(f"/o/harrow/{path}").status_code == 200
    assert sign_in("olive").get(f"/o/harrow/{path}").status_code == 403
    assert sign_in("edith").get(f"/o/harrow/{path}").status_code == 404


@pytest.mark.django_db
def test_a_code_by_email_is_a_proof(sign_in: SignIn) -> None:
    client = sign_in("olive")
    client.post("/accounts/prove/send/", {"next": "/o/harrow/"})
    found = re.search(r"\d{8}", mail.outbox[-1].body)
    assert found is not None
    wrong = client.post("/accounts/prove/code/", {"code": "00000000", "next": "/o/harrow/"})
    assert "not the code" in wrong.content.decode()
    right = client.post("/accounts/prove/code/", {"code": found[0], "next": "/o/harrow/"})
    assert right["Location"] == "/o/harrow/"
    from django.test import RequestFactory

    from brokerage.core.accounts.proof import is_fresh

    request = RequestFactory().get("/")
    request.user, request.session = user_of("olive"), client.session
    assert is_fresh(request)
    prove(client, "olive", seconds_ago=301)
    request.session = client.session
    assert not is_fresh(request)


@pytest.mark.django_db
def test_the_way_back_is_never_to_another_site(sign_in: SignIn) -> None:
    page = sign_in("olive").get("/accounts/prove/?next=https://evil.example/").content.decode()
    assert 'href="https://evil' not in page and 'name="next" value="https://evil' not in page.split("</header>")[1]


@pytest.mark.django_db
def test_nobody_signs_up(client: Client) -> None:
    page = client.get("/accounts/signup/")
    assert "signup" not in page.content.decode() or page.status_code in (200, 302)
    client.post(
        "/accounts/signup/",
        {"email": "x@example.org", "password1": "amber grove 77 x", "password2": "amber grove 77 x"},
    )
    assert not User.objects.filter(email="x@example.org").exists()


@pytest.mark.django_db
def test_the_second_factor_is_asked_for(sign_in: SignIn, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    response = sign_in("olive").get("/o/harrow/")
    assert response.status_code == 302 and "/second-step/" in response["Location"]
