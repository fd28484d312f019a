"""Pages of imports: what was imported, a new file, one run with its problems, and the steps after a check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from brokerage.core.csv_output import write_csv
from brokerage.core.web import OrganisationRequest, address, attempt
from providers.actions import imports as actions
from providers.consequences import homes_of, totals
from providers.forms.imports import ImportForm
from providers.imports.kinds import kind_of
from providers.models import ImportProblem, ImportRun
from providers.queries.imports import may_import, require_kinds, run_of, visible_runs

#: A waiting or running import that nobody moved for so long may be started again by hand.
STALLED_AFTER = timedelta(minutes=10)


def import_list(request: OrganisationRequest) -> HttpResponse:
    """The organisation's imports, newest first."""
    kinds = require_kinds(request.actor)
    page = Paginator(visible_runs(request.actor), 25).get_page(request.GET.get("page"))
    labels = {kind.code: kind.label for kind in kinds}
    rows = [{"run": run, "label": labels[run.kind], "state": state_of(run)} for run in page]
    return render(request, "providers/import_list.html", {"page": page, "rows": rows})


def import_new(request: OrganisationRequest) -> HttpResponse:
    """Upload a file; it is checked before anything is imported."""
    kinds = require_kinds(request.actor)
    form = ImportForm(request.POST or None, request.FILES or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        run = attempt(
            form,
            actions.start_import,
            actor=request.actor,
            kind=form.cleaned_data["kind"],
            file=upload.file,
            file_name=upload.name,
            size=upload.size,
            is_whole_list=form.cleaned_data.get("is_whole_list", False),
        )
        if run is not None:
            return redirect(address(request.actor, "providers:import_run", run=run.pk))
    return render(request, "providers/import_new.html", {"form": form, "kinds": kinds})


def import_columns(request: OrganisationRequest, kind: str) -> HttpResponse:
    """An empty file with the headings of a kind, to be filled in."""
    chosen = next((each for each in require_kinds(request.actor) if each.code == kind), None)
    if chosen is None:
        raise Http404
    return _csv(f"{kind}.csv", [[column.name for column in chosen.columns]])


def import_run(request: OrganisationRequest, run: UUID) -> HttpResponse:
    """One check or import: its progress, then its counts, its problems and what may be done next."""
    found = run_of(request.actor, run)
    is_working = found.state in (ImportRun.State.WAITING, ImportRun.State.RUNNING)
    context: dict[str, Any] = {"run": found, "kind": kind_of(found.kind), "is_working": is_working}
    if request.headers.get("HX-Request") == "true":
        response = render(request, "providers/import_progress.html", context)
        if not is_working:
            response["HX-Refresh"] = "true"
        return response
    problems = Paginator(ImportProblem.objects.filter(run=found), 50).get_page(request.GET.get("page"))
    following = actions.import_of(found) if found.is_dry_run else None
    is_stopped = found.state == ImportRun.State.FAILED
    is_stalled = is_working and found.created_at < timezone.now() - STALLED_AFTER
    return render(
        request,
        "providers/import_run.html",
        {
            **context,
            "state": state_of(found),
            "problems": problems,
            "following": following,
            "may_import": may_import(found, following),
            "may_resume": bool(found.stored_name) and (is_stopped or is_stalled),
            "good_rows": found.rows_total - found.rows_refused,
            "earlier": _earlier(found),
            "triggered": totals(found) if found.is_dry_run else {},
            "homes": homes_of(found) if found.is_dry_run else [],
        },
    )


def import_problems(request: OrganisationRequest, run: UUID) -> HttpResponse:
    """Every problem of a run as a CSV file, to mend the rows by."""
    found = run_of(request.actor, run)
    problems = ImportProblem.objects.filter(run=found).values_list("line", "column", "message")
    return _csv("problems.csv", [[_("line"), _("column"), _("problem")], *problems])


@require_POST
def import_confirm(request: OrganisationRequest, run: UUID) -> HttpResponse:
    """Import the good rows of a checked file."""
    started = actions.import_rows(request.actor, run_id=run)
    return redirect(address(request.actor, "providers:import_run", run=started.pk))


@require_POST
def import_resume(request: OrganisationRequest, run: UUID) -> HttpResponse:
    """Go on with a stopped run."""
    actions.resume_import(request.actor, run_id=run)
    messages.success(request, _("It goes on from the first row that was not done."))
    return redirect(address(request.actor, "providers:import_run", run=run))


@require_POST
def import_discard(request: OrganisationRequest, run: UUID) -> HttpResponse:
    """Throw the file away."""
    actions.discard_import(request.actor, run_id=run)
    messages.success(request, _("The file was thrown away. Nothing was imported."))
    return redirect(address(request.actor, "providers:import_list"))


def state_of(run: ImportRun) -> dict[str, str]:
    """The word and colour of a run's state, as people read it."""
    if run.state == ImportRun.State.FAILED:
        return {"text": _("Stopped"), "colour": "red"}
    if run.state == ImportRun.State.DONE and run.is_dry_run:
        return {"text": _("Checked"), "colour": "blue"}
    if run.state == ImportRun.State.DONE:
        return {"text": _("Imported"), "colour": "green"}
    return {"text": _("Checking") if run.is_dry_run else _("Importing"), "colour": "yellow"}


def _earlier(run: ImportRun) -> ImportRun | None:
    """The same file, imported before this run was made."""
    return (
        ImportRun.objects.filter(
            kind=run.kind,
            sha256=run.sha256,
            is_dry_run=False,
            state=ImportRun.State.DONE,
            created_at__lt=run.created_at,
        )
        .order_by("-created_at")
        .first()
    )


def _csv(name: str, rows: list[Any]) -> HttpResponse:
    response = HttpResponse(write_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
