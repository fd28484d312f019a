"""Writing what providers read: a release for each provider, rewritten under the referral's lock.

`open_full_papers` is an act of its own; everything else here is a step of other actions, which hold the lock and have
checked the permission.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.tenants.models import Organisation
from placements.models import Clarification, Invitation, Referral, ReferralDocument, Release
from placements.projection import Paper, PersonFacts, ReferralFacts, listed_documents, stage_one, stage_two
from placements.queries.progress import releases_with_offer
from placements.questions import STAGE_ONE, STAGE_TWO
from placements.states import REFERRAL_RUNNING

#: States in which a provider reads the referral.
READABLE = (Release.State.OPEN, Release.State.WAITING, Release.State.WON)


def facts_of(referral: Referral) -> ReferralFacts:
    """The columns that everyone invited may know."""
    return ReferralFacts(
        category=referral.category,
        age=referral.age,
        sex=referral.sex,
        needs=tuple(referral.needs),
        outward=referral.outward,
        max_miles=referral.max_miles,
        needed_on=referral.needed_on,
        expected_weeks=referral.expected_weeks,
        planned_months=referral.planned_months,
        needs_solo=referral.needs_solo,
        single_sex_home=referral.single_sex_home,
    )


def write_releases(
    referral: Referral, *, provider_ids: Iterable[UUID], now: dt.datetime, is_first: bool = False
) -> dict[UUID, Release]:
    """A stage-one release for each provider that has none yet, open until the referral's closing time; a closed one
    opens again. Returns every release by provider. `is_first`: the referral was a draft, nobody has one."""
    found: dict[UUID, Release] = {}
    if not is_first:
        found = {release.provider_id: release for release in Release.objects.filter(referral=referral)}
    unread = [
        provider_id
        for provider_id in sorted(set(provider_ids))
        if provider_id not in found or found[provider_id].state == Release.State.CLOSED
    ]
    if not unread:
        return found
    content, documents, clarifications = _stage_one(referral)
    assert referral.closes_at is not None
    common: dict[str, Any] = {
        "closes_at": referral.closes_at,
        "is_sealed": referral.is_sealed,
        "content": content,
        "documents": documents,
        "clarifications": clarifications,
        "amendment_note": referral.amendment_note,
        "updated_at": now,
    }
    new: list[Release] = []
    again: list[Release] = []
    for provider_id in unread:
        if provider_id in found:
            again.append(found[provider_id])
        else:
            new.append(
                Release(
                    authority_id=referral.authority_id,
                    provider_id=provider_id,
                    referral=referral,
                    reference=referral.reference,
                    authority_name=referral.authority.name,
                    category=referral.category,
                    urgency=referral.urgency,
                    published_at=now,
                    **common,
                )
            )
    if again:
        opened = {**common, "state": Release.State.OPEN, "closed_at": None, "outcome_reason": ""}
        Release.objects.filter(pk__in=[release.pk for release in again]).update(**opened)
        for release in again:
            _assign(release, opened)
    Release.objects.bulk_create(new)
    return found | {release.provider_id: release for release in new}


def rewrite_releases(referral: Referral, *, now: dt.datetime, is_new_version: bool = False) -> None:
    """Bring every readable release in line with the referral, each at its own stage, in a statement for each stage;
    closed ones stay empty.

    `is_new_version` counts the version up: what the provider read has changed.
    """
    readable = Release.objects.filter(referral=referral, state__in=READABLE)
    for stage in sorted(set(readable.order_by().values_list("stage", flat=True).distinct())):
        content, documents, clarifications = (_stage_two if stage == STAGE_TWO else _stage_one)(referral)
        readable.filter(stage=stage).update(
            content=content,
            documents=documents,
            clarifications=clarifications,
            amendment_note=referral.amendment_note,
            urgency=referral.urgency,
            is_sealed=referral.is_sealed,
            closes_at=referral.closes_at,
            version=F("version") + int(is_new_version),
            updated_at=now,
        )


_READ = KeptQuery(
    lambda: (
        Release.objects.filter(referral_id=given("referral"), state__in=READABLE)
        .order_by("provider_id")
        .values_list("pk", "provider_id")
    )
)


def close_releases(
    referral: Referral,
    *,
    reason: str,
    winner_provider_id: UUID | None = None,
    reasons: Mapping[UUID, str] | None = None,
    provider_ids: Collection[UUID] | None = None,
) -> list[UUID]:
    """Empty the release of everyone but the winner, who gets the full papers, however many in one statement each.
    Returns whose were closed.

    `reasons` tells single providers something else than `reason`; `provider_ids` closes only those.
    """
    now = database_now()
    read = {
        provider_id: pk
        for pk, provider_id in _READ.tuples(referral=referral.pk)
        if provider_ids is None or provider_id in provider_ids
    }
    won = read.pop(winner_provider_id, None) if winner_provider_id else None
    if won:
        content, documents, clarifications = _stage_two(referral)
        Release.objects.filter(pk=won).update(
            state=Release.State.WON,
            stage=STAGE_TWO,
            content=content,
            documents=documents,
            clarifications=clarifications,
            updated_at=now,
        )
    if read:
        own = {provider_id: text for provider_id, text in (reasons or {}).items() if text and provider_id in read}
        Release.objects.filter(pk__in=list(read.values())).update(
            state=Release.State.CLOSED,
            stage=STAGE_ONE,
            content={},
            documents=[],
            clarifications=[],
            amendment_note="",
            outcome_reason=Case(
                *(When(provider_id=provider_id, then=Value(text)) for provider_id, text in own.items()),
                default=Value(str(reason)),
            ),
            closed_at=now,
            updated_at=now,
        )
    return list(read)


def pause_releases(referral: Referral) -> None:
    """An award waits for approval: everyone invited reads on, and nobody offers until it is decided."""
    Release.objects.filter(referral=referral, state=Release.State.OPEN).update(
        state=Release.State.WAITING, updated_at=database_now()
    )


def resume_releases(referral: Referral) -> None:
    """The award that waited came to nothing: offers may be made again, until the closing time."""
    Release.objects.filter(referral=referral, state=Release.State.WAITING).update(
        state=Release.State.OPEN, updated_at=database_now()
    )


def reopen_releases(referral: Referral, *, provider_ids: Collection[UUID]) -> None:
    """An award fell through: those whose offer stands read the referral again, at stage one."""
    content, documents, clarifications = _stage_one(referral)
    Release.objects.filter(
        referral=referral,
        provider_id__in=list(provider_ids),
        state__in=(Release.State.CLOSED, Release.State.WON),
    ).update(
        state=Release.State.OPEN,
        stage=STAGE_ONE,
        content=content,
        documents=documents,
        clarifications=clarifications,
        amendment_note=referral.amendment_note,
        closes_at=referral.closes_at,
        outcome_reason="",
        closed_at=None,
        updated_at=database_now(),
    )


def require_offer(referral: Referral, release: Release) -> None:
    """Raise NotNow (`nothing_offered`) where the provider has declined, withdrawn or never answered."""
    if release.pk not in releases_with_offer(referral):
        raise NotNow("nothing_offered", _("This provider has no offer standing: there is nobody to shortlist"))


@transaction.atomic
def open_full_papers(actor: Actor, *, release_id: UUID) -> Release:
    """Shortlist: let one invited provider read who the person is, the stage-two answers and every document.

    The caller has asked for a fresh proof of who the officer is. Refused when: the release is closed; the referral no
    longer runs; no offer of the provider stands. Doing it twice changes nothing. Raises Http404, NotNow
    (`release_closed`, `referral_over`, `nothing_offered`).
    """
    actor.require("referral.disclose")
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise Http404
    locks.hold(referrals=[release.referral_id])
    release.refresh_from_db()
    referral = Referral.objects.select_related("authority").get(pk=release.referral_id)
    if referral.status not in REFERRAL_RUNNING:
        raise NotNow("referral_over", _("This referral no longer runs"))
    if release.state == Release.State.CLOSED:
        raise NotNow("release_closed", _("This provider no longer takes part"))
    if release.stage == STAGE_TWO:
        return release
    require_offer(referral, release)
    content, documents, clarifications = _stage_two(referral)
    _assign(
        release,
        {
            "stage": STAGE_TWO,
            "content": content,
            "documents": documents,
            "clarifications": clarifications,
            "updated_at": database_now(),
        },
    )
    release.save()
    record(
        "release.full_papers_opened",
        subject=release,
        actor=actor,
        reference=referral.reference,
        data={"provider": str(release.provider_id), "documents": len(documents)},
        notify=tell_providers("placements.full_papers", referral, [release.provider_id]),
    )
    return release


def tell_providers(template: str, referral: Referral, provider_ids: Iterable[UUID]) -> list[Notice]:
    """A notice to each provider's people who read the inbox, with a link to the referral there."""
    return tell_each(referral, [(template, provider_id) for provider_id in sorted(set(provider_ids))])


