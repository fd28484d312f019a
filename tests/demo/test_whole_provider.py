"""The demo's measure on a whole provider is of one that nobody has invited."""

from __future__ import annotations

import pytest

from brokerage.core.tenants.context import acting, loader
from brokerage.demo.measures import _of_a_whole_provider
from dpv.actions.measures import propose_measure
from dpv.models import Admission
from tests import scenarios
from tests.cast import actor_of, ident

pytestmark = pytest.mark.usefixtures("as_owner")


def test_the_demo_restricts_a_provider_with_several_homes() -> None:
    with loader():
        homes = list(Admission.objects.filter(region__slug="west-london").order_by("pk"))
    tale = _of_a_whole_provider(homes)
    assert tale.facts.provider_id == ident("birch") and tale.facts.establishment_id is None
    with acting(actor_of("carol")) as carol:
        measure = propose_measure(carol, facts=tale.facts)
    assert (measure.level, measure.kind) == ("provider", "restrict")
    scenarios.invited("birch-house")
    assert _of_a_whole_provider(homes).facts.provider_id == homes[-1].provider_id
