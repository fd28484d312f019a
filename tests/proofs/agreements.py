"""An award always ends with exactly one agreement, and its PDF says what the database says: killed at every step
between the choice and the seal, and tried again.

The web process dies in the transaction and between commit and answer, the worker's child while it draws, stores,
records and marks. Clients repeat their request with the same key, as clients do.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pypdf
from django.db import connections

from brokerage.core.money import pounds
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from contracts.templatetags.ipa import day
from placements.models import Offer
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.cast import actor_of
from tests.faults.dying import ANSWERED, COMMITTED, DRAWN, KEPT, RECORDED, STORED, UNMARKED
from tests.faults.harness import WORKER, until
from tests.faults.installation import WEB, Installation, installation, sent
from tests.proofs.play import Play

WEB_POINTS, WORKER_POINTS = (KEPT, ANSWERED), (DRAWN, STORED, RECORDED, UNMARKED)
#: Step -> the points at which it dies. The road goes through every step in this order.
STEPS = {
    "accepting": WEB_POINTS,
    "drawing": WORKER_POINTS,
    "signing first": WEB_POINTS,
    "signing last": WEB_POINTS,
    "sealing": WORKER_POINTS,
}
WHOLE_WORKER = "whole worker"
#: What must be there once, by its kind in the audit trail; a signature for each side.
ONCE = {"award.made": 1, "award.confirmed": 1, "agreement.drawn_up": 1, "agreement.rendered": 1}
ONCE |= {"agreement.sealed": 1}


@dataclass
class Machines:
    """The systems of both sides."""

    council: Machine
    provider: Machine


def prove(play: Play) -> None:
    """One road for each step and point, then mixed ones; then the twin."""
    cases = [(step, point) for step, points in STEPS.items() for point in points] + [("drawing", WHOLE_WORKER)]
    play.random.shuffle(cases)
    with installation(play.place, web=True) as site:
        site.ask("UPDATE tenants_organisation SET machine_signing = true")
        machines = Machines(client_of("oscar"), client_of("bob"))
        for number in play.rounds(len(cases), share=0.9, least=len(cases) // 2):
            step, point = cases[number % len(cases)]
            connections.close_all()
            site.ask("UPDATE providers_occupancy SET places = taken + 2")
            try:
                agreement = _road(site, machines, step, point)
            except AssertionError as broken:
                play.violated(f"killed while {step}, {point}: {broken}")
                site.die_at.unlink(missing_ok=True)
                continue
            play.outcome.cases += 1
            play.outcome.faults[f"killed while {step}"] += 1
            for problem in problems(site, agreement):
                play.violated(f"killed while {step}, {point}: {problem}")
        play.note(f"{min(number + 1, len(cases))} of {len(cases)} points at which a process dies were played")
        _twin(play, site, machines)


def _road(site: Installation, machines: Machines, step: str, point: str) -> Agreement:
    """From a standing offer to a sealed agreement; somebody dies at the point of the step."""
    story, (offer,) = scenarios.chosen("birch-house")

    def begin(now: str) -> None:
        if now == step and point != WHOLE_WORKER:
            site.die_when(point)

    def ended(now: str) -> None:
        if now == step and point != WHOLE_WORKER:
            until(site.somebody_died, f"the process dies ({now}, {point})", otherwise=site.trouble)

    begin("accepting")
    # The child that draws may come by before this request is answered.
    if step == "drawing":
        begin("drawing")
    answer = sent(site, machines.council.token, "/awards", _award(offer), uuid4().hex)
    assert answer.status_code == 201, answer.text
    ended("accepting")
    if step == "drawing" and point == WHOLE_WORKER:
        site.kill(WORKER)
        site.start_worker()
    _wait(site, story.reference, "awaiting_signatures", died=lambda: ended("drawing"))
    agreement = _agreement(story.reference)
    for now, machine in (("signing first", machines.council), ("signing last", machines.provider)):
        begin(now)
        if now == "signing last" and step == "sealing":
            begin("sealing")
        body = {"terms_hash": agreement.terms_hash, "role": "Head of service"}
        answer = sent(site, machine.token, f"/agreements/{agreement.reference}/sign", body, uuid4().hex)
        assert answer.status_code == 200, answer.text
        ended(now)
    _wait(site, story.reference, "sealed", died=lambda: ended("sealing"))
    site.due_now()
    until(lambda: not _open_work(site), "no work is left", otherwise=site.trouble)
    return _agreement(story.reference)


def _wait(site: Installation, reference: str, status: str, died: Any) -> None:
    died()

    def there() -> bool:
        # The lease of a dead child runs out, sooner than in life.
        site.due_now() if site.somebody_died() else None
        row = site.ask("SELECT status FROM contracts_agreement WHERE referral_reference = %s", reference)
        return bool(row) and row[0][0] == status

    until(there, f"the agreement is {status}", otherwise=site.trouble)


def _open_work(site: Installation) -> int:
    return site.number(
        "SELECT count(*) FROM audit_outboxitem WHERE queue = 'documents' AND done_at IS NULL AND kind LIKE '%%_ipa'"
    )


def _agreement(reference: str) -> Agreement:
    with acting(actor_of("oscar")):
        return Agreement.objects.select_related("provider").get(referral_reference=reference)


def problems(site: Installation, agreement: Agreement) -> list[str]:
    """What is wrong with a finished road."""
    found = []
    for kind, times in ONCE.items():
        subject = agreement.award_id if kind.startswith("award") else agreement.pk
        written = site.number(
            "SELECT count(*) FROM audit_entry WHERE kind = %s AND subject_id = %s", kind, str(subject)
        )
        if written != times:
            found.append(f"{written} entries {kind}")
    if site.number("SELECT count(*) FROM contracts_signature WHERE agreement_id = %s", str(agreement.pk)) != 2:
        found.append("not two signatures")
    found += unagreed(site)
    stored = site.directory / "files" / agreement.sealed_file
    if not agreement.sealed_file or not stored.exists():
        return [*found, "its sealed file is not there"]
    pdf = stored.read_bytes()
    if hashlib.sha256(pdf).hexdigest() != agreement.sealed_sha256:
        found.append("its sealed file is not the one that was recorded")
    text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    found += [f"its document does not say {said}" for said in facts(site, agreement) if said not in text]
    return found


#: Of one agreement: the person, the home, the price before extras, and when it is expected to end.
_AGREED = """
SELECT person.given_name, person.family_name, home.name, offer.weekly_core, placement.expected_end_on
FROM contracts_agreement agreement
  JOIN placements_award award ON award.id = agreement.award_id
  JOIN placements_offer offer ON offer.id = award.offer_id
  JOIN placements_placement placement ON placement.id = agreement.placement_id
  JOIN placements_referral referral ON referral.id = agreement.referral_id
  JOIN placements_person person ON person.id = referral.person_id
  JOIN providers_establishment home ON home.id = placement.establishment_id
