"""Steps that the tests of offers share: what other people change while a provider writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.test import Client

from brokerage.core.tenants.context import acting, current
from dpv.models import Admission, Ceiling
from placements.actions.offers import ExtraAsked
from placements.models import Offer, Release
from tests.cast import actor_of, ident
from tests.scenarios import Invited

SignIn = Callable[[str], Client]


def release_now(story: Invited, slug: str = "birch", **changes: Any) -> None:
    """The authority changes a release (closing time, text, state)."""
    with acting(actor_of("olive")):
        Release.objects.filter(pk=story.releases[slug].pk).update(**changes)


def new_ceiling(weekly: str, home: str = "birch-house") -> None:
    carol = actor_of("carol") if current() is None else None
    with acting(carol) if carol else nullcontext():
        admission = Admission.objects.get(pk=ident(f"admission {home}"))
        Ceiling.objects.create(
            region_id=admission.region_id,
            provider_id=admission.provider_id,
            admission=admission,
            age_min=0,
            age_max=17,
            weekly=Decimal(weekly),
            valid_from=dt.date.today(),
        )


def suspend(home: str = "birch-house") -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident(f"admission {home}")).update(status="suspended")


def stored(offer: Offer, who: str = "bob") -> Offer:
    with acting(actor_of(who)):
        return Offer.objects.get(pk=offer.pk)


def extra(**changes: Any) -> ExtraAsked:
    today = dt.date.today()
    asked = ExtraAsked(
        code="one_to_one_hour",
        quantity_per_week=Decimal("10"),
        starts_on=today + dt.timedelta(days=7),
        ends_on=today + dt.timedelta(days=90),
        review_on=today + dt.timedelta(days=45),
        outcome="Settles at school.",
    )
    return replace(asked, **changes)