def tell_each(referral: Referral, told: Sequence[tuple[str, UUID]]) -> list[Notice]:
    """A notice for each (template, provider), in that order, to the people who read the provider's inbox."""
    slugs = dict(Organisation.objects.filter(pk__in={each for _name, each in told}).values_list("pk", "slug"))
    return [
        Notice(
            template,
            provider_id,
            referral.reference,
            f"/o/{slugs[provider_id]}/inbox/{referral.reference}/",
            permissions=("inbox.view",),
        )
        for template, provider_id in told
        if provider_id in slugs
    ]


def invited_providers(referral: Referral) -> list[UUID]:
    """Providers with an invitation that was not withdrawn."""
    rows = Invitation.objects.filter(referral=referral).exclude(status="withdrawn")
    return sorted(set(rows.values_list("provider_id", flat=True)))


_ANSWERED = KeptQuery(
    lambda: Clarification.objects.filter(referral_id=given("referral"), answered_at__isnull=False).order_by(
        "answered_at", "id"
    )
)
_PAPERS = KeptQuery(lambda: ReferralDocument.objects.filter(referral_id=given("referral"), removed_at__isnull=True))


def answered_questions(referral: Referral) -> list[dict[str, Any]]:
    """Questions with their answers, oldest answer first, without who asked."""
    return [
        {
            "question": row.published_question,
            "answer": row.answer,
            "answered_at": row.answered_at.isoformat() if row.answered_at else None,
        }
        for row in _ANSWERED.all(referral=referral.pk)
    ]


Written = tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]


def _stage_one(referral: Referral) -> Written:
    return (
        stage_one(facts_of(referral), referral.answers),
        listed_documents(_papers(referral), stage=STAGE_ONE),
        answered_questions(referral),
    )


def _stage_two(referral: Referral) -> Written:
    person = referral.person
    known = PersonFacts(person.full_name, person.known_as, person.date_of_birth) if person else None
    return (
        stage_two(facts_of(referral), referral.answers, known),
        listed_documents(_papers(referral), stage=STAGE_TWO),
        answered_questions(referral),
    )


def _papers(referral: Referral) -> list[Paper]:
    return [
        Paper(
            id=str(row.pk),
            kind=row.kind,
            kind_label=str(row.get_kind_display()),
            name=row.name,
            content_type=row.content_type,
            size=row.size,
            stored_name=row.stored_name,
            is_for_all_invited=row.is_for_all_invited,
        )
        for row in _PAPERS.all(referral=referral.pk)
    ]


def _assign(release: Release, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(release, name, value)
