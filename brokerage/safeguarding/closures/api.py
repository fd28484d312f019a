"""Closures of homes through the API: those told of, announcing and changing one, and where each person goes next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import URLPattern, path

from brokerage.core.api.operations import Call, Created, Page, operation, resource
from brokerage.core.notifications.reading import mark_read_about
from brokerage.safeguarding.closures import queries
from brokerage.safeguarding.closures.actions.announcing import (
    ClosureFacts,
    announce_closure,
    close_home,
    reschedule_closure,
    withdraw_closure,
)
from brokerage.safeguarding.closures.actions.residents import record_next_home
from brokerage.safeguarding.closures.api_shapes import (
    AuthorityProgress,
    Closed,
    ClosureOut,
    ClosureQuery,
    ClosureRow,
    NewClosure,
    NewDay,
    NextHome,
    ResidentOut,
    ResidentRow,
    Withdrawal,
)
from brokerage.safeguarding.closures.models import ClosureRecipient, ClosureResident
from brokerage.safeguarding.closures.timeline import timeline_of
from brokerage.safeguarding.event_shapes import ClosureEventRow
from brokerage.safeguarding.events import oldest_first

_ROW = ("status", "about", "why", "closes_on", "closed_on")
_MORE = (
    *("provider_id", "establishment_id", "household_id", "explanation", "notice_on", "announced_at", "changed_at"),
    *("change_note", "closed_at", "completed_at", "withdrawn_at"),
)


@operation(scope="closures:read", query=ClosureQuery, answer=ClosureRow, paged=True)
def list_closures(call: Call) -> Page:
    """List closures.

    Those that your organisation was told of, the newest first.
    """
    call.actor.require("closure.view")
    rows = ClosureRecipient.objects.all()
    if "status" in call.query:
        rows = rows.filter(closure__status=call.query["status"])
    fields = {"reference": "reference", "reasons": "reasons", "told_at": "told_at"}
    return call.page(rows, by=("-told_at", "-id"), fields=fields | {name: f"closure__{name}" for name in _ROW})


@operation(scope="closures:read", answer=ClosureOut)
def get_closure(call: Call, reference: str) -> dict[str, Any]:
    """Read a closure."""
    call.actor.require("closure.view")
    told = _told(reference)
    mark_read_about(call.actor, reference=reference)
    return _out(told)


@operation(
    scope="closures:write",
    body=NewClosure,
    answer=ClosureRow,
    status=201,
    codes=(
        *("closure_running", "why_missing", "day_ahead", "closes_before_notice", "closes_too_far", "text_too_long"),
        *("names_a_person", "closed_already"),
    ),
)
def create_closure(call: Call) -> Created:
    """Announce a closure.

    A central team announces for anybody, a provider for itself. Every authority with somebody there, the central teams
    of the regions concerned and the provider are told at once.
    """
    closure = announce_closure(call.actor, facts=ClosureFacts(**call.body))
    return Created(_row(_told(closure.reference)), f"/closures/{closure.reference}")


@operation(
    scope="closures:write",
    body=NewDay,
    answer=ClosureRow,
    codes=(
        *("closure_not_now", "reason_missing", "closes_before_notice", "closes_too_far", "day_unchanged"),
        *("names_a_person", "text_too_long"),
    ),
)
def reschedule_announced_closure(call: Call, reference: str) -> dict[str, Any]:
    """Move the day of a closure.

    For the central teams concerned and whoever announced it; everybody is told again.
    """
    _told(reference)
    reschedule_closure(call.actor, reference=reference, **call.body)
    return _row(_told(reference))


@operation(
    scope="closures:write",
    body=Withdrawal,
    answer=ClosureRow,
    codes=("closure_not_now", "reason_missing", "names_a_person", "text_too_long"),
)
def withdraw_announced_closure(call: Call, reference: str) -> dict[str, Any]:
    """Withdraw a closure.

    It does not close after all: everybody is told, and nobody need move.
    """
    _told(reference)
    withdraw_closure(call.actor, reference=reference, **call.body)
    return _row(_told(reference))


@operation(
    scope="closures:write",
    body=Closed,
    answer=ClosureRow,
    codes=("closure_not_now", "day_ahead", "closed_before_open"),
)
def close_closing_home(call: Call, reference: str) -> dict[str, Any]:
    """Record that it has closed.

    For a central team whose client’s owner keeps the register, which says so from that day on. The closure is complete
    once nobody is left to move.
    """
    _told(reference)
    close_home(call.actor, reference=reference, **call.body)
    return _row(_told(reference))


@operation(scope="closures:read", answer=AuthorityProgress, paged=True)
def list_closure_progress(call: Call, reference: str) -> Page:
    """List how far each authority is.

    For the central teams that were told: numbers of people, never who they are. All of them on one page.
    """
    call.actor.require("closure.view")
    _told(reference)
    lines = queries.progress(reference) if call.actor.is_central else []
    return call.rows(
        [
            {
                "organisation": line.organisation_name,
                "people_count": line.people,
                "not_started_count": line.not_started,
                "looking_count": line.looking,
                "found_count": line.found,
                "ended_count": line.ended,
                "told_at": line.told_at,
                "seen_at": line.seen_at,
                "changed_at": line.last_change_at,
                "reminders_count": line.reminded,
            }
            for line in lines
        ]
    )


@operation(scope="closures:read", answer=ResidentOut, paged=True)
def list_closure_residents(call: Call, reference: str) -> Page:
    """List your people there.

    Your own placements that the closure ends, and where each goes next; nobody else reads them. All on one page.
    """
    call.actor.require("closure.view")
    told = _told(reference)
    if not call.actor.is_authority:
        return call.rows([])
    return call.rows([_resident(row) for row in queries.residents_of(told.closure)])


@operation(scope="closures:read", answer=ClosureEventRow, paged=True)
def list_closure_timeline(call: Call, reference: str) -> Page:
    """List what has happened about a closure.

    The oldest first. An authority reads the steps of its own people too, by the references of their placements; a
    central team how many authorities were told.
    """
    call.actor.require("closure.view")
    told = _told(reference)
    residents = queries.residents_of(told.closure) if call.actor.is_authority else []
    lines = queries.progress(reference) if call.actor.is_central else []
    return call.rows(oldest_first(timeline_of(told, residents, lines)))


@operation(
    scope="closures:write",
    body=NextHome,
    answer=ResidentRow,
    codes=(
        *("closure_over", "resident_not_now", "status_missing", "referral_unknown", "placement_unknown"),
        *("placement_missing", "note_missing", "ended_on_missing", "day_ahead"),
    ),
)
def record_resident_next_home(call: Call, reference: str, resident: UUID) -> dict[str, Any]:
    """Record where one of your people goes next.

    Looking, found, moved, gone home or ended another way. `referral` and `placement` are your own, of the same person.
    """
    told = _told(reference)
    if (
        not call.actor.is_authority
        or not ClosureResident.objects.filter(pk=resident, closure_id=told.closure_id).exists()
    ):
        raise Http404
    return _resident_row(record_next_home(call.actor, resident_id=resident, **call.body))


def _told(reference: str) -> ClosureRecipient:
    return queries.told_closure(reference)


def _row(told: ClosureRecipient) -> dict[str, Any]:
    return {
        "reference": told.reference,
        "reasons": list(told.reasons),
        "told_at": told.told_at,
        **{name: getattr(told.closure, name) for name in _ROW},
    }


def _out(told: ClosureRecipient) -> dict[str, Any]:
    closure = told.closure
    more = {name: getattr(closure, name) for name in _MORE}
    return {**_row(told), "announced_by": closure.announced_by_organisation, **more}


def _resident_row(row: ClosureResident) -> dict[str, Any]:
    return {
        "id": row.pk,
        "placement": row.placement_reference,
        "placement_id": row.placement_id,
        "status": row.status,
        "referral": row.referral_reference or None,
        "new_placement": row.new_placement_reference or None,
        "looking_at": row.looking_at,
        "found_at": row.found_at,
        "ended_on": row.ended_on,
        "changed_by": row.changed_by_name,
        "changed_at": row.changed_at,
    }


def _resident(row: ClosureResident) -> dict[str, Any]:
    return {**_resident_row(row), "note": row.note}


urlpatterns: list[URLPattern] = [
    path("closures", resource(get=list_closures, post=create_closure), name="closures"),
    path("closures/<str:reference>", resource(get=get_closure), name="closure"),
    path("closures/<str:reference>/reschedule", resource(post=reschedule_announced_closure), name="closure-reschedule"),
    path("closures/<str:reference>/withdraw", resource(post=withdraw_announced_closure), name="closure-withdraw"),
    path("closures/<str:reference>/close", resource(post=close_closing_home), name="closure-close"),
    path("closures/<str:reference>/progress", resource(get=list_closure_progress), name="closure-progress"),
    path("closures/<str:reference>/timeline", resource(get=list_closure_timeline), name="closure-timeline"),
    path("closures/<str:reference>/residents", resource(get=list_closure_residents), name="closure-residents"),
    path(
        "closures/<str:reference>/residents/<uuid:resident>",
        resource(post=record_resident_next_home),
        name="closure-resident",
    ),
]
