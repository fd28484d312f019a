"""A repeated write has one effect: eight at once over two web processes, after a crash in the transaction or between
commit and answer, with PostgreSQL cut off; and the same key with another body is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

import httpx
from django.db import connections

from brokerage.core.api import idempotency
from tests import scenarios
from tests.api.clients import Machine, client_of
from tests.cast import TODAY
from tests.faults.dying import ANSWERED, KEPT
from tests.faults.harness import until
from tests.faults.installation import Installation, installation, sent
from tests.proofs.play import Play
from tests.proofs.racing import at_once, both_pass

AT_ONCE = 8
CUT_OFF = "database cut off"
REFERRALS = "SELECT count(*) FROM placements_referral"


def prove(play: Play) -> None:
    """Referrals, awards and offers, each in every kind of trouble; then the twin."""
    with installation(play.place, web=True, workers=False) as site:
        council, provider = client_of("oscar"), client_of("bob")
        troubles = ("eight at once", KEPT, ANSWERED, CUT_OFF)
        # The first rounds play every trouble and every write; all of them, each with each.
        pairs = [
            (trouble, WRITES[(turn + number) % len(WRITES)])
            for turn in range(len(WRITES))
            for number, trouble in enumerate(troubles)
        ]
        for number in play.rounds(len(pairs), share=0.85, least=len(pairs) // 2):
            connections.close_all()
            site.ask("UPDATE providers_occupancy SET places = taken + 2")
            trouble, write = pairs[number % len(pairs)]
            path, body, effects = write()
            machine = provider if path.startswith("/offers") else council
            _repeat(play, site, trouble, machine, path, body, effects)
        play.note(f"{min(number + 1, len(pairs))} of {len(pairs)} pairs of a write and a trouble were played")
        _twin(play, site)


def new_referral() -> dict[str, Any]:
    """A draft for somebody new."""
    return {
        "category": "residential",
        "urgency": "planned",
        "new_person": {
            "case_number": f"C-{uuid4().hex[:8]}",
            "given_name": "Zachariah",
            "family_name": "Quillfeather",
            "date_of_birth": f"{TODAY.year - 14}-01-01",
            "sex": "male",
            "home_postcode": "HA1 2AA",
        },
    }


def _refer() -> Write:
    return "/referrals", new_referral(), REFERRALS


def _award() -> Write:
    _story, (chosen,) = scenarios.chosen("birch-house")
    award = {"offer_id": str(chosen.pk), "reason_code": "only_offer", "reason": "It answers every need of his."}
    return "/awards", award, f"SELECT count(*) FROM contracts_agreement WHERE referral_id = '{chosen.referral_id}'"


def _submit() -> Write:
    draft = scenarios.drafted_offer(home="birch-house")
    submitted = f"SELECT count(*) FROM audit_entry WHERE kind = 'offer.submitted' AND subject_id = '{draft.pk}'"
    return f"/offers/{draft.pk}/submit", {}, submitted


#: Where it is sent, what, and how its effects are counted.
Write = tuple[str, dict[str, Any], str]
WRITES: tuple[Callable[[], Write], ...] = (_refer, _award, _submit)


def _repeat(
    play: Play, site: Installation, trouble: str, machine: Machine, path: str, body: dict[str, Any], effects: str
) -> None:
    before, key = site.number(effects), uuid4().hex
    once = partial(sent, site, machine.token, path, body, key)
    if trouble in (KEPT, ANSWERED):
        site.die_when(trouble)
    if trouble == CUT_OFF:
        cut = partial(site.cut_at_work, play.random.random() / 20)
        answers = at_once(*[once] * 3, cut, may_raise=(Exception,))
        effect = sum(each for each in answers if isinstance(each, int))
    else:
        effect = 1
        answers = at_once(*[once] * (AT_ONCE if trouble == "eight at once" else 2), may_raise=(Exception,))
    if trouble in (KEPT, ANSWERED):
        until(site.somebody_died, "a web process dies")
    answers = [*[each for each in answers if not isinstance(each, int)], *at_once(once, may_raise=(Exception,))]
    play.outcome.cases += len(answers)
    if effect:
        play.outcome.faults[f"{trouble} repeats"] += effect
    else:
        play.say(f"nobody was at work when the {trouble}")
    what = f"{path}, {trouble}"
    statuses = Counter(getattr(answer, "status_code", repr(answer)) for answer in answers)
    if set(statuses) not in ({201}, {200}):
        play.violated(f"{what}: answers {dict(statuses)}: {[getattr(each, 'text', '')[:200] for each in answers]}")
        return
    play.require(len({answer.content for answer in answers}) == 1, f"{what}: the answers differ")
    play.require(site.number(effects) - before == 1, f"{what}: {site.number(effects) - before} effects")
    other = httpx.post(
        f"{site.address}/api/v1{path}",
        json={**body, "other": "body"},
        headers={"Authorization": f"Bearer {machine.token}", "Idempotency-Key": key},
        timeout=30,
    )
    play.outcome.cases += 1
    is_refused = other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    play.require(is_refused, f"{what}: another body was answered {other.status_code}: {other.text[:300]}")
    play.require(site.number(effects) - before == 1, f"{what}: another body had an effect")


def _twin(play: Play, site: Installation) -> None:
    """Without the lock of the key, and the index behind it, two at once have two effects."""
    connections.close_all()  # The last round may have cut them off.
    site.ask("ALTER TABLE api_keptanswer DROP CONSTRAINT answer_kept_once")
    machine, key, body = client_of("oscar"), uuid4().hex, new_referral()
    before = site.number(REFERRALS)

    def post(word: str) -> Any:
        own = Machine(machine.token, machine.client_id)
        # The same words for the check, and nobody's case number twice.
        return own.post("/referrals", {**body, "new_person": {**body["new_person"], "case_number": word}}, key=key)

    with (
        mock.patch.object(idempotency, "hold_name", lambda _name: None),
        mock.patch.object(idempotency, "fingerprint_of", lambda _request: "the same"),
        both_pass(idempotency, "recall"),
    ):
        answers = at_once(partial(post, "C-1"), partial(post, "C-2"))
    both = {answer.status_code for answer in answers} == {201}
    play.twin("two at once without the key's lock", both and site.number(REFERRALS) - before == 2)
