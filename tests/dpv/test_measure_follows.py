"""A measure on a home is about the home, whoever runs it under whatever number."""

from __future__ import annotations

import pytest
from django.db import connection

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from dpv.eligibility import problems_of
from dpv.models import Admission
from dpv.queries.measures import standing_about
from providers.models import ImportProblem
from tests.api.crowds import superuser
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import in_force
from tests.dpv.test_admissions import a_second_lot, admit
from tests.dpv.test_price_import import counts, prices
from tests.dpv.test_price_import import problems_of as problems_told


def test_a_measure_on_a_home_follows_it_to_a_new_owner_and_number(committed: str) -> None:
    lot, made = a_second_lot(), in_force(establishment_id=ident("birch-house"))
    about_provider = in_force(kind="bar")
    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute(
            "UPDATE providers_establishment SET registration_status = 'cancelled' WHERE id = %s",
            [str(ident("birch-house"))],
        )
        # Cedar takes the home over and registers it under a number of its own.
        cursor.execute(
            "UPDATE providers_establishment SET name = 'BIRCH HOUSE' WHERE id = %s", [str(ident("cedar-house"))]
        )
    with acting(actor_of("olive")):
        (followed,) = standing_about([ident("cedar-house")])[ident("cedar-house")]
        assert followed.pk == made.pk != about_provider.pk, "what is about Birch stays with Birch"
    with pytest.raises(RuleBroken) as refused:
        admit(lot, home="cedar-house")
    assert refused.value.code == "measure_on_earlier_registration" and made.reference in str(refused.value.message)
    in_force(provider_id=ident("cedar"), establishment_id=ident("cedar-house"))
    admission = admit(lot, home="cedar-house")
    with acting(actor_of("carol")):
        assert problems_of([admission.pk], TODAY)[admission.pk] == ["measure_suspended"]


@pytest.mark.django_db
def test_a_neighbour_of_the_same_name_that_is_registered_beside_it_is_another_home() -> None:
    in_force(establishment_id=ident("birch-house"))
    with acting(actor_of("olive")):
        assert standing_about([ident("birch-lodge")])[ident("birch-lodge")] == []


def test_a_price_list_does_not_shake_it_off_either(committed: str) -> None:
    lot, made = a_second_lot(), in_force(kind="bar", establishment_id=ident("birch-house"))
    with superuser(str(connection.settings_dict["NAME"])) as cursor:
        cursor.execute(
            "UPDATE providers_establishment SET registration_status = 'cancelled' WHERE id = %s",
            [str(ident("birch-house"))],
        )
        cursor.execute(
            "UPDATE providers_establishment SET name = 'BIRCH HOUSE' WHERE id = %s", [str(ident("cedar-house"))]
        )
    row = "T-RES,THER,SC990003,8-17,4700.00,2026-04-01,,71.50"
    refused = prices(row)
    assert (counts(refused), problems_told(refused)) == ((0, 0, 0, 1), [(2, "establishment_urn")])
    with acting(actor_of("carol")):
        assert made.reference in ImportProblem.objects.get(run=refused).message
        assert not Admission.objects.filter(lot=lot).exists()
    # What it is on already, and what is put right first, goes on.
    assert counts(prices("T-RES,STD,SC990003,8-17,4500.00,2026-04-01,,")) == (1, 0, 0, 0)
    in_force(kind="bar", provider_id=ident("cedar"), establishment_id=ident("cedar-house"))
    assert counts(prices(row)) == (1, 0, 0, 0)
