"""Appeals: the provider's view of a measure, and the central team's answer by somebody else than its proposer."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import need_text
from dpv.actions.measures import held_measure
from dpv.measure_notices import to_central, to_provider
from dpv.measure_texts import require_tellable
from dpv.models import MeasureAppeal


@transaction.atomic
def appeal_measure(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> MeasureAppeal:
    """Give the provider's view of a measure that holds. It stays on record; the measure holds until it is lifted.

    Refused when: the measure does not hold, or an appeal waits for its answer (NotNow); no text, one that is too long
    or tells who a person is (`names_a_person`).
    """
    actor.require("measure.appeal")
    if not actor.is_provider:
        raise Http404("Not the provider.")
    measure = held_measure(reference)
    if not measure.is_standing:
        raise NotNow("measure_not_now", _("This measure does not hold any more"))
    if measure.appeals.filter(answered_at__isnull=True).exists():
        raise NotNow("appeal_open", _("Your appeal waits for its answer"))
    need_text(text, field="text", message=_("Say what you think of the measure"))
    require_tellable(text, "text", provider_id=measure.provider_id, is_checked=is_checked)
    appeal = MeasureAppeal(
        region_id=measure.region_id,
        provider_id=measure.provider_id,
        measure=measure,
        text=text.strip(),
        by_user_id=actor.user_id,
        by_name=actor.name[:120],
        at=database_now(),
    )
    appeal.save(force_insert=True)
    record(
        "measure.appealed",
        subject=measure,
        actor=actor,
        data={"appeal": str(appeal.pk)},
        notify=[to_central("dpv.measure_appealed", measure)],
    )
    return appeal


@transaction.atomic
def answer_appeal(
    actor: Actor, *, reference: str, outcome: str, answer: str, is_checked: bool = False
) -> MeasureAppeal:
    """Answer the provider's open appeal. An upheld one changes nothing by itself: lifting is proposed and decided.

    Refused when: no appeal waits (NotNow); the actor proposed the measure (`second_person_needed`); no outcome, no
    answer, or one that is too long or tells who a person is (`names_a_person`).
    """
    actor.require("measure.confirm")
    measure = held_measure(reference)
    appeal = measure.appeals.filter(answered_at__isnull=True).first()
    if appeal is None:
        raise NotNow("no_appeal", _("No appeal waits for an answer"))
    if measure.is_proposed_by(actor):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever proposed the measure answers"), None)
    if outcome not in MeasureAppeal.Outcome.values:
        raise RuleBroken("outcome_missing", _("Choose what follows from the appeal"), "outcome")
    need_text(answer, field="answer", message=_("Enter the answer"))
    require_tellable(answer, "answer", provider_id=measure.provider_id, is_checked=is_checked)
    appeal.outcome, appeal.answer = outcome, answer.strip()
    appeal.answered_by_user_id, appeal.answered_by_name = actor.user_id, actor.name[:120]
    appeal.answered_at = database_now()
    appeal.save(update_fields=["outcome", "answer", "answered_by_user_id", "answered_by_name", "answered_at"])
    record(
        "measure.answered",
        subject=measure,
        actor=actor,
        data={"appeal": str(appeal.pk), "outcome": outcome},
        notify=[to_provider("dpv.measure_answered", measure)],
    )
    return appeal
