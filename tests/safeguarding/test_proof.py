"""Proof of delivery as a PDF: asked for, drawn by a worker, handed out to those who may see who was told."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable

import pytest
from django.db import Error, connection, transaction
from django.http import Http404
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.purge import purge_old_messages
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.models import AlertProof
from brokerage.safeguarding.proof import ask_for_proof, draw_proof, read_proof
from brokerage.safeguarding.proof_api import ProofOut
from brokerage.safeguarding.queries.alerts import Told, roster
from tests.api.answers import fits
from tests.api.clients import client_of
from tests.cast import actor_of
from tests.safeguarding.alerting import CANARY, answered, raised

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]


def test_what_is_proved_stays_proved() -> None:
    alert = raised(told_provider="")

    def told() -> list[Told]:
        with acting(actor_of("olive")):
            return roster(alert.reference)

    with worker():
        old = timezone.now() - dt.timedelta(days=400)
        Message.objects.filter(channel="in_app").update(seen_at=old, created_at=old)
        Message.objects.filter(channel="email").update(sent_at=old, created_at=old)
    before = told()
    purge_old_messages()
    assert told() == before and any(row.e_mails_sent for row in before)


def queued() -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind="render_alert_proof"))


def test_the_pdf_is_asked_for_drawn_and_handed_out(sign_in: SignIn) -> None:
    reference = raised().reference
    answered(reference, "edith")
    client = sign_in("olive")
    roster = f"/o/harrow/alerts/{reference}/who-was-told/"
    path = f"/o/harrow/alerts/{reference}/who-was-told.pdf"
    assert "Make a PDF" in client.get(roster).content.decode()
    assert client.get(path)["Location"] == roster, "there is none yet"
    assert "The PDF is being made." in client.post(path, follow=True).content.decode()
    client.post(path)
    (item,) = queued()
    for _twice in range(2):
        draw_proof(item)
    shown = client.get(roster).content.decode()
    assert "Download as PDF" in shown and "Make the PDF again" in shown
    file = client.get(path)
    content = b"".join(file.streaming_content)
    assert file["Content-Type"] == "application/pdf" and "attachment" in file["Content-Disposition"]
    pdf = PdfReader(io.BytesIO(content))
    text = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"] and f"Page 1 of {len(pdf.pages)}" in text
    for said in (reference, "Ealing", "Edith Ealing", "We visit today.", "Not answered", "Is in the region"):
        assert said in text, said
    assert CANARY not in text
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="alert.proof_read").count() == 1
    client.post(path)
    assert len(queued()) == 2, "asked again, it is drawn again"


@pytest.mark.parametrize("who", ["edith", "bob", "nia"])
def test_nobody_else_asks_for_it_or_reads_it(who: str) -> None:
    reference = raised(told_provider="Call us.").reference
    with acting(actor_of("olive")) as olive:
        ask_for_proof(olive, reference=reference)
    with acting(actor_of(who)) as actor:
        with pytest.raises(Http404):
            ask_for_proof(actor, reference=reference)
        with pytest.raises(Http404):
            read_proof(actor, reference=reference)
        if actor.is_authority:
            assert not AlertProof.objects.exists()
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO safeguarding_alertproof SELECT gen_random_uuid(), %s, %s, 'x', now(), NULL, '', 0, '', %s",
                [reference, "x", actor.organisation_id],
            )


def test_work_in_anothers_name_draws_nothing() -> None:
    reference = raised().reference
    with acting(actor_of("olive")) as olive:
        proof = ask_for_proof(olive, reference=reference)
    (item,) = queued()
    for other in ("edith", "bob"):
        wrong = OutboxItem(kind=item.kind, payload=item.payload, organisation_id=actor_of(other).organisation_id)
        draw_proof(wrong)
    with acting(actor_of("olive")):
        assert AlertProof.objects.get(pk=proof.pk).made_at is None


def test_through_the_api(sign_in: SignIn) -> None:
    reference = raised().reference
    answered(reference, "edith")
    path = f"/alerts/{reference}"
    harrow, central = client_of("olive"), client_of("carol")
    assert harrow.get(f"{path}/proof").status_code == 404, "nobody has asked yet"
    assert harrow.get(f"{path}/proof/document").status_code == 404
    asked = harrow.post(f"{path}/proof")
    assert asked.status_code == 202 and fits(ProofOut, asked.json())["made_at"] is None
    assert harrow.post(f"{path}/proof").json() == asked.json(), "one is being drawn"
    assert harrow.get(f"{path}/proof/document").status_code == 404, "it is not drawn yet"
    (item,) = queued()
    draw_proof(item)
    made = fits(ProofOut, harrow.get(f"{path}/proof").json())
    file = harrow.get(f"{path}/proof/document")
    content = b"".join(file.streaming_content)
    assert file["Content-Type"] == "application/pdf" and len(content) == made["size"]
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    with acting(actor_of("olive")):
        assert Entry.objects.filter(kind="alert.proof_read").count() == 1
    assert central.get(f"{path}/proof").status_code == 404, "each organisation has its own"
    lines = harrow.get(f"{path}/roster.csv")
    text = b"".join(lines.streaming_content)
    assert lines["Content-Type"] == "text/csv" and b"Ealing" in text and b"We visit today." in text
    assert text == sign_in("olive").get(f"/o/harrow/alerts/{reference}/who-was-told.csv").content


@pytest.mark.parametrize("who", ["edith", "bob", "nia"])
def test_nobody_else_has_it_from_the_api(who: str) -> None:
    reference = raised(told_provider="Call us.").reference
    other = client_of(who)
    for answer in (
        other.post(f"/alerts/{reference}/proof"),
        other.get(f"/alerts/{reference}/proof"),
        other.get(f"/alerts/{reference}/proof/document"),
        other.get(f"/alerts/{reference}/roster.csv"),
    ):
        assert answer.status_code == 404
