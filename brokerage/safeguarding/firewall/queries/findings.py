"""What pages and the API read of findings; the homes that fail as a central team sees them: counts, no placements."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404

from brokerage.core.references import normalise_reference
from brokerage.safeguarding.firewall.models import Check, Finding
from brokerage.safeguarding.firewall.queries.problems import words
from placements.models import Placement


class FailingHome(NamedTuple):
    """A home that fails for somebody who lives there, and how many placements of how many authorities."""

    establishment_id: UUID
    provider_id: UUID | None
    home: str
    codes: list[str]
    placements: int
    authorities: int
    unanswered: int
    since: dt.datetime

    @property
    def problems(self) -> list[str]:
        return words(self.codes)


def listed_findings(*, state: str = "", code: str = "", q: str = "") -> QuerySet[Finding]:
    """The findings of the authority acted for: those without an answer first, then the newest."""
    rows = Finding.objects.annotate(is_open=Q(state="open"), is_live=~Q(state="cleared"))
    if state:
        rows = rows.filter(state=state)
    if code:
        rows = rows.filter(codes__contains=[code])
    if text := q.strip():
        reference = normalise_reference(text)
        rows = rows.filter(Q(reference=reference) | Q(placement_reference=reference) | Q(home__icontains=text))
    return rows.order_by("-is_open", "-is_live", "-found_at", "-id")


def finding_of(reference: str) -> Finding:
    """One finding of the authority acted for; raises Http404."""
    found = Finding.objects.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def placement_there(finding: Finding) -> Placement | None:
    """The placement it is about, where this actor may see it."""
    rows = Placement.objects.select_related("establishment", "household", "referral").defer("referral__answers")
    return rows.filter(pk=finding.placement_id).first()


def last_check(scope: str = Check.Scope.ALL) -> Check | None:
    """The latest run over every open placement of the authority acted for."""
    return Check.objects.filter(scope=scope).order_by("-ended_at").first()


def failing_homes() -> list[FailingHome]:
    """The homes that fail, those with most placements first: for a central team. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT establishment_id, provider_id, home, codes, placements, authorities, unanswered, since"
            " FROM firewall_failing() ORDER BY placements DESC, home, establishment_id"
        )
        return [FailingHome(*row) for row in cursor.fetchall()]
