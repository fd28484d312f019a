"""Agreements through the API: both sides' view, terms as data, the PDF, signing by a machine, checking."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.api.clients import create_client
from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.actions import accept_invitation, invite_person, token_of
from brokerage.core.tenants.context import acting
from contracts.api import agreements as operations
from contracts.models import Agreement, Signature
from contracts.terms import read_terms
from tests.api.answers import assert_shaped
from tests.api.clients import Machine, client_of, token_for
from tests.api.test_awards import good, refused
from tests.cast import actor_of, ident
from tests.contracts.test_machine_signing import allow
from tests.scenarios import awarded, sign, signable_agreement


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(autouse=True)
def _one_key(settings: Any, _plain_settings: None, var_dir: Path) -> None:
    settings.VAR_DIR = var_dir


@pytest.fixture
def agreement(committed: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agreement]:
    """One that waits for both signatures; drawing it is another test's matter."""
    from contracts import ipa_pdf

    monkeypatch.setattr(ipa_pdf, "render_ipa", lambda *given, **named: b"%PDF-1.7 drawn")
    yield signable_agreement("birch-house")


def press(machine: Machine, agreement: Agreement, **changes: Any) -> Any:
    said = {"terms_hash": agreement.terms_hash, "role": "Head of placements", **changes}
    return machine.post(f"/agreements/{agreement.reference}/sign", said)


def test_both_sides_read_it_and_nobody_else(agreement: Agreement) -> None:
    path = f"/agreements/{agreement.reference}"
    for who in ("oscar", "bob"):
        machine = client_of(who)
        told = good(operations.get_agreement, machine.get(path))
        assert (told["status"], told["establishment_name"], told["signatures"]) == (
            "awaiting_signatures",
            "Birch House",
            [],
        )
        assert told["document"] == {"status": "working_copy", "sha256": agreement.unsealed_sha256}
        assert told["may_sign"] is True and told["terms_hash"] == agreement.terms_hash
        listed = good(operations.list_agreements, machine.get("/agreements", status="awaiting_signatures"))
        assert [row["reference"] for row in listed["items"]] == [agreement.reference]
        assert machine.get("/agreements", referral=agreement.referral_reference).json()["items"] == listed["items"]
        assert machine.get("/agreements", status="sealed").json()["items"] == []
    for who in ("edith", "alice"):
        machine = client_of(who)
        assert machine.get("/agreements").json()["items"] == []
        for end in ("", "/terms", "/document", "/verification"):
            refused(machine.get(path + end), 404, "not_found")
        refused(press(machine, agreement), 404, "not_found")
    refused(client_of("carol").get(path), 403, "missing_scope")


def test_the_terms_are_those_that_are_signed(agreement: Agreement) -> None:
    for who in ("oscar", "bob"):
        told = good(operations.get_agreement_terms, client_of(who).get(f"/agreements/{agreement.reference}/terms"))
        assert read_terms(told["terms"]).terms_hash() == told["terms_hash"] == agreement.terms_hash


def test_the_document_is_streamed_and_the_download_kept(agreement: Agreement) -> None:
    answer = client_of("bob").get(f"/agreements/{agreement.reference}/document")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert f"{agreement.reference}-v1.pdf" in answer["Content-Disposition"]
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == agreement.unsealed_sha256
    answer.close()
    with acting(actor_of("bob")):
        assert Entry.objects.filter(kind="agreement.downloaded").count() == 1


def test_signing_by_a_machine_needs_the_setting_and_the_scope(agreement: Agreement) -> None:
    refused(press(client_of("tessa"), agreement), 409, "machine_signing_off")
    allow("harrow")
    refused(press(client_of("tessa", scopes=["agreements:read"]), agreement), 403, "missing_scope")
    refused(press(client_of("bob"), agreement), 409, "machine_signing_off")
    machine = client_of("tessa")
    told = good(operations.sign_agreement_by_client, press(machine, agreement))
    assert told["status"] == "part_signed" and told["may_sign"] is False
    signature = told["signatures"][0]
    assert (signature["side"], signature["name"]) == ("authority", "Tessa Manager")
    assert signature["client_id"] == str(machine.client_id) and signature["client_name"].startswith("System ")
    assert (signature["method"], signature["role"]) == ("api_client", "Head of placements")
    refused(press(machine, agreement), 409, "already_signed")


def test_what_is_signed_must_be_what_was_read(agreement: Agreement) -> None:
    allow("birch")
    machine = client_of("bob")
    refused(press(machine, agreement, terms_hash="0" * 64), 422, "terms_changed", "terms_hash")
    refused(press(machine, agreement, role=" "), 422, "blank", "role")
    refused(press(machine, agreement, proved_at="now"), 422, "unknown_field", "proved_at")
    path = f"/agreements/{agreement.reference}"
    stale = machine.get(path)["ETag"]
    sign(agreement, who="tessa")
    said = {"terms_hash": agreement.terms_hash, "role": "Director"}
    refused(machine.send("POST", f"{path}/sign", said, **{"If-Match": stale}), 412, "edition_differs")
    fresh = machine.get(path)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert machine.send("POST", f"{path}/sign", said, **{"If-Match": fresh}).json()["status"] == "signed"
    locked = re.findall(r"'(admission|standing|referral):[0-9a-f-]{36}'", " ".join(one["sql"] for one in queries))
    assert locked[:3] == ["admission", "standing", "referral"]