WHERE agreement.id = %s
"""


def facts(site: Installation, agreement: Agreement) -> list[str]:
    """What the rows say of it, as a document writes it."""
    said = [agreement.reference, agreement.referral_reference, agreement.provider.legal_name]
    said += [pounds(agreement.weekly_total), day(agreement.starts_on)]
    ((given, family, home, core, ends_on),) = site.ask(_AGREED, str(agreement.pk))
    said += [f"{given} {family}", home, pounds(core), *([day(ends_on)] if ends_on else [])]
    signed = "SELECT name, side FROM contracts_signature WHERE agreement_id = %s"
    return said + [name for name, _side in site.ask(signed, str(agreement.pk))]


def unagreed(site: Installation) -> list[str]:
    """Confirmed awards that have not exactly one live agreement."""
    rows = site.ask(
        "SELECT a.id, count(g.id) FROM placements_award a LEFT JOIN contracts_agreement g ON g.award_id = a.id"
        " AND g.status <> 'cancelled' WHERE a.status = 'confirmed' GROUP BY a.id HAVING count(g.id) <> 1"
    )
    return [f"award {award} has {count} agreements" for award, count in rows]


def _twin(play: Play, site: Installation, machines: Machines) -> None:
    """An agreement that is drawn up after the award's commit is missing when the process dies between, and stays so
    when the client tries again."""
    connections.close_all()
    site.ask("UPDATE providers_occupancy SET places = taken + 2")
    site.kill(WEB)
    site.more["AGREE_TOO_LATE"] = "1"
    site.start_web()
    _story, (offer,) = scenarios.chosen("birch-house")
    site.die_when(COMMITTED)
    answer = sent(site, machines.council.token, "/awards", _award(offer), uuid4().hex)
    until(site.somebody_died, "the process dies after its commit", otherwise=site.trouble)
    play.twin("the agreement left for after the commit", answer.status_code == 201 and bool(unagreed(site)))


def _award(offer: Offer) -> dict[str, str]:
    return {"offer_id": str(offer.pk), "reason_code": "only_offer", "reason": "It answers every need of his."}
