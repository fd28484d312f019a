"""Questions of providers and their answers. The answer goes to everyone invited and never says who asked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.texts import LONGEST_REASON
from placements.actions.releases import invited_providers, rewrite_releases, tell_providers
from placements.actions.running import check_note
from placements.models import Clarification, Referral, Release
from providers.models import CarerHousehold, Establishment

#: Unanswered questions one provider may have about one referral, and questions within an hour.
MOST_UNANSWERED = 10
MOST_AN_HOUR = 10


@transaction.atomic
def ask_clarification(actor: Actor, *, release: Release | UUID, question: str) -> Clarification:
    """A provider asks about a referral that is open to it; the authority's officers are told.

    The same question twice is one. Refused after closing time (NotNow, `closed`); empty or too long; too many at once
    (`too_many_questions`).
    """
    actor.require("offer.write", "offer.decline")
    release_id = release if isinstance(release, UUID) else release.pk
    asked = Release.objects.filter(pk=release_id).first()
    if asked is None:
        raise Http404
    locks.hold(referrals=[asked.referral_id])
    asked.refresh_from_db()
    now = database_now()
    if not asked.is_open_for_offers(now):
        raise NotNow("closed", _("Questions can be asked until the closing time only"))
    text = _text(question, "question", _("Enter your question"))
    own = list(Clarification.objects.filter(release=asked))
    for earlier in own:
        if earlier.question == text:
            return earlier
    recent = [earlier for earlier in own if earlier.asked_at > now - dt.timedelta(hours=1)]
    waiting = [earlier for earlier in own if earlier.answered_at is None]
    if len(recent) >= MOST_AN_HOUR or len(waiting) >= MOST_UNANSWERED:
        raise RuleBroken("too_many_questions", _("Wait for answers to your questions before you ask more"), "question")
    clarification = Clarification(
        authority_id=asked.authority_id,
        provider_id=asked.provider_id,
        referral_id=asked.referral_id,
        release=asked,
        question=text,
        asked_by_name=actor.name,
        asked_at=now,
    )
    clarification.save(force_insert=True)
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=asked.authority_id)
    record(
        "clarification.asked",
        subject=clarification,
        actor=actor,
        reference=asked.reference,
        notify=[
            Notice(
                "placements.question_asked",
                asked.authority_id,
                asked.reference,
                f"/o/{slug}/referrals/{asked.reference}/questions/",
                permissions=("referral.answer",),
                category=asked.category,
            )
        ],
    )
    return clarification


@transaction.atomic
def answer_clarification(
    actor: Actor, *, clarification_id: UUID, published_question: str, answer: str
) -> Clarification:
    """Answer to everyone invited. The officer may reword the question so that it does not tell who asked.

    Refused when the referral does not run (NotNow); when it was answered already (NotNow, `answered`); when a text is
    empty, tells who the person is (`discloses`), or names the provider that asked (`names_provider`).
    """
    actor.require("referral.answer")
    clarification = Clarification.objects.filter(pk=clarification_id).first()
    if clarification is None:
        raise Http404
    locks.hold(referrals=[clarification.referral_id])
    clarification.refresh_from_db()
    referral = Referral.objects.select_related("person", "authority").get(pk=clarification.referral_id)
    if referral.status != "published":
        raise NotNow("referral_over", _("This referral is no longer open"))
    if clarification.answered_at is not None:
        raise NotNow("answered", _("This question has been answered already"))
    shown = _text(published_question, "published_question", _("Enter the question as everyone will see it"))
    text = _text(answer, "answer", _("Enter an answer"))
    names = list(_names_of(clarification.provider_id))
    for value, field in ((shown, "published_question"), (text, "answer")):
        check_note(referral, value, field=field)
        _check_asker_unnamed(names, value, field)
    now = database_now()
    clarification.published_question = shown
    clarification.answer = text
    clarification.answered_by_name = actor.name
    clarification.answered_at = now
    clarification.save(update_fields=["published_question", "answer", "answered_by_name", "answered_at"])
    rewrite_releases(referral, now=now)
    record(
        "clarification.answered",
        subject=referral,
        actor=actor,
        data={"clarification": str(clarification.pk), "reworded": shown != clarification.question},
        notify=tell_providers("placements.question_answered", referral, invited_providers(referral)),
    )
    return clarification


def _text(value: str, field: str, empty: object) -> str:
    text = value.replace("\r\n", "\n").strip()
    if not text:
        raise RuleBroken("text_missing", str(empty), field)
    if len(text) > LONGEST_REASON or "\x00" in text:
        raise RuleBroken("text_too_long", _("Use 2,000 characters or fewer"), field)
    return text


def _check_asker_unnamed(names: Iterable[str], text: str, field: str) -> None:
    words = _squeezed(text)
    for name in names:
        if len(name) > 3 and f" {name} " in f" {words} ":
            raise RuleBroken("names_provider", _("This names the provider that asked. Take the name out."), field)


def _names_of(provider_id: UUID) -> Iterable[str]:
    """How the provider and its places may be written: whole names, and the organisation's without its legal form."""
    organisation = Organisation.objects.values_list("name", flat=True).get(pk=provider_id)
    whole = _squeezed(organisation)
    yield whole
    yield re.sub(r" (ltd|limited|llp|plc|cio|cic)$", "", whole)
    for name in Establishment.objects.filter(provider_id=provider_id).values_list("name", flat=True):
        yield _squeezed(name)
    for code in CarerHousehold.objects.filter(provider_id=provider_id).values_list("code", flat=True):
        yield _squeezed(code)


def _squeezed(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