def test_an_owner_of_clients_on_both_sides_signs_once(agreement: Agreement) -> None:
    allow("harrow")
    allow("birch")
    assert press(client_of("bob"), agreement).status_code == 200
    bob = ident("user bob")
    with acting(actor_of("adam")) as adam:
        asked = invite_person(adam, email="bob@example.org", name="Bob Birch", roles=["authority_signatory"])
    assert accept_invitation(token_of(asked.pk), bob) == "harrow"
    with acting(adam):
        client, _secret = create_client(adam, name="Ours", scopes=["agreements:sign"], owner_id=bob)
        assert client.oauth is not None
        granted = client.oauth.scopes
    refused(press(Machine(token_for(client.oauth_id, granted), client.pk), agreement), 409, "signed_other_side")


def test_one_key_signs_once(agreement: Agreement) -> None:
    allow("harrow")
    machine = client_of("tessa")
    said = {"terms_hash": agreement.terms_hash, "role": "Head of placements"}
    path = f"/agreements/{agreement.reference}/sign"
    assert machine.post(path, said, key="s-1").content == machine.post(path, said, key="s-1").content
    with acting(actor_of("oscar")):
        assert Signature.objects.count() == 1


def test_sealed_and_checked_from_end_to_end(committed: str) -> None:
    """With the real document."""
    agreement = signable_agreement("birch-house")
    allow("harrow")
    allow("birch")
    council, home = client_of("tessa"), client_of("bob")
    path = f"/agreements/{agreement.reference}"
    stored = good(operations.verify_stored_agreement, home.get(f"{path}/verification"))
    assert (stored["verdict"], stored["is_as_sealed"]) == ("not_sealed", False)
    press(council, agreement)
    assert press(home, agreement).json()["status"] == "signed"
    outbox.drain("documents")
    told = good(operations.get_agreement, council.get(path))
    assert told["status"] == "sealed" and told["document"]["status"] == "sealed"
    pdf = b"".join(council.get(f"{path}/document").streaming_content)
    assert hashlib.sha256(pdf).hexdigest() == told["document"]["sha256"]
    for machine in (council, home, client_of("alice")):
        checked = machine.upload("/agreements/verify", pdf, "application/pdf")
        assert good(operations.verify_document, checked)["verdict"] == "genuine"
    altered = bytearray(pdf)
    altered[200] ^= 1
    assert council.upload("/agreements/verify", bytes(altered)).json()["is_genuine"] is False
    assert council.upload("/agreements/verify", b"no PDF at all").json()["verdict"] == "unreadable"
    assert council.upload("/agreements/verify", b"").status_code == 422
    stored = good(operations.verify_stored_agreement, council.get(f"{path}/verification"))
    assert (stored["verdict"], stored["is_as_sealed"]) == ("genuine", True)
    assert stored["sha256"] == told["document"]["sha256"]


@pytest.mark.django_db
def test_a_document_not_yet_drawn_is_not_there() -> None:
    _story, made = awarded()
    machine = client_of("oscar")
    with acting(actor_of("oscar")):
        drawn_up = Agreement.objects.get(award_id=made.pk)
    path = f"/agreements/{drawn_up.reference}"
    told = good(operations.get_agreement, machine.get(path))
    assert told["document"] == {"status": "none", "sha256": None} and told["may_sign"] is False
    for end in ("/document", "/verification"):
        refused(machine.get(path + end), 404, "not_found")
    allow("harrow")
    refused(press(machine, drawn_up), 409, "agreement_not_now")


@pytest.mark.django_db
def test_the_reason_of_a_cancellation_is_the_councils_own() -> None:
    _story, made = awarded()
    council = client_of("oscar")
    said = {"reason": "The family changed its mind.", "because_of_provider": False}
    council.post(f"/awards/{made.pk}/fall-through", said)
    with acting(actor_of("oscar")):
        path = f"/agreements/{Agreement.objects.get(award_id=made.pk).reference}"
    assert good(operations.get_agreement, council.get(path))["cancel_reason"] == "The family changed its mind."
    told = good(operations.get_agreement, client_of("bob").get(path))
    assert told["status"] == "cancelled" and told["cancel_reason"] is None


@pytest.mark.django_db
def test_lists_cost_the_same_whatever_their_length() -> None:
    for _each in range(3):
        awarded("birch-house", "cedar-house")
    for machine in (client_of("oscar"), client_of("bob")):
        first = machine.get("/agreements", limit=2).json()
        rest = machine.get("/agreements", limit=2, cursor=first["next"]).json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
        counts = []
        for limit in (1, 3):
            with CaptureQueriesContext(connection) as queries:
                machine.get("/agreements", limit=limit)
            counts.append(len(queries))
        assert counts[0] == counts[1]
    for row in first["items"]:
        assert_shaped({"items": [row]}, operations.list_agreements)
