"""Signing by an API client: allowed by the organisation's own setting only, and the evidence names client and owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants import actions
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from contracts import documents
from contracts.actions.agreements import sign_agreement
from contracts.models import Agreement, Signature
from tests.cast import actor_of, ident
from tests.scenarios import sign, signable_agreement

SignIn = Callable[[str], Client]


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(autouse=True)
def _one_key(settings: Any, _plain_settings: None, var_dir: Path) -> None:
    settings.VAR_DIR = var_dir


@pytest.fixture
def agreement(committed: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agreement]:
    """One that waits for both signatures; drawing it is another test's matter."""
    monkeypatch.setattr(documents, "render_ipa", lambda *given, **named: b"%PDF-1.7 drawn")
    yield signable_agreement("birch-house")


def machine_of(who: str, *permissions: str) -> Actor:
    """An API client owned by that person."""
    owner = actor_of(who)
    return replace(
        owner,
        name=f"Case system (API client of {owner.name})",
        permissions=frozenset(permissions or ("agreement.view", f"agreement.sign_{owner.kind}")),
        client_id=uuid4(),
        client_name="Case system",
    )


def allow(slug: str, is_on: bool = True) -> None:
    """The organisation's administrator sets it."""
    actor = actor_of({"harrow": "adam", "birch": "bob"}[slug])
    with acting(actor):
        row = Organisation.objects.get(slug=slug)
        kept = {
            name: getattr(row, name)
            for name in ("name_cy", "colour", "contact_email", "contact_phone", "out_of_hours_phone", "address")
        }
        actions.change_organisation(actor, **kept, machine_signing=is_on)


def press(actor: Actor, agreement: Agreement, **changes: Any) -> Signature:
    with acting(actor):
        given = {"agreement_id": agreement.pk, "terms_hash": agreement.terms_hash, "role": "Head of placements"}
        return sign_agreement(actor, **{**given, **changes})


def test_it_is_off_until_the_organisation_turns_it_on(agreement: Agreement) -> None:
    machine = machine_of("tessa")
    with pytest.raises(NotNow) as refusal:
        press(machine, agreement)
    assert refusal.value.code == "machine_signing_off"
    allow("birch")
    with pytest.raises(NotNow):
        press(machine, agreement)
    allow("harrow")
    press(machine, agreement)
    allow("birch", is_on=False)
    with pytest.raises(NotNow):
        press(machine_of("bob"), agreement)


def test_the_evidence_names_the_client_and_its_owner(agreement: Agreement) -> None:
    allow("harrow")
    machine = machine_of("tessa")
    signature = press(machine, agreement)
    assert (signature.name, signature.client_name) == ("Tessa Manager", "Case system")
    assert (signature.client_id, signature.user_id) == (machine.client_id, ident("user tessa"))
    assert (signature.method, signature.proved_at) == ("api_client", signature.at)
    with acting(actor_of("adam")):
        entry = Entry.objects.get(kind="agreement.signed")
    assert entry.data["client"] == str(machine.client_id)
    assert entry.data["client_name"] == "Case system"


def test_a_machine_keeps_every_other_rule(agreement: Agreement) -> None:
    allow("harrow")
    with pytest.raises(NotPermitted):
        press(machine_of("tessa", "agreement.view"), agreement)
    for code, changes in (("terms_changed", {"terms_hash": "0" * 64}), ("role_missing", {"role": " "})):
        with pytest.raises(RuleBroken) as refusal:
            press(machine_of("tessa"), agreement, **changes)
        assert refusal.value.code == code
    press(machine_of("tessa"), agreement)
    with pytest.raises(NotNow) as twice:
        press(machine_of("tessa"), agreement)
    assert twice.value.code == "already_signed"


def test_no_client_and_no_owner_signs_for_both_sides(agreement: Agreement) -> None:
    allow("harrow")
    allow("birch")
    ours = machine_of("tessa")
    press(ours, agreement)
    theirs = machine_of("bob")
    for same in (replace(theirs, user_id=ours.user_id), replace(theirs, client_id=ours.client_id)):
        with pytest.raises(NotNow) as refusal:
            press(same, agreement)
        assert refusal.value.code == "signed_other_side"
    press(theirs, agreement)


def test_an_owner_who_left_signs_nothing(agreement: Agreement) -> None:
    allow("harrow")
    with pytest.raises(NotPermitted):
        press(replace(machine_of("tessa"), user_id=uuid4()), agreement)


def test_a_person_still_proves_who_they_are(agreement: Agreement) -> None:
    allow("harrow")
    with pytest.raises(RuleBroken) as refusal:
        press(actor_of("tessa"), agreement)
    assert refusal.value.code == "proof_too_old"


def test_the_page_and_the_document_say_so(committed: str, sign_in: SignIn) -> None:
    from pypdf import PdfReader

    agreement = signable_agreement("birch-house")
    allow("harrow")
    press(machine_of("tessa"), agreement)
    page = sign_in("oscar").get(f"/o/harrow/agreements/{agreement.reference}/").content.decode()
    assert "Signed by Case system (an API client), owned by Tessa Manager, Head of placements" in page
    sign(agreement, who="bob")
    outbox.drain("documents")
    with acting(actor_of("oscar")):
        agreement.refresh_from_db()
    assert agreement.status == "sealed"
    with default_storage.open(agreement.sealed_file) as pdf:
        text = " ".join("".join(sheet.extract_text() for sheet in PdfReader(pdf).pages).split())
    assert "Case system (an API client), owned by Tessa Manager" in text
    assert "API client with its own secret" in text


def test_the_agreement_prints_the_position_of_whoever_chose(agreement: Agreement) -> None:
    assert agreement.terms["authority"]["contact"]["role"] == "Placement officer"


def test_a_job_title_goes_before_the_role(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "render_ipa", lambda *given, **named: b"%PDF-1.7 drawn")
    adam = actor_of("adam")
    with acting(adam):
        oscar = actions.Membership.objects.get(user_id=ident("user oscar"))
        actions.change_membership(
            adam, membership_id=oscar.pk, roles=oscar.roles, weekly_limit=oscar.weekly_limit, job_title="Brokerage lead"
        )
    assert signable_agreement("birch-house").terms["authority"]["contact"]["role"] == "Brokerage lead"


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "slug"), [("adam", "harrow"), ("bob", "birch")])
def test_the_administrator_turns_it_on_and_the_trail_tells(sign_in: SignIn, who: str, slug: str) -> None:
    browser, path = sign_in(who), f"/o/{slug}/organisation/"
    assert "Our API clients may sign agreements for us" in browser.get(path).content.decode()
    for answer, is_on in (({"machine_signing": "on"}, True), ({}, False)):
        sent = {"colour": "#00563f", "name_cy": "", "contact_email": "", "contact_phone": "", "address": "", **answer}
        assert browser.post(path, {**sent, "out_of_hours_phone": ""}).status_code == 302
        with acting(actor_of(who)):
            assert Organisation.objects.get(slug=slug).machine_signing is is_on
            entries = Entry.objects.filter(kind="organisation.machine_signing_changed")
            assert [entry.data["is_on"] for entry in entries.order_by("-at")][0] is is_on


@pytest.mark.django_db
def test_a_central_team_signs_nothing_and_has_no_such_setting(sign_in: SignIn) -> None:
    page = sign_in("carol").get("/o/west-london-central/organisation/").content.decode()
    assert "Our API clients" not in page
