"""Changing single answers of a draft, as another system does: only what is named changes, and what is wrong is refused.

A page saves its section as a whole and keeps what cannot be read (`referrals.save_section`); both store through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from brokerage.core import locks
from brokerage.core.clock import database_today
from brokerage.core.tenants.actors import Actor
from placements.actions.drafts import asked_section
from placements.actions.referrals import save_section
from placements.completeness import AS_TYPED
from placements.models import Referral
from placements.queries.referrals import referral_id_of, referral_of
from placements.questions.days import day_problems


@transaction.atomic
def change_answers(actor: Actor, *, reference: str, section: str, answers: Mapping[str, Any]) -> Referral:
    """Put the named answers (None empties one) into a section of a draft; the section is done once it lacks nothing.

    Refused when it is no draft any more (NotNow), an answer is none, or a day among them cannot be (RuleBroken on its
    name); Http404 for a section that this referral does not have.
    """
    actor.require("referral.draft")
    locks.hold(referrals=[referral_id_of(actor, reference)])
    referral = referral_of(actor, reference)
    typed = (referral.answers.get(AS_TYPED) or {}).get(section) or {}
    saved = save_section(
        actor,
        reference=reference,
        section=section,
        values=answers,
        unread={name: value for name, value in typed.items() if name not in answers},
        base_revision=referral.revision,
        finished=True,
    )
    given = saved.answers.get(section) or {}
    for problem in day_problems(asked_section(saved, section), saved.category, given, database_today()):
        if problem.field in answers:
            raise problem
    return saved
