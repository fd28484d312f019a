"""What the pages and the API read: concerns, suggestions and complaints, and the numbers beside a provider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.clock import database_today
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.concerns.models import Complaint, Concern, RatingChange, Suggestion
from brokerage.safeguarding.concerns.patterns import DAYS
from brokerage.safeguarding.concerns.states import COMPLAINT, COMPLAINT_LIVE, SUGGESTION_LIVE

#: At most so many concerns stand on a suggestion's page.
SHOWN = 50


def concerns_of(chosen: Mapping[str, Any]) -> QuerySet[Concern]:
    """The concerns that the organisation acted for may read, those not looked at first, then the newest."""
    rows = Concern.objects.select_related("organisation").annotate(is_waiting=Q(status="open"))
    for name, column in (
        *(("state", "status"), ("kind", "kind"), ("provider_id", "provider_id")),
        ("establishment_id", "establishment_id"),
    ):
        if chosen.get(name):
            rows = rows.filter(**{column: chosen[name]})
    if words := (chosen.get("q") or "").strip():
        rows = rows.filter(Q(reference=normalise_reference(words)) | Q(about__icontains=words))
    return rows.order_by("-is_waiting", "-written_at", "-id")


def concern_of(reference: str) -> Concern:
    """One concern that the organisation acted for may read; raises Http404."""
    found = Concern.objects.select_related("organisation").filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def suggestions_of(chosen: Mapping[str, Any]) -> QuerySet[Suggestion]:
    """The suggestions to the organisation acted for, those without a decision first, then the newest."""
    rows = Suggestion.objects.select_related("provider", "establishment")
    rows = rows.annotate(is_waiting=Q(status__in=SUGGESTION_LIVE))
    for name, column in (("state", "status"), ("pattern", "pattern"), ("provider_id", "provider_id")):
        if chosen.get(name):
            rows = rows.filter(**{column: chosen[name]})
    return rows.order_by("-is_waiting", "-raised_at", "-id")


def suggestion_of(reference: str) -> Suggestion:
    """One suggestion to the organisation acted for; raises Http404."""
    rows = Suggestion.objects.select_related("provider", "establishment")
    found = rows.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def what_adds_up(suggestion: Suggestion) -> str:
    """A suggestion in a sentence: numbers, no authority's doing."""
    values = {"count": suggestion.count, "days": DAYS, "latest": day(suggestion.latest_on)}
    if suggestion.pattern == "concerns":
        return _("%(count)s concerns within %(days)s days, the latest seen on %(latest)s") % values
    if suggestion.pattern == "unplanned_ends":
        return _("%(count)s placements ended unplanned within %(days)s days, the latest on %(latest)s") % values
    if suggestion.pattern == "notices":
        return _("The provider ended %(count)s placements within %(days)s days, the latest on %(latest)s") % values
    fall = rating_fall_of(suggestion)
    if fall is None:
        return _("The rating fell on %(latest)s") % values
    words = {"before": fall.get_before_display(), "after": fall.get_after_display()}
    return _("The rating fell from “%(before)s” to “%(after)s” on %(latest)s") % {**values, **words}


def rating_fall_of(suggestion: Suggestion) -> RatingChange | None:
    """The latest fall of the home's rating."""
    if suggestion.establishment_id is None:
        return None
    falls = RatingChange.objects.filter(establishment_id=suggestion.establishment_id, is_fall=True)
    return falls.order_by("-changed_at").first()


def concerns_behind(suggestion: Suggestion) -> list[Concern]:
    """The concerns about the same home or provider that the organisation may read, newest first; at most `SHOWN`."""
    rows = Concern.objects.select_related("organisation").filter(
        provider_id=suggestion.provider_id, seen_on__gt=suggestion.latest_on - dt.timedelta(days=DAYS)
    )
    if suggestion.establishment_id:
        rows = rows.filter(establishment_id=suggestion.establishment_id)
    return list(rows.order_by("-seen_on", "-written_at")[:SHOWN])


def complaints_of(chosen: Mapping[str, Any]) -> QuerySet[Complaint]:
    """The complaints that the organisation acted for is a party of or mediates: live ones first, then the newest."""
    rows = Complaint.objects.select_related("authority", "provider", "mediator")
    rows = rows.annotate(is_live=Q(status__in=COMPLAINT_LIVE))
    state = chosen.get("state")
    if state == "overdue":
        rows = rows.filter(overdue(database_today()))
    elif state:
        rows = rows.filter(status=state)
    if chosen.get("kind"):
        rows = rows.filter(kind=chosen["kind"])
    if words := (chosen.get("q") or "").strip():
        rows = rows.filter(
            Q(reference=normalise_reference(words))
            | Q(agreement_reference=normalise_reference(words))
            | Q(provider__legal_name__icontains=words)
            | Q(authority__name__icontains=words)
        )
    return rows.order_by("-is_live", "-made_at", "-id")


def overdue(today: dt.date) -> Q:
    """Complaints that should have been acknowledged before today."""
    return Q(acknowledged_at__isnull=True, status__in=COMPLAINT_LIVE, acknowledge_by__lt=today)


def complaint_of(reference: str) -> Complaint:
    """One complaint that the organisation acted for may read; raises Http404."""
    rows = Complaint.objects.select_related("authority", "provider", "mediator")
    found = rows.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found


def waits_for(actor: Actor) -> QuerySet[Complaint]:
    """The complaints in which it is this organisation's move."""
    organisation = actor.organisation_id
    if actor.is_central:
        mine = Q(status="mediation_asked", mediator_id=organisation)
    else:
        against = Q(made_by="provider") if actor.is_authority else Q(made_by="authority")
        mine = (against & Q(status__in=("made", "acknowledged"))) | (~against & Q(status="mediated"))
    rows = Complaint.objects.filter(mine).select_related("authority", "provider")
    return rows.order_by("acknowledge_by", "pk")


def moves_of(actor: Actor, complaint: Complaint, today: dt.date) -> list[str]:
    """The moves that this actor may make now, "message" among them."""
    may_write, organisation = actor.may("complaint.write"), actor.organisation_id
    sides = {
        "acknowledge": (complaint.respondent_id,),
        "answer": (complaint.respondent_id,),
        "ask_mediation": (complaint.authority_id, complaint.provider_id),
        "mediate": (complaint.mediator_id,) if actor.may("complaint.mediate") else (),
        "settle": (complaint.complainant_id,),
        "give_up": (complaint.complainant_id,),
    }
    found = [
        move
        for move in COMPLAINT.allowed(complaint.status)
        if organisation in sides[move] and (may_write or move == "mediate")
    ]
    if "ask_mediation" in found and complaint.status == COMPLAINT.initial and not complaint.is_overdue(today):
        found.remove("ask_mediation")
    if may_write and complaint.status in COMPLAINT_LIVE:
        found.append("message")
    return found


def numbers_of(provider_id: UUID, establishment_id: UUID | None = None) -> tuple[int, int]:
    """(concerns within `DAYS`, complaints not ended) about a provider or one home of it, for its central team: as many
    concerns as it may read, and of complaints the number alone. Two queries."""
    rows = Concern.objects.filter(
        provider_id=provider_id, seen_on__gt=database_today() - dt.timedelta(days=DAYS)
    ).order_by()
    if establishment_id:
        rows = rows.filter(establishment_id=establishment_id)
    found = rows.aggregate(count=Count("pk"))["count"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT open_complaints(%s)", [provider_id])
        return found, cursor.fetchone()[0]


#: What the API's lists say of the other side, without a query for each.
NAMES = {"authority": F("authority__name"), "provider": F("provider__legal_name"), "mediator": F("mediator__name")}
