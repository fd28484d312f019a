"""The door: without a context nothing is seen; with one, only one's own; on the way out all is as before."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from brokerage.core.tenants.context import OutsideContext, acting
from brokerage.core.tenants.models import Membership
from dpv.models import Ceiling
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def test_managers_refuse_without_a_context() -> None:
    with pytest.raises(OutsideContext):
        Membership.objects.count()


def test_the_database_refuses_the_login_role() -> None:
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM placements_referral")


def test_an_organisation_sees_its_own_memberships_only() -> None:
    with acting(actor_of("adam")):
        assert Membership.objects.count() == 10
    with acting(actor_of("edith")):
        assert Membership.objects.count() == 1


def test_a_provider_sees_its_own_ceilings_only() -> None:
    with acting(actor_of("bob")):
        assert Ceiling.objects.count() == 2
    with acting(actor_of("olive")):
        assert Ceiling.objects.count() == 4
    with acting(actor_of("nia")):
        assert Ceiling.objects.count() == 0


def test_leaving_a_context_restores_role_and_settings() -> None:
    def now() -> tuple[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('app.organisation_id', true)")
            return cursor.fetchone()

    olive, bob = actor_of("olive"), actor_of("bob")
    with acting(olive):
        outer = now()
        with acting(bob):
            assert now() == ("brokerage_provider", str(bob.organisation_id))
        assert now() == outer == ("brokerage_authority", str(olive.organisation_id))
        with pytest.raises(ZeroDivisionError), acting(bob):
            raise ZeroDivisionError
        assert now() == outer
    assert now()[0] == "brokerage_login"


def test_a_hub_broker_acts_under_a_live_delegation_only() -> None:
    from brokerage.core.tenants.directory import actor_for
    from tests.cast import user_of

    hugh = user_of("hugh")
    broker = actor_for(hugh, "ealing")
    assert broker is not None and broker.on_behalf_of_id is not None
    assert broker.may("award.make") and not broker.may("people.manage")
    assert actor_for(hugh, "harrow") is None
