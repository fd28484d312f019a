"""What the API's operations on imports take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Query, Shape
from providers.consequences import CHANGES, COUNTS, homes_of, totals
from providers.models import ImportRun
from providers.queries.imports import may_import

#: What a run says of itself.
_SAID = (
    *("id", "kind", "file_name", "is_whole_list", "state", "rows_total", "rows_done", "rows_created", "rows_updated"),
    *("rows_unchanged", "rows_refused", "message", "created_at", "finished_at"),
)


class NewImportQuery(Query):
    """What the file holds."""

    kind = s.CharField(max_length=24, help_text="`register`, or another kind that the page of imports offers.")
    is_whole_list = s.BooleanField(
        default=False,
        help_text="For a register: the file names every home of its regulator and kind. Homes that it does not name are"
        " told to the councils concerned; nothing is closed by that.",
    )


class ImportRow(Shape):
    """A file being checked or imported, as lists show it. Nothing changes until it is imported."""

    id = s.UUIDField()
    kind = s.CharField()
    file_name = s.CharField()
    is_check = s.BooleanField(help_text="Whether it only checks: true until `POST /imports/{run}/import`.")
    is_whole_list = s.BooleanField()
    state = s.ChoiceField(choices=ImportRun.State.choices)
    rows_total = s.IntegerField()
    rows_done = s.IntegerField(help_text="How far it is.")
    rows_created = s.IntegerField(help_text="New; in a check: would be new.")
    rows_updated = s.IntegerField()
    rows_unchanged = s.IntegerField()
    rows_refused = s.IntegerField(help_text="Left out: `GET /imports/{run}/problems` says why.")
    message = s.CharField(allow_blank=True, help_text="Why it stopped, or what to look at.")
    created_by = s.CharField(allow_blank=True)
    created_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)
    example = {
        "id": "6a0f7f0e-2a3b-4c5d-8e9f-0a1b2c3d4e5f",
        "kind": "register",
        "file_name": "register-november.csv",
        "is_check": True,
        "is_whole_list": False,
        "state": "done",
        "rows_total": 120,
        "rows_done": 120,
        "rows_created": 2,
        "rows_updated": 5,
        "rows_unchanged": 112,
        "rows_refused": 1,
        "message": "",
        "created_by": "Register system (API client of Carol Contract)",
        "created_at": "2026-11-22T09:30:00Z",
        "finished_at": "2026-11-22T09:30:07Z",
    }


class Triggers(Shape):
    """What importing the file triggers: numbers of homes, and of what is hit. Placements, invitations, offers, awards
    and authorities are your region’s."""

    homes = s.IntegerField(help_text="Homes concerned: `GET /imports/{run}/homes`.")
    admissions = s.IntegerField(help_text="That can no longer be used.")
    invitations = s.IntegerField(help_text="Open ones that are hit.")
    offers = s.IntegerField(help_text="Live ones that are hit.")
    awards = s.IntegerField(help_text="Not signed by both, and hit.")
    placements = s.IntegerField(help_text="Whose authority is told.")
    authorities = s.IntegerField(help_text="That are told.")
    registration_lost = s.IntegerField()
    registration_gained = s.IntegerField()
    missing = s.IntegerField(help_text="Not on the newest list.")
    listed_again = s.IntegerField()
    kind = s.IntegerField(help_text="Change their type.")
    ages = s.IntegerField(help_text="Change their age range.")
    rating = s.IntegerField(help_text="Change their rating.")
    grew = s.IntegerField(help_text="Have more places.")
    shrank = s.IntegerField(help_text="Have fewer places.")
    households = s.IntegerField(help_text="Agencies whose carer households take others, or nobody.")
    example = {
        **dict.fromkeys((*COUNTS, *CHANGES), 0),
        "homes": 1,
        "admissions": 1,
        "placements": 2,
        "authorities": 1,
        "registration_lost": 1,
    }


class ImportOut(ImportRow):
    """A check or an import, with what it triggers and what may be done next."""

    triggers = Triggers(allow_null=True, help_text="Null in an import, and until the check is done.")
    may_import = s.BooleanField(help_text="Whether its good rows can be imported now.")
    import_id = s.UUIDField(allow_null=True, help_text="The import that followed this check.")
    example = {**ImportRow.example, "triggers": Triggers.example, "may_import": True, "import_id": None}


class ImportHome(Shape):
    """A home that a list changes, and what that hits."""

    id = s.UUIDField()
    name = s.CharField()
    urn = s.CharField()
    changes = s.ListField(child=s.ChoiceField(choices=list(CHANGES.items())))
    admissions = s.IntegerField()
    invitations = s.IntegerField()
    offers = s.IntegerField()
    awards = s.IntegerField()
    placements = s.IntegerField()
    authorities = s.IntegerField()
    example = {
        "id": "5e0f7f0e-2a3b-4c5d-8e9f-0a1b2c3d4e5f",
        "name": "Birch House",
        "urn": "SC900001",
        "changes": ["registration_lost"],
        **dict.fromkeys(COUNTS, 0),
        "placements": 2,
        "authorities": 1,
    }


class ImportFault(Shape):
    """What is wrong in one cell."""

    line = s.IntegerField(help_text="Counted from 1, the headings included.")
    column = s.CharField(allow_blank=True)
    problem = s.CharField()
    example = {"line": 7, "column": "age_max", "problem": "Enter a whole number"}


def import_row(run: ImportRun) -> dict[str, Any]:
    """A run as `ImportRow`."""
    said = {name: getattr(run, name) for name in _SAID}
    return {**said, "is_check": run.is_dry_run, "created_by": run.created_by_name}


def import_out(run: ImportRun, following: ImportRun | None) -> dict[str, Any]:
    """A run as `ImportOut`, with the import that followed it."""
    is_checked = run.is_dry_run and run.state == ImportRun.State.DONE
    return {
        **import_row(run),
        "triggers": totals(run) if is_checked else None,
        "may_import": may_import(run, following),
        "import_id": following.pk if following is not None else None,
    }


def import_homes(run: ImportRun) -> list[dict[str, Any]]:
    """The homes that a check found to be concerned, as `ImportHome`."""
    if not run.is_dry_run:
        return []
    names = ("name", "urn", "changes", *COUNTS)
    return [{"id": home["pk"], **{name: home[name] for name in names}} for home in homes_of(run, most=None)]
