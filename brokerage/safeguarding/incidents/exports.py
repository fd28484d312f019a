"""Missing episodes as the SSDA903 return's table "missing": for the authority alone, each export recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.csv_output import write_csv
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category
from brokerage.core.web import OrganisationRequest
from brokerage.safeguarding.incidents.forms import ExportForm
from brokerage.safeguarding.incidents.models import EPISODES, Incident, Kind
from brokerage.safeguarding.incidents.queries import WITHDRAWN, morning_after

#: As the return's guide names them.
COLUMNS = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
#: Missing, and away from placement without authorisation.
CODES = {Kind.MISSING: "M", Kind.AWAY: "A"}


@never_cache
@require_http_methods(["GET", "POST"])
def missing_export(request: OrganisationRequest) -> HttpResponse:
    """Choose the period, then take the file. It names children: by POST, and recorded."""
    actor = request.actor
    actor.require("incident.view")
    if not actor.is_authority:
        raise Http404("The return is the authority's.")
    actor.require("referral.identity")
    form = ExportForm(request.POST if request.method == "POST" else None, initial=_year(database_today()))
    if request.method != "POST" or not form.is_valid():
        return render(request, "incidents/missing_export.html", {"form": form})
    period = form.cleaned_data
    rows = missing_rows(period["since"], period["until"])
    organisation = Organisation.objects.get(pk=actor.organisation_id)
    said = {"rows": len(rows), **{name: on.isoformat() for name, on in period.items()}}
    record("incident.exported", subject=organisation, actor=actor, data=said)
    answer = HttpResponse(write_csv([list(COLUMNS), *rows]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="ssda903-missing.csv"'
    return answer


def missing_rows(since: dt.date, until: dt.date) -> list[list[Any]]:
    """The children's episodes that touch the period, by child and begin; one that runs has no end. One query."""
    begin = timezone.make_aware(dt.datetime.combine(since, dt.time()))
    end = morning_after(until)
    found = (
        Incident.objects.filter(kind__in=EPISODES, happened_at__lt=end)
        .exclude(status=WITHDRAWN)
        .exclude(returned_at__lt=begin)
        .exclude(placement__category=Category.ADULT_RESIDENTIAL)
        .order_by("placement__person__case_number", "happened_at")
        .values_list(
            "placement__person__case_number", "placement__person__date_of_birth", "kind", "happened_at", "returned_at"
        )
    )
    return [
        [child, _day(born), CODES[Kind(kind)], _day(timezone.localdate(went)), _day(back and timezone.localdate(back))]
        for child, born, kind, went, back in found
    ]


def _day(on: dt.date | None) -> str:
    return f"{on:%d/%m/%Y}" if on else ""


def _year(today: dt.date) -> dict[str, dt.date]:
    """The return's year so far: from 1 April."""
    return {
        "since": dt.date(today.year if today >= dt.date(today.year, 4, 1) else today.year - 1, 4, 1),
        "until": today,
    }
