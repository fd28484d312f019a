"""The counter of places of imported homes and households.

Awards and providers move it too, so a file changes it only where the file is newer; registered places always count.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from providers.imports.writing import Batch
from providers.models import CarerHousehold, Establishment, Occupancy


def locked_counters(**which: Any) -> QuerySet[Occupancy]:
    """The counters, kept from awards until the batch is committed: an award in between would be forgotten."""
    return Occupancy.objects.filter(**which).select_for_update().order_by("pk")


def count_places(
    batch: Batch[Occupancy],
    counter: Occupancy | None,
    place: Establishment | CarerHousehold,
    *,
    places: int,
    taken: int | None,
    given_on: dt.date | None,
    now: dt.datetime,
) -> list[str]:
    """Bring the counter in line with the file; returns what changed ("places", "taken").

    `taken` is None where the file does not say: a new counter then starts with every place free. A known counter's
    `taken` follows the file only if `given_on` is a later day than its last change.
    """
    given_at = now if given_on is None else timezone.make_aware(dt.datetime.combine(given_on, dt.time()))
    if counter is None:
        new = Occupancy(provider_id=place.provider_id, places=places, taken=min(taken or 0, places))
        new.updated_at = given_at
        if isinstance(place, Establishment):
            new.establishment = place
        else:
            new.household = place
        batch.add(new)
        return ["places"]
    is_newer = taken is not None and given_on is not None and given_on > timezone.localdate(counter.updated_at)
    wanted = taken if is_newer and taken is not None else counter.taken
    changed = batch.change(counter, {"places": places, "taken": min(wanted, places)})
    if changed or is_newer:
        batch.change(counter, {"updated_at": given_at if is_newer else now})
    return changed
