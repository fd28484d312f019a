"""A kept query finds what its queryset finds, each time for what is asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import OutsideContext, acting
from brokerage.core.tenants.kept_queries import KeptQuery, given
from dpv.models import Measure
from placements.models import Invitation, Offer, Release
from tests.cast import actor_of
from tests.scenarios import Invited, drafted_offer, invited

pytestmark = pytest.mark.django_db


def asked() -> KeptQuery[Any]:
    offers = Offer.objects.filter(invitation_id=OuterRef("pk"))
    rows = Invitation.objects.annotate(has_offer=Exists(offers)).select_related("release__authority")
    return KeptQuery(lambda: rows.filter(pk=given("pk"), invited_at__lte=given("by")))


@pytest.fixture
def story() -> Invited:
    return invited("birch-house", "cedar-house")


LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def test_the_same_objects_with_their_related_ones_for_each_asking(story: Invited) -> None:
    drafted_offer(story=story, home="birch-house")
    with acting(actor_of("bob")):
        kept = asked()
        pk = story.invitations["birch-house"].pk
        for _again in range(2):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                found = kept.first(pk=pk, by=LATER)
                assert found.release.authority.name
            assert len(queries) == 1
            plain = Invitation.objects.select_related("release__authority").get(pk=pk)
            assert found == plain
            assert vars(found.release).keys() == vars(plain.release).keys()
            assert found.release.content == plain.release.content
            assert found.has_offer is True
            assert not found._state.adding
            assert found._state.db == "default"
        assert kept.all(pk=pk, by=dt.datetime(2000, 1, 1, tzinfo=dt.UTC)) == []


def test_row_security_answers_who_asks_now(story: Invited) -> None:
    pk = story.invitations["birch-house"].pk
    with acting(actor_of("bob")):
        kept = asked()
        assert kept.first(pk=pk, by=LATER) is not None
    with acting(actor_of("cecil")):
        assert kept.first(pk=pk, by=LATER) is None


def test_some_columns_only_and_bare_values(story: Invited) -> None:
    release = story.releases["birch"]
    with acting(actor_of("olive")):
        some = KeptQuery(lambda: Release.objects.filter(pk=given("pk")).only("reference"))
        found = some.first(pk=release.pk)
        assert found is not None
        assert found.get_deferred_fields()
        assert found.authority_name == release.authority_name
        bare = KeptQuery(lambda: Release.objects.filter(pk=given("pk")).values_list("reference", "content"))
        assert bare.tuples(pk=release.pk) == [(release.reference, release.content)]


def test_a_value_that_is_wanting_is_an_error_and_not_another_row(story: Invited) -> None:
    with acting(actor_of("bob")), pytest.raises(KeyError):
        asked().all(pk=story.invitations["birch-house"].pk)


def test_nobody_asks_outside_a_context() -> None:
    with acting(actor_of("olive")):
        kept = asked()
    with pytest.raises(OutsideContext):
        kept.all(pk=None, by=LATER)


def test_not_of_a_model_that_is_read_by_who_asks() -> None:
    with acting(actor_of("olive")), pytest.raises(TypeError, match="depends on who asks"):
        KeptQuery(lambda: Measure.objects.filter(pk=given("pk"))).all(pk=None)
