"""Agreements that somebody wants signed or sealed without the other side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, worker
from contracts import documents
from contracts.actions.agreements import sign_agreement
from contracts.models import Agreement, Signature
from tests.cast import actor_of
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


def _sign(actor: Actor, agreement: Agreement) -> None:
    with acting(actor):
        sign_agreement(
            actor,
            agreement_id=agreement.pk,
            terms_hash=agreement.terms_hash,
            role="Head of service",
            proved_at=database_now(),
            method="password",
        )


def _status(agreement: Agreement) -> str:
    with acting(actor_of("oscar")):
        return Agreement.objects.get(pk=agreement.pk).status


def test_one_person_never_signs_for_both_sides(agreement: Agreement) -> None:
    """Somebody may belong to a council and to a provider."""
    tessa, bob = actor_of("tessa"), actor_of("bob")
    _sign(tessa, agreement)
    with pytest.raises(NotNow) as refusal:
        _sign(replace(bob, user_id=tessa.user_id), agreement)
    assert refusal.value.code == "signed_other_side"
    assert _status(agreement) == "part_signed"


def test_two_clicks_at_once_sign_once(agreement: Agreement) -> None:
    outcomes: list[str] = []

    def click() -> None:
        try:
            _sign(actor_of("bob"), agreement)
            outcomes.append("signed")
        except NotNow as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_signed"] * 3 + ["signed"]
    with acting(actor_of("bob")):
        assert Signature.objects.count() == 1


def test_nothing_is_sealed_that_one_side_did_not_sign(agreement: Agreement, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(agreement, who="bob")
    # Even where the row says "signed" (a backup edited by hand), both signatures are counted again.
    monkeypatch.setattr(
        documents,
        "_read",
        lambda *given: Agreement(
            pk=agreement.pk,
            authority_id=agreement.authority_id,
            status="signed",
            signed_at=database_now(),
            terms=agreement.terms,
            terms_hash=agreement.terms_hash,
        ),
    )
    item = OutboxItem(organisation_id=agreement.authority_id, kind="seal_ipa", payload={"agreement": str(agreement.pk)})
    with pytest.raises(documents.NotSigned):
        documents.seal_agreement(item)
    assert _status(agreement) == "part_signed"


@pytest.mark.parametrize("kind", ["seal_ipa", "render_ipa"])
def test_another_organisation_has_nobodys_agreement_drawn_or_sealed(
    committed: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contracts import ipa_pdf

    drawn: list[Any] = []
    monkeypatch.setattr(ipa_pdf, "render_ipa", lambda *given, **named: drawn.append(given) or b"%PDF-1.7")
    _story, made = awarded("birch-house")
    with worker():
        OutboxItem.objects.all().delete()
    with acting(actor_of("oscar")):
        agreement = Agreement.objects.get(award_id=made.pk)
    for who in ("edith", "cecil", "alice"):
        with acting(actor_of(who)) as actor:
            payload = {"agreement": str(agreement.pk), "authority": str(agreement.authority_id)}
            enqueue(kind, queue="documents", actor=actor, payload=payload)
    outbox.drain("documents")
    assert not drawn and _status(agreement) == "drawn_up"


def test_an_agreement_that_does_not_exist_is_no_fault(committed: str) -> None:
    with acting(actor_of("bob")) as bob:
        for payload in ({"agreement": "no uuid"}, {}, {"agreement": None}):
            enqueue("seal_ipa", queue="documents", actor=bob, payload=payload)
    assert outbox.drain("documents") <= 3
    with worker():
        assert set(OutboxItem.objects.filter(kind="seal_ipa").values_list("organisation_id", flat=True)) == {
            bob.organisation_id
        }
