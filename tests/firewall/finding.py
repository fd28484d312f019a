"""Placements, homes that fail and runs of the firewall, for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.firewall.actions.runs import check_authority
from brokerage.safeguarding.firewall.models import Check, Finding
from placements.models import Person, Placement
from providers.models import Establishment
from tests.cast import TODAY, actor_of, ident


def living(home: str | None = "birch-house", *, who: str = "olive", age: int = 14, **columns: Any) -> Placement:
    """Somebody who lives in a home of the cast, or (None) in one that is in no register."""
    actor = actor_of(who)
    with acting(actor):
        person = Person.objects.create(
            authority_id=actor.organisation_id,
            case_number=f"CN-{Person.objects.count()}",
            given_name="Kestrel",
            family_name="Quillfeather",
            date_of_birth=dt.date(TODAY.year - age, 1, 1),
            sex="male",
        )
        place: dict[str, Any] = {"provider_name": "Cedar Cottage", "outward": "HA1"}
        if home is not None:
            provider_id = Establishment.objects.values_list("provider_id", flat=True).get(pk=ident(home))
            place = {"provider_id": provider_id, "establishment_id": ident(home)}
        return Placement.objects.create(
            **{
                "authority_id": actor.organisation_id,
                "person": person,
                "status": "active",
                "category": "residential",
                "source": "existing",
                "planned_start_on": TODAY - dt.timedelta(days=90),
                "started_on": TODAY - dt.timedelta(days=90),
                "weekly_core": "3000.00",
                "weekly_total": "3000.00",
                **place,
                **columns,
            }
        )


def change_home(name: str = "birch-house", **values: Any) -> None:
    """As the central team, who keeps the register."""
    with acting(actor_of("carol")):
        assert Establishment.objects.filter(pk=ident(name)).update(**values) == 1


def check(who: str = "olive", *, homes: list[UUID] | None = None, again: bool = True) -> Check | None:
    """Look at the placements of this person's authority."""
    return check_authority(actor_of(who).organisation_id, on=TODAY, homes=homes, again=again)


def findings(who: str = "olive") -> list[Finding]:
    """What this person's authority reads, oldest first."""
    with acting(actor_of(who)):
        return list(Finding.objects.order_by("found_at", "reference"))


def found(who: str = "olive", **values: Any) -> Finding:
    """Somebody lives in Birch House, which is no longer registered: the finding."""
    placement = living(who=who)
    change_home(**{"registration_status": "cancelled", **values})
    check(who)
    return next(one for one in findings(who) if one.placement_id == placement.pk)
