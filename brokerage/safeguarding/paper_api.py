"""What is kept with an alert, through the API: strategy meetings and files."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.urls import URLPattern, path
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Shape
from brokerage.core.api.operations import Call, Created, Page, Stream, operation, resource
from brokerage.core.forms.checked import checked_field
from brokerage.core.stored_files import open_stored
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.actions.files import add_alert_file, files_of, hand_out
from brokerage.safeguarding.actions.meetings import record_meeting
from brokerage.safeguarding.models import AlertFile, StrategyMeeting
from brokerage.safeguarding.queries.alerts import raised_alert, received_alert
from brokerage.safeguarding.queries.meetings import meetings_of

BYTES = "application/octet-stream"


class MeetingRow(Shape):
    """A strategy meeting that was recorded, without what was said."""

    id = s.UUIDField()
    organisation = s.CharField(help_text="Who wrote it down.")
    held_on = s.DateField()
    next_on = s.DateField(allow_null=True)
    written_by = s.CharField()
    written_at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "id": "0f6a3f0e-6d5b-4e0c-9c55-1d2e3f405162",
        "organisation": "Harrow",
        "held_on": "2026-11-21",
        "next_on": "2026-11-28",
        "written_by": "Tessa Manager",
        "written_at": "2026-11-22T10:00:00Z",
    }


class MeetingOut(MeetingRow):
    """A strategy meeting: who came as organisations and roles, what was said and decided."""

    chaired_by = s.CharField()
    attended = s.CharField()
    notes = s.CharField()
    decisions = s.CharField()
    example: ClassVar[dict[str, Any]] = {
        **MeetingRow.example,
        "chaired_by": "Head of safeguarding, Harrow",
        "attended": "Police; designated officer; the regulator",
        "notes": "The police have spoken with the member of staff.",
        "decisions": "Nobody is placed there until the next meeting.",
    }


class NewMeeting(Input):
    """A strategy meeting as it was held. Name nobody."""

    held_on = s.DateField()
    chaired_by = s.CharField(max_length=160, help_text="Role and organisation.")
    attended = s.CharField(max_length=LONGEST, help_text="Organisations and roles.")
    notes = s.CharField(max_length=LONGEST)
    decisions = s.CharField(max_length=LONGEST)
    next_on = s.DateField(required=False, allow_null=True)
    is_checked = checked_field()
    example: ClassVar[dict[str, Any]] = {
        "held_on": "2026-11-21",
        "chaired_by": "Head of safeguarding",
        "attended": "Police; designated officer; the regulator",
        "notes": "The police have spoken with the member of staff.",
        "decisions": "Nobody is placed there until the next meeting.",
        "next_on": None,
        "is_checked": True,
    }


class AlertFileRow(Shape):
    """A file of an alert, without its name: that may tell who somebody is."""

    id = s.UUIDField()
    content_type = s.CharField()
    size = s.IntegerField(help_text="Bytes.")
    sha256 = s.CharField()
    uploaded_by = s.CharField()
    uploaded_at = s.DateTimeField()
    example: ClassVar[dict[str, Any]] = {
        "id": "7d1f3a52-0f2b-4a7c-8b7e-2f3a4b5c6d7e",
        "content_type": "application/pdf",
        "size": 48213,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "uploaded_by": "Olive Officer",
        "uploaded_at": "2026-11-22T10:00:00Z",
    }


class AlertFileOut(AlertFileRow):
    """A file of an alert."""

    name = s.CharField()
    example: ClassVar[dict[str, Any]] = {**AlertFileRow.example, "name": "staffing-rota.pdf"}


@operation(scope="alerts:read", answer=MeetingOut, paged=True)
def list_strategy_meetings(call: Call, reference: str) -> Page:
    """List strategy meetings.

    For whoever raised the alert, central teams and authorities with people there, the latest first. All on one page.
    """
    call.actor.require("alert.view")
    return call.rows([_meeting(row) for row in meetings_of(call.actor, received_alert(reference))])


@operation(
    scope="alerts:confirm",
    body=NewMeeting,
    answer=MeetingRow,
    status=201,
    codes=(
        *("day_ahead", "next_before", "names_a_person", "text_too_long", "chaired_by_missing", "attended_missing"),
        *("notes_missing", "decisions_missing"),
    ),
)
def record_strategy_meeting(call: Call, reference: str) -> Created:
    """Record a strategy meeting.

    For whoever raised the alert and the central teams told of it. It is not changed afterwards.
    """
    meeting = record_meeting(call.actor, reference=reference, **call.body)
    return Created(_meeting_row(meeting), f"/alerts/{reference}/meetings")


@operation(scope="alerts:read", answer=AlertFileOut, paged=True)
def list_alert_files(call: Call, reference: str) -> Page:
    """List files of an alert.

    Those that you may open: whoever reads what happened may. All of them on one page.
    """
    call.actor.require("alert.view")
    if call.actor.is_provider or raised_alert(call.actor.organisation_id, reference) is None:
        received_alert(reference)
    return call.rows([_file(row) for row in files_of(call.actor, reference)])


@operation(
    scope="alerts:write",
    upload=True,
    named=True,
    answer=AlertFileRow,
    status=201,
    codes=(
        *("alert_over", "too_many_files", "file_name_missing", "file_empty", "file_too_big", "file_type_not_allowed"),
        *("file_is_program", "file_is_not_its_type", "file_damaged", "file_unpacks_too_big", "file_has_macros"),
        *("file_is_two_things", "file_infected", "scanner_away", "names_a_person"),
    ),
)
def upload_alert_file(call: Call, reference: str) -> Created:
    """Add a file to an alert.

    For the organisation that raised it, while it waits or is live. Send the file’s bytes as the body and its name in
    Content-Disposition: one that tells who somebody is is refused. It cannot be taken out again.
    """
    assert call.file is not None
    if call.actor.is_provider or raised_alert(call.actor.organisation_id, reference) is None:
        raise Http404
    kept = add_alert_file(call.actor, reference=reference, upload=call.file)
    return Created(_file_row(kept), f"/alerts/{reference}/files/{kept.pk}")


@operation(scope="alerts:read", stream=BYTES)
def download_alert_file(call: Call, reference: str, file: UUID) -> Stream:
    """Download a file of an alert.

    Every reading is recorded.
    """
    stored = hand_out(call.actor, reference, file)
    return Stream(open_stored(stored), BYTES, stored.name)


def _meeting_row(row: StrategyMeeting) -> dict[str, Any]:
    return {
        "id": row.pk,
        "organisation": row.held_by_name,
        "written_by": row.written_by_name,
        **{name: getattr(row, name) for name in ("held_on", "next_on", "written_at")},
    }


def _meeting(row: StrategyMeeting) -> dict[str, Any]:
    said = ("chaired_by", "attended", "notes", "decisions")
    return {**_meeting_row(row), **{name: getattr(row, name) for name in said}}


def _file_row(row: AlertFile) -> dict[str, Any]:
    said = ("content_type", "size", "sha256", "uploaded_at")
    return {"id": row.pk, "uploaded_by": row.uploaded_by_name, **{name: getattr(row, name) for name in said}}


def _file(row: AlertFile) -> dict[str, Any]:
    return {**_file_row(row), "name": row.name}


urlpatterns: list[URLPattern] = [
    path(
        "alerts/<str:reference>/meetings",
        resource(get=list_strategy_meetings, post=record_strategy_meeting),
        name="alert-meetings",
    ),
    path("alerts/<str:reference>/files", resource(get=list_alert_files, post=upload_alert_file), name="alert-files"),
    path("alerts/<str:reference>/files/<uuid:file>", resource(get=download_alert_file), name="alert-file"),
]
