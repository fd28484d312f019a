"""A hub broker under a delegation for some kinds of referral reads nothing of other children, whatever is typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Delegation
from contracts.models import Agreement
from placements.actions.referrals import NewPerson, create_referral
from placements.models import Award, Person, Placement, Referral
from tests.cast import actor_of, ident, user_of
from tests.scenarios import awarded, draft_referral

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


def delegate(*categories: str, who: str = "edith") -> None:
    """That person's council delegates these kinds to the hub, in place of what it delegated before."""
    with acting(actor_of(who)) as actor:
        Delegation.objects.update(ended_at=database_now())
        Delegation.objects.create(
            authority_id=actor.organisation_id,
            central_team_id=ident("west-london-central"),
            starts_on=dt.date.today() - dt.timedelta(days=1),
            categories=list(categories),
            reason="The hub places adults",
        )


def hugh(council: str = "ealing") -> Actor:
    actor = actor_for(user_of("hugh"), council)
    assert actor is not None
    return actor


def test_a_delegation_for_adults_shows_no_child(sign_in: SignIn) -> None:
    child = draft_referral("edith")
    with acting(actor_of("edith")):
        person = Person.objects.get(pk=child.person_id)
    client = sign_in("hugh")
    at = f"/o/ealing/referrals/{child.reference}/"
    assert client.get(at).status_code == 200
    delegate("adult_residential")
    for path in ("", "identity/", "needs/", "documents/", "check/", "match/", "publish/"):
        for response in (client.get(f"{at}{path}"), client.post(f"{at}{path}", {})):
            assert response.status_code in (404, 405), path
    assert child.reference not in client.get("/o/ealing/referrals/").content.decode()
    found = client.post("/o/ealing/people/search/", {"q": person.family_name, "text": person.family_name})
    assert person.case_number not in found.content.decode()
    with acting(hugh()), connection.cursor() as cursor:
        assert not Referral.objects.exists() and not Person.objects.exists()
        cursor.execute("SELECT count(*) FROM placements_person WHERE id = %s", [person.pk])
        assert cursor.fetchone()[0] == 0
    with acting(actor_of("edith")):
        assert Person.objects.filter(pk=person.pk).exists()


def test_nor_its_award_placement_or_agreement() -> None:
    awarded("birch-house")
    for categories, is_shown in (((), True), (("adult_residential",), False), (("residential", "fostering"), True)):
        delegate(*categories, who="oscar")
        with acting(hugh("harrow")):
            shown = [model.objects.exists() for model in (Award, Agreement, Placement)]
        assert shown == [is_shown] * 3, categories


def test_nor_may_it_begin_one() -> None:
    delegate("fostering")
    actor = replace(hugh())
    assert actor.categories == ("fostering",)
    child = draft_referral("edith")
    with acting(actor_of("edith")):
        taken = Person.objects.get(pk=child.person_id).case_number
    new = NewPerson(
        case_number="C-1",
        given_name="Zachariah",
        family_name="Quillfeather",
        date_of_birth=dt.date(dt.date.today().year - 14, 1, 1),
        sex="male",
    )

    def begin(category: str, person: NewPerson) -> Referral:
        with acting(actor):
            return create_referral(actor, category=category, urgency="planned", token=uuid4().hex, new_person=person)

    with pytest.raises(RuleBroken) as refusal:
        begin("residential", new)
    assert refusal.value.code == "not_delegated"
    assert begin("fostering", new).category == "fostering"
    with pytest.raises(RuleBroken) as refusal:
        begin("fostering", replace(new, case_number=taken))
    assert refusal.value.code == "case_number_taken"


def test_a_delegation_of_everything_covers_everything() -> None:
    assert hugh().categories == () and hugh().covers("residential")
