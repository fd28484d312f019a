"""The agreement's document: drawn by a worker, drawn again and sealed, whatever is killed in between."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from pypdf import PdfReader

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.money import pounds
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.context import acting, worker
from contracts import acceptance, documents
from contracts.models import Agreement
from contracts.sealing import load_trusted_certificates, verify_pdf
from contracts.terms import read_terms
from placements.models import Placement
from tests.cast import actor_of
from tests.scenarios import awarded, sealed_agreement, sign, signable_agreement


class Killed(BaseException):
    """What a handler sees when its process dies: nothing catches it."""


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demonstration key for all: making it is slow."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(autouse=True)
def _one_key(settings: Any, _plain_settings: None, var_dir: Path) -> None:
    settings.VAR_DIR = var_dir


def _text(pdf: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).split())


def _stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def _due_at_once() -> None:
    """The lease of the dead worker has run out."""
    with worker():
        OutboxItem.objects.filter(done_at__isnull=True).update(leased_until=None)


def _agreement(who: str = "oscar") -> Agreement:
    with acting(actor_of(who)):
        return Agreement.objects.get()


def test_the_document_says_what_the_database_says(committed: str) -> None:
    _story, made = awarded()
    assert outbox.drain("documents") == 1
    with acting(actor_of("oscar")):
        agreement = Agreement.objects.get()
        placement = Placement.objects.get()
        offer = made.offer
        home = offer.establishment
    assert agreement.status == "awaiting_signatures" and agreement.rendered_at is not None
    pdf = _stored(agreement.unsealed_file)
    assert hashlib.sha256(pdf).hexdigest() == agreement.unsealed_sha256
    text = _text(pdf)
    for said in (
        agreement.reference,
        agreement.referral_reference,
        "Kestrel Quillfeather",
        home.name,
        home.urn,
        pounds(placement.weekly_total),
        pounds(offer.ceiling),
        day(placement.planned_start_on),
        "Birch Care Ltd",
        "Trained staff, weekly supervision, a written plan.",
    ):
        assert said in text, said


def test_both_sides_sign_and_the_sealed_document_is_genuine(committed: str) -> None:
    agreement = sealed_agreement()
    assert agreement.status == "sealed" and agreement.signed_at is not None and agreement.sealed_at is not None
    pdf = _stored(agreement.sealed_file)
    assert hashlib.sha256(pdf).hexdigest() == agreement.sealed_sha256
    trusted = load_trusted_certificates(os.environ, Path(settings.VAR_DIR))
    assert verify_pdf(pdf, trusted).is_genuine
    assert not verify_pdf(pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1) + b" ", trusted).is_genuine
    text = _text(pdf)
    assert "Tessa Manager" in text and "Bob Birch" in text
    with acting(actor_of("oscar")):
        kinds = list(Entry.objects.filter(kind__startswith="agreement").order_by("at").values_list("kind", flat=True))
    # The provider's signature stands in the provider's own chain.
    assert kinds == ["agreement.drawn_up", "agreement.rendered", "agreement.signed", "agreement.sealed"]


def test_the_provider_may_sign_first(committed: str) -> None:
    agreement = signable_agreement()
    sign(agreement, who="bob")
    assert _agreement().status == "part_signed"
    sign(agreement, who="sam")
    assert outbox.drain("documents") == 1
    assert _agreement().status == "sealed"


def test_a_drain_with_nothing_to_do_changes_nothing(committed: str) -> None:
    agreement = sealed_agreement()
    assert outbox.drain("documents") == 0
    assert _agreement().sealed_sha256 == agreement.sealed_sha256


@pytest.mark.parametrize("step", ["render_ipa", "_store", "record"])
def test_a_renderer_killed_between_award_and_document_is_replaced(
    committed: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    awarded()

    def die(*_given: Any, **_named: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(documents, step, die)
        with pytest.raises(Killed):
            outbox.drain("documents")
    assert _agreement().status == "drawn_up"
    assert outbox.drain("documents") == 0, "the dead worker still holds its lease"
    _due_at_once()
    assert outbox.drain("documents") == 1
    agreement = _agreement()
    assert agreement.status == "awaiting_signatures"
    assert hashlib.sha256(_stored(agreement.unsealed_file)).hexdigest() == agreement.unsealed_sha256


@pytest.mark.parametrize("step", ["render_ipa", "seal_pdf", "_store", "record"])
def test_a_sealer_killed_before_the_end_is_replaced(committed: str, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    agreement = signable_agreement()
    sign(agreement, who="tessa")
    sign(agreement, who="bob")

    def die(*_given: Any, **_named: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(documents, step, die)
        with pytest.raises(Killed):
            outbox.drain("documents")
    assert _agreement().status == "signed"
    _due_at_once()
    assert outbox.drain("documents") == 1
    sealed = _agreement()
    assert sealed.status == "sealed"
    assert hashlib.sha256(_stored(sealed.sealed_file)).hexdigest() == sealed.sealed_sha256


def test_a_renderer_killed_after_its_work_but_before_saying_so_does_it_once(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    awarded()

    def die(*_given: Any, **_named: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_mark", die)
        with pytest.raises(Killed):
            outbox.drain("documents")
    before = _agreement()
    assert before.status == "awaiting_signatures"
    _due_at_once()
    outbox.drain("documents")
    assert _agreement().rendered_at == before.rendered_at
    with acting(actor_of("oscar")):
        assert Entry.objects.filter(kind="agreement.rendered").count() == 1


def test_a_failing_renderer_is_tried_again_later(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    awarded()

    def fail(*_given: Any, **_named: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(documents, "render_ipa", fail)
        assert outbox.drain("documents") == 0
    with worker():
        item = OutboxItem.objects.get(kind="render_ipa")
        assert (item.attempts, item.last_error, item.done_at) == (1, "OSError", None)
        OutboxItem.objects.update(available_at=item.created_at)
    assert outbox.drain("documents") == 1


def test_an_agreement_cancelled_before_its_document_is_never_opened_for_signing(committed: str) -> None:
    _story, made = awarded()
    oscar = actor_of("oscar")
    with acting(oscar):
        acceptance.let_fall_through(oscar, award_id=made.pk, reason="No longer needed", because_of_provider=False)
    outbox.drain("documents")
    agreement = _agreement()
    assert agreement.status == "cancelled" and agreement.unsealed_file == ""


def test_identical_terms_give_identical_bytes(committed: str) -> None:
    agreement = signable_agreement()
    terms = read_terms(agreement.terms)
    assert documents.render_ipa(terms) == _stored(agreement.unsealed_file)
    assert terms.terms_hash() == agreement.terms_hash
