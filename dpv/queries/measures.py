"""What pages, the API and upper storeys read of measures. Row security narrows every query: a central team and the
authorities of a region read that region's, a provider its own, the latter two only those that were in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.clock import database_today
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Region
from brokerage.core.vocabulary import RegistrationStatus
from dpv.models import Admission, Lot, Measure, MeasureAppeal, MeasureStep
from dpv.states import ADMISSION_LIVE, MEASURE_STANDING
from providers.models import Establishment
from providers.queries.subjects import Subject

_APPEALED, _ANSWERED = _("Appealed by the provider"), _("Appeal answered")
#: A review is looked at this long ahead.
REVIEW_WITHIN = dt.timedelta(days=7)
#: Filters of the list: what each shows.
SHOWN: dict[str, Q] = {
    "waiting": Q(status__in=("proposed", "unconfirmed", "lift_proposed")),
    "standing": Q(status__in=MEASURE_STANDING),
    "over": Q(status__in=("lifted", "refused", "withdrawn")),
}


def to_review(today: dt.date) -> Q:
    """Those that hold and are due for review within a week, or overdue."""
    return SHOWN["standing"] & Q(review_on__lte=today + REVIEW_WITHIN)


def measures_listed(*, show: str = "", kind: str = "", q: str = "") -> QuerySet[Measure]:
    """The measures that may be read, those that hold or wait first, then the newest; those to review by their
    day."""
    rows = Measure.objects.annotate(is_over=SHOWN["over"]).select_related("region")
    if show == "review":
        rows = rows.filter(to_review(database_today()))
    elif show in SHOWN:
        rows = rows.filter(SHOWN[show])
    if kind:
        rows = rows.filter(kind=kind)
    if words := q.strip():
        rows = rows.filter(Q(reference=normalise_reference(words)) | Q(about__icontains=words))
    return rows.order_by(*(("review_on", "id") if show == "review" else ("is_over", "-proposed_at", "-id")))


def measure_by_reference(reference: str) -> Measure:
    """The measure with that reference, or Http404."""
    rows = Measure.objects.select_related("region__central_team", "provider__organisation", "establishment", "lot")
    found = rows.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404("No such measure.")
    return found


def steps_of(measure: Measure) -> list[MeasureStep]:
    """Every step that may be read, the first first."""
    return list(measure.steps.order_by("at", "pk"))


def appeals_of(measure: Measure) -> list[MeasureAppeal]:
    """The provider's appeals, the first first."""
    return list(measure.appeals.order_by("at", "pk"))


def region_run_by(actor: Actor) -> Region:
    """The region whose central team acts, or Http404."""
    found = Region.objects.filter(central_team_id=actor.organisation_id).order_by("slug").first()
    if found is None:
        raise Http404("No region.")
    return found


def covered_by(measure: Measure) -> QuerySet[Admission]:
    """The admissions that it covers, whether usable or not; not those that are over."""
    rows = Admission.objects.filter(
        region_id=measure.region_id, provider_id=measure.provider_id, status__in=ADMISSION_LIVE
    )
    if measure.establishment_id:
        rows = rows.filter(establishment_id=measure.establishment_id)
    if measure.lot_id:
        rows = rows.filter(lot_id=measure.lot_id)
    return rows.order_by("pk")


def homes_under(measure: Measure) -> list[UUID]:
    """The homes it covers, on lots or not: the one it names, or all of its provider's."""
    if measure.establishment_id is not None:
        return [measure.establishment_id]
    return list(
        Establishment.objects.filter(provider_id=measure.provider_id).order_by("pk").values_list("pk", flat=True)
    )


def standing_on(admission_ids: Iterable[UUID]) -> dict[UUID, list[Measure]]:
    """The measures that hold on each of these admissions, bars first. Two queries."""
    admissions = list(
        Admission.objects.filter(pk__in=list(admission_ids)).values_list(
            "pk", "region_id", "provider_id", "establishment_id", "lot_id"
        )
    )
    found: dict[UUID, list[Measure]] = {}
    if not admissions:
        return found
    providers = {provider for *_rest, provider, _home, _lot in admissions}
    standing = list(
        Measure.objects.filter(status__in=MEASURE_STANDING, provider_id__in=providers).order_by("kind", "proposed_at")
    )
    for pk, region, provider, home, lot in admissions:
        found[pk] = [
            each
            for each in standing
            if (each.region_id, each.provider_id) == (region, provider)
            and each.establishment_id in (None, home)
            and each.lot_id in (None, lot)
        ]
    return found


def restrictions_on(admission_ids: Iterable[UUID]) -> dict[UUID, list[Measure]]:
    """The restrictions that hold on each of these admissions; only those that have one."""
    return {
        pk: limits
        for pk, measures in standing_on(admission_ids).items()
        if (limits := [each for each in measures if not each.stops])
    }


