"""A second person is another pair of hands: neither the owner of the API client that acted first, nor whoever made its
secret, however they come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Oauth
from django.test import Client

from brokerage.core.api.clients import change_client, create_client, rotate_secret
from brokerage.core.api.models import ApiClient
from brokerage.core.api.scopes import scopes_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.home.alerts import to_confirm
from contracts.queries.awards import may_decide
from placements.models import Award
from tests.api.clients import Machine, client_of, token_for
from tests.api.test_awards import choice
from tests.api.test_measures import said
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.alerting import facts
from tests.scenarios import chosen

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
ALERT = {
    **{name: str(getattr(facts(), name)) for name in ("provider_id", "establishment_id", "kind", "what_happened")},
    "severity": "high",
    "action_taken": "The police know.",
    "is_checked": True,
}


def administrator(who: str) -> Actor:
    actor = actor_of(who)
    return replace(actor, permissions=actor.permissions | {"organisation.manage"})


def client_made_by(maker: str, *, owner: str, name: str = "System") -> Machine:
    """A client that the one administrator made for a colleague: both can act with it."""
    with acting(administrator(maker)) as actor:
        made, _secret = create_client(
            actor,
            name=f"{name} of {owner}",
            scopes=sorted(scopes_of(actor.kind)),
            owner_id=ident(f"user {owner}"),
        )
        granted = made.oauth.scopes
    return Machine(token_for(made.oauth_id, granted), made.pk)


def rotated(machine: Machine, who: str) -> Machine:
    """The same client with a new secret of this person's."""
    with acting(administrator(who)) as actor:
        client, _secret = rotate_secret(actor, client_id=machine.client_id)
        granted = client.oauth.scopes
    return Machine(token_for(client.oauth_id, granted), client.pk)


def refused(answer: Any, status: int = 422, code: str = "second_person_needed") -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_who_made_the_secret_does_not_send_what_the_client_raised(sign_in: SignIn) -> None:
    raised = client_made_by("tessa", owner="olive").post("/alerts", ALERT).json()["reference"]
    refused(client_of("tessa").post(f"/alerts/{raised}/confirm"))
    for who, listed in (("tessa", []), ("dora", [raised])):
        with acting(actor_of(who)) as actor:
            assert [entry.label for entry in to_confirm(actor).entries] == listed
    page = sign_in("tessa").get(f"/o/harrow/alerts/{raised}/").content.decode()
    assert "Send it to everybody" not in page
    assert "Send it to everybody" in sign_in("dora").get(f"/o/harrow/alerts/{raised}/").content.decode()
    assert client_of("dora").post(f"/alerts/{raised}/confirm").json()["state"] == "live"


def test_who_raised_it_does_not_send_it_through_a_colleagues_client() -> None:
    raised = client_of("tessa").post("/alerts", ALERT).json()["reference"]
    borrowed = client_made_by("tessa", owner="dora")
    refused(borrowed.post(f"/alerts/{raised}/confirm"))
    refused(borrowed.post(f"/alerts/{raised}/dismiss", {"reason": "A mix-up."}))
    assert rotated(borrowed, "dora").post(f"/alerts/{raised}/confirm").json()["state"] == "live"


def test_a_client_whose_secret_nobody_is_known_to_have_made_is_nobodys_second_person() -> None:
    raised = client_of("olive").post("/alerts", ALERT).json()["reference"]
    old = client_of("dora")
    with acting(administrator("dora")):
        ApiClient.objects.filter(pk=old.client_id).update(secret_by_id=None)
    refused(old.post(f"/alerts/{raised}/confirm"))
    assert rotated(old, "dora").post(f"/alerts/{raised}/confirm").status_code == 200


def test_measures_are_put_in_force_and_lifted_by_other_hands() -> None:
    borrowed, carol, mark = client_made_by("mark", owner="carol"), client_of("carol"), client_of("mark")
    at = f"/measures/{borrowed.post('/measures', said()).json()['reference']}"
    for machine in (borrowed, carol, mark, client_made_by("carol", owner="mark")):
        refused(machine.post(f"{at}/decide", {"agree": True}))
    other = f"/measures/{carol.post('/measures', said(kind='bar')).json()['reference']}"
    refused(client_made_by("carol", owner="mark", name="Another").post(f"{other}/decide", {"agree": True}))
    assert mark.post(f"{other}/decide", {"agree": True}).json()["state"] == "in_force"
    assert borrowed.post(f"{other}/lift", {"note": "Good now."}).json()["state"] == "lift_proposed"
    for machine in (carol, mark):
        refused(machine.post(f"{other}/lift/decide", {"agree": True}))


def test_suspensions_are_lifted_and_homes_barred_by_other_hands() -> None:
    borrowed, at = client_made_by("mark", owner="carol"), f"/admissions/{ident('admission birch-house')}"
    suspended = borrowed.post(f"{at}/suspend", {"reason": "Concern.", "review_on": TODAY.isoformat()})
    assert suspended.json()["status"] == "suspended"
    carol, mark = client_of("carol"), client_of("mark")
    for machine in (borrowed, carol, mark):
        refused(machine.post(f"{at}/lift", {"reason": "Visited."}))
    for machine in (borrowed, carol):
        refused(machine.post(f"{at}/bar", {"reason": "Upheld."}))
        refused(machine.post(f"{at}/end", {"reason": "It leaves."}))


def test_awards_are_approved_by_other_hands() -> None:
    machine = client_made_by("tessa", owner="oscar")
    _story, offers = chosen()
    made = machine.post("/awards", choice(offers)).json()
    assert made["status"] == "awaiting_approval", made
    maker, other = client_of("tessa"), client_of("dora")
    assert maker.get("/approvals").json()["items"] == []
    refused(maker.post(f"/awards/{made['id']}/approve", {"kind": "money"}), 403, "not_permitted")
    with acting(actor_of("tessa")) as tessa:
        assert may_decide(tessa, Award.objects.get(pk=made["id"])) == []
    assert [row["id"] for row in other.get("/approvals").json()["items"]] == [made["id"]]


def test_with_another_owner_the_secret_ends_because_the_owner_before_holds_it() -> None:
    machine = client_made_by("oscar", owner="tessa")
    changes: dict[str, Any] = {"client_id": machine.client_id, "name": "System"}
    with acting(administrator("oscar")) as actor:
        granted = ApiClient.objects.select_related("oauth").get(pk=machine.client_id).scopes
        same = change_client(actor, **changes, scopes=granted, owner_id=ident("user tessa"))
        assert same.has_secret and same.secret_by_id == ident("user oscar")
        moved = change_client(actor, **changes, scopes=granted, owner_id=ident("user dora"))
        assert not moved.has_secret and moved.secret_by_id is None
        assert not Oauth.objects.get(pk=moved.oauth_id).check_secret("!")
    assert machine.get("/authorities").status_code == 401
    again = rotated(machine, "oscar")
    assert again.get("/authorities").status_code == 200
    raised = client_of("tessa").post("/alerts", ALERT).json()["reference"]
    assert again.post(f"/alerts/{raised}/confirm").status_code == 200, "dora and oscar have nothing to do with it"
