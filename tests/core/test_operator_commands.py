"""A region, its members, an associate and a first administrator, made by the operator's commands."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.models import Invitation, Organisation, Region, RegionMember
from tests.cast import actor_of

MEMBERS = "--members=E09000026, e09000016,E09000026"
REGION = ("add_region", "East  London", "--central-team=East London Hub", MEMBERS, "--starts-on=2026-04-01")


def call(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def own(committed: str) -> Iterator[None]:
    """A database that commits, and the login's connection again afterwards: these commands sign in as the owner."""
    settings = connections["default"].settings_dict
    keys = ("USER", "PASSWORD", "HOST", "PORT")
    before = {key: settings[key] for key in keys}
    yield
    connections["default"].close()
    settings.update(before)


def entries(slug: str) -> list[tuple[str, Any]]:
    with loader():
        organisation = Organisation.objects.get(slug=slug)
        found = Entry.objects.filter(organisation_id=organisation.pk, actor_name="Operator").order_by("at")
        return [(entry.kind, entry.data.get("member")) for entry in found]


def test_a_region_is_made_once_and_gains_members_later(own: None) -> None:
    out = call(*REGION)
    assert "Region East London: east-london, made." in out and "East London Hub: east-london-hub." in out
    assert "Redbridge: redbridge, member from 2026-04-01." in out
    with loader():
        region = Region.objects.get(slug="east-london")
        slugs = set(RegionMember.objects.filter(region=region).values_list("organisation__slug", flat=True))
        assert slugs == {"east-london-hub", "redbridge", "havering"}
        assert region.central_team.kind == "central"
    assert "there already" in call(*REGION)
    again = call("add_region", "East London", "--central-team=East London Hub", "--members=E09000026,E09000025")
    assert "redbridge, member already." in again and "newham, member from" in again
    assert entries("east-london-hub") == [
        ("region.created", None),
        ("region.member_added", "redbridge"),
        ("region.member_added", "havering"),
        ("region.member_added", "newham"),
    ]
    assert entries("redbridge") == [("region.joined", "redbridge")]
    call_command("verify_audit", verbosity=0, stdout=io.StringIO())


def test_a_region_refused_leaves_nothing(own: None) -> None:
    for arguments, words in (
        (("add_region", "New", "--central-team=Hub", "--members=E09000026,E99999999"), "E99999999"),
        (("add_region", "New", "--central-team=Hub", "--members=,"), "at least one member"),
        (("add_region", "!", "--central-team=Hub", "--members=E09000026"), "letters"),
        (("add_region", "West London", "--central-team=Hub", "--members=E09000026"), "West London Central Team"),
        (("add_region", "West-London", "--central-team=Hub", "--members=E09000026"), "too near"),
    ):
        with pytest.raises(CommandError, match=words):
            call(*arguments)
    with loader():
        assert Region.objects.count() == 2
        assert not RegionMember.objects.filter(organisation__slug="redbridge").exists()
        assert not Organisation.objects.filter(name="Hub").exists()


def test_a_central_team_never_takes_anothers_address(own: None) -> None:
    call("add_region", "North", "--central-team=Harrow", "--members=E09000026")
    with loader():
        assert Region.objects.get(slug="north").central_team.slug == "harrow-2"


def test_an_associate_is_made_and_its_acts_change(own: None) -> None:
    add = ("add_associate", "Health Board", "--region=west-london")
    assert "health-board, made" in call(*add)
    assert "member already" in call(*add)
    with loader():
        RegionMember.objects.filter(organisation__slug="health-board").update(granted_acts=["dpv.view", "spend.view"])
    assert "acts changed" in call(*add, "--acts=dpv.view")
    assert "health-board, member from" in call("add_associate", "Health Board", "--region=south-east-wales")
    with loader():
        board = Organisation.objects.get(slug="health-board")
        acts = dict(RegionMember.objects.filter(organisation=board).values_list("region__slug", "granted_acts"))
    assert board.kind == "associate"
    assert acts == {"west-london": ["dpv.view"], "south-east-wales": ["dpv.view"]}
    assert [kind for kind, _member in entries("health-board")] == [
        "region.joined",
        "region.acts_changed",
        "region.joined",
    ]
    for arguments, words in (
        (("add_associate", "Board", "--region=nowhere"), "no region nowhere .*west-london"),
        (("add_associate", "Board", "--region=west-london", "--acts=people.manage"), "may be granted: .*dpv.view"),
        (("add_associate", "Board", "--region=west-london", "--acts=spend.view"), "may be granted: dpv.view"),
        (("add_associate", "harrow", "--region=west-london"), "Harrow is there already"),
    ):
        with pytest.raises(CommandError, match=words):
            call(*arguments)


def test_a_first_administrator_is_really_invited_and_joins(committed: str, client: Client) -> None:
    invite = ("invite_administrator", "--organisation=harrow", "--email=First@Harrow.example", "--name=First Person")
    assert "is invited to Harrow as authority_administrator" in call(*invite)
    assert "is invited already" in call(*invite)
    assert "is invited to" in call(*invite, "--again")
    with acting(actor_of("adam")) as adam:
        live = Invitation.objects.get(withdrawn_at__isnull=True)
        assert (live.email, live.roles, live.invited_by_id) == (
            "first@harrow.example",
            ["authority_administrator"],
            None,
        )
        sent = Entry.objects.filter(organisation_id=adam.organisation_id, kind="invitation.sent")
        assert set(sent.values_list("actor_name", flat=True)) == {"Operator"}
    outbox.drain("default")
    assert [message.to for message in mail.outbox] == [["first@harrow.example"]]
    link = re.search(r"/accounts/invitation/\S+", str(mail.outbox[0].body))
    assert link is not None
    joined = client.post(link[0], {"name": "First Person", "password": "amber grove islet 77"})
    assert joined.status_code == 302
    assert "administrator of Harrow already" in call(*invite)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "role"),
    [("west-london-central", "central_administrator"), ("birch", "provider_administrator")],
)
def test_each_kind_of_organisation_has_its_own_administrator(slug: str, role: str) -> None:
    assert f"as {role}" in call("invite_administrator", f"--organisation={slug}", "--email=a@b.example", "--name=A")


@pytest.mark.django_db
def test_invitations_refused() -> None:
    assert "administrator of Harrow already" in call(
        "invite_administrator", "--organisation=harrow", "--email=adam@example.org", "--name=Adam"
    )
    for arguments, words in (
        (("--organisation=nobody", "--email=a@b.example", "--name=A"), "no organisation nobody"),
        (("--organisation=harrow", "--email=nonsense", "--name=A"), "not an e-mail address"),
        (("--organisation=harrow", "--email=a@b.example", "--name= "), "name"),
        (("--organisation=harrow", "--email=olive@example.org", "--name=Olive"), "belongs to your organisation"),
    ):
        with pytest.raises(CommandError, match=words):
            call("invite_administrator", *arguments)