def standing_about(establishment_ids: Collection[UUID]) -> dict[UUID, list[Measure]]:
    """The measures that hold on these homes: on the home (also under an earlier registration), on one of its lots, or
    on its provider. Two queries."""
    homes = list(Establishment.objects.filter(pk__in=establishment_ids))
    concerned = Q(provider_id__in={home.provider_id for home in homes})
    concerned |= Q(establishment__postcode__in={home.postcode for home in homes if home.postcode})
    standing = list(
        Measure.objects.filter(concerned, status__in=MEASURE_STANDING)
        .select_related("establishment", "lot__vehicle", "region")
        .order_by("kind", "proposed_at")
    )
    return {home.pk: [each for each in standing if _is_about(each, home)] for home in homes}


def _is_about(measure: Measure, home: Establishment) -> bool:
    """A measure on a home follows it to a new owner, who registers it under a new number: the same place is the same
    home. One on a provider stays with the provider."""
    named = measure.establishment
    if named is None:
        return measure.provider_id == home.provider_id
    if named.pk == home.pk:
        return True
    is_over = named.registration_status != RegistrationStatus.ACTIVE or named.closed_on is not None
    if not is_over or named.kind != home.kind or not home.postcode or named.postcode != home.postcode:
        return False
    return any(
        getattr(named, name).casefold() == getattr(home, name).casefold() and bool(getattr(home, name))
        for name in ("name", "address_line_1")
    )


def left_behind(establishment_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], Measure]:
    """By region and home, a measure that holds on the home under an earlier registration and on this one does not. A
    new owner's number does not shake off what the region decided: the measure is proposed on the new registration, or
    lifted, before the home is admitted to a lot. Two queries."""
    found: dict[tuple[UUID, UUID], Measure] = {}
    for home, standing in standing_about(establishment_ids).items():
        here = (None, home)
        covered = {
            (each.region_id, each.kind) for each in standing if each.establishment_id in here and not each.lot_id
        }
        for each in standing:
            if each.establishment_id not in here and (each.region_id, each.kind) not in covered:
                found.setdefault((each.region_id, home), each)
    return found


def left_behind_text(measure: Measure) -> str:
    """Why a home is not admitted to a lot while this measure holds on it under an earlier registration alone."""
    text = _(
        "Measure %(reference)s holds on this home under an earlier registration. First propose it on this"
        " one too, or lift it"
    )
    return str(text % {"reference": measure.reference})


@dataclass(frozen=True)
class Reach:
    """What a measure stops, as numbers: admissions, open invitations, live offers, unsigned agreements; and how many
    people live there (or are to), of how many authorities."""

    admissions: int
    invitations: int
    offers: int
    unsigned: int
    people: int
    authorities: int


def reach_of(measure: Measure) -> Reach:
    """What it stops now; for the region's central team (the database refuses anybody else)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT admissions, invitations, offers, unsigned, people, authorities FROM measure_reach(%s, %s, %s, %s)",
            [measure.region_id, measure.provider_id, measure.establishment_id, measure.lot_id],
        )
        return Reach(*cursor.fetchone())


@dataclass(frozen=True)
class Moment:
    """Something that happened to a measure, for a timeline: `kind` is a step's, `appealed` or `answered`."""

    at: dt.datetime
    kind: str
    label: str
    by_name: str
    reference: str
    about: str
    measure_kind: str


def measures_about(provider_id: UUID, establishment_id: UUID | None = None) -> list[Moment]:
    """Every moment of the measures about a provider (with a home: those that cover it), oldest first. Three queries."""
    measures = Measure.objects.filter(provider_id=provider_id)
    if establishment_id is not None:
        measures = measures.filter(Q(establishment_id=establishment_id) | Q(establishment_id__isnull=True))
    known = {measure.pk: measure for measure in measures}
    moments = [
        _moment(known[step.measure_id], step.at, step.kind, str(step.get_kind_display()), step.by_name)
        for step in MeasureStep.objects.filter(measure_id__in=known)
    ]
    for appeal in MeasureAppeal.objects.filter(measure_id__in=known):
        measure = known[appeal.measure_id]
        moments.append(_moment(measure, appeal.at, "appealed", str(_APPEALED), appeal.by_name))
        if appeal.answered_at is not None:
            moments.append(_moment(measure, appeal.answered_at, "answered", str(_ANSWERED), appeal.answered_by_name))
    return sorted(moments, key=lambda moment: moment.at)


def _moment(measure: Measure, at: dt.datetime, kind: str, label: str, by_name: str) -> Moment:
    return Moment(at, kind, label, by_name, measure.reference, measure.about, measure.kind)


def lots_of(subject: Subject, region_id: UUID) -> list[Lot]:
    """The lots of the region that a provider, or one of its homes, is on."""
    rows = Admission.objects.filter(region_id=region_id, provider_id=subject.provider_id, status__in=ADMISSION_LIVE)
    if subject.establishment_id is not None:
        rows = rows.filter(establishment_id=subject.establishment_id)
    lots = Lot.objects.filter(pk__in=rows.values("lot_id")).select_related("vehicle")
    return list(lots.order_by("vehicle__code", "code"))
