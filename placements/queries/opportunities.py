"""A provider's releases and invitations as lists of plain values: one query whatever the number of rows.

How an establishment stands is told by the same rule as `placements.queries.inbox.answer_of`, in SQL. Nothing here
looks beyond the provider's own rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject

from placements.models import Invitation, Offer, Release
from placements.queries.inbox import Releases, filtered, releases_by_tab
from placements.states import OFFER_LIVE

#: Invitations with their `state`, which type checkers cannot follow through functions.
Invitations = QuerySet[Any]


def find_opportunities(now: dt.datetime, *, tab: str = "", filters: Mapping[str, Any]) -> Releases:
    """The releases of one tab of the inbox, or all, with their `tab`; `filters` as `inbox.filtered` takes them."""
    releases = filtered(releases_by_tab(now, is_row_by_row=True), filters)
    if not tab:
        return releases
    # What the tab says already, in columns that an index holds.
    over = Q(state__in=(Release.State.WON, Release.State.CLOSED))
    told = {
        "closed": over,
        "deciding": ~over & (Q(state=Release.State.WAITING) | Q(closes_at__lte=now)),
    }.get(tab, Q(state=Release.State.OPEN, closes_at__gt=now))
    return releases.filter(told, tab=tab)


def with_state(invitations: QuerySet[Invitation]) -> Invitations:
    """Each annotated with `state`: that of its offer, or else its own."""
    is_dead = Case(When(status__in=OFFER_LIVE, then=Value(0)), default=Value(1))
    told = Case(
        When(status="draft", invitation__status="declined", then=Value(None)),
        default=F("status"),
        output_field=CharField(),
    )
    last = (
        Offer.objects.filter(invitation_id=OuterRef("pk"))
        .exclude(status="withdrawn")
        .order_by(is_dead, "-created_at")
        .values(told=told)[:1]
    )
    annotated: Invitations = invitations.annotate(state=Coalesce(Subquery(last), F("status")))
    return annotated


def in_state(invitations: QuerySet[Invitation], state: str) -> Invitations:
    """Those of `with_state` that are in that state."""
    offered = Offer.objects.filter(status=state).values("invitation_id")
    return with_state(invitations.filter(Q(status=state) | Q(pk__in=offered))).filter(state=state)


def invitations_of_release() -> ArraySubquery:
    """For a list of releases: each one's invitations by name of the establishment, with their states."""
    rows = with_state(Invitation.objects.filter(release_id=OuterRef("pk")).order_by("establishment__name", "pk"))
    return ArraySubquery(
        rows.values(
            row=JSONObject(
                id="pk", establishment_id="establishment_id", establishment_name="establishment__name", status="state"
            )
        )
    )
