"""Drafting a referral: the acts, without pages."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions.people import find_person, may_know, read_identity, update_person
from placements.actions.referrals import (
    ChangedMeanwhile,
    NewPerson,
    copy_referral,
    create_referral,
    save_section,
    withdraw_referral,
)
from placements.actions.siblings import link_siblings
from placements.completeness import missing
from placements.models import Person, Referral
from placements.queries.referrals import listed, referral_of, timeline, visible_referrals
from tests.cast import actor_of
from tests.scenarios import awarded, draft_referral, invited, with_person

pytestmark = pytest.mark.django_db


def someone(**changes: Any) -> NewPerson:
    today = dt.date.today()
    values: dict[str, Any] = {
        "case_number": f"C-{uuid4().hex[:6]}",
        "given_name": "Wilhelmina",
        "family_name": "Thistledown",
        "date_of_birth": dt.date(today.year - 12, 1, 1),
        "sex": "female",
    }
    return NewPerson(**{**values, **changes})


def start(who: str = "olive", **changes: Any) -> Referral:
    actor = actor_of(who)
    values: dict[str, Any] = {"category": "residential", "urgency": "planned", "token": uuid4().hex}
    with acting(actor):
        return create_referral(actor, **{**values, "new_person": someone(), **changes})


def save(who: str, referral: Referral, section: str, base: int | None = None, **values: Any) -> Referral:
    actor = actor_of(who)
    with acting(actor):
        return save_section(
            actor,
            reference=referral.reference,
            section=section,
            values=values,
            base_revision=referral.revision if base is None else base,
        )


def kinds(referral: Referral) -> list[str]:
    with acting(actor_of("olive")):
        return list(Entry.objects.filter(subject_id=str(referral.pk)).order_by("at").values_list("kind", flat=True))


# --- Starting ---------------------------------------------------------------------------------------------------------


def test_a_draft_knows_age_sex_and_area_from_the_persons_record() -> None:
    today = dt.date.today()
    birthday_tomorrow = today + dt.timedelta(days=1)
    born = dt.date(birthday_tomorrow.year - 15, birthday_tomorrow.month, min(birthday_tomorrow.day, 28))
    referral = start(new_person=someone(date_of_birth=born, home_postcode="ha1 2aa"))
    assert referral.sex == "female" and referral.outward == "HA1" and referral.urgency == "planned"
    assert referral.age == today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert kinds(referral) == ["referral.created"]


def test_pressing_start_twice_starts_one_draft() -> None:
    token, person = uuid4().hex, someone()
    first = start(token=token, new_person=person)
    again = start(token=token, new_person=person)
    assert first.pk == again.pk
    with acting(actor_of("olive")):
        assert Person.objects.filter(case_number=person.case_number).count() == 1


def test_anothers_token_is_not_mine() -> None:
    token = uuid4().hex
    assert start(token=token).pk != start("oscar", token=token).pk


def test_a_case_number_is_given_once_and_found_whatever_its_case() -> None:
    referral = start(new_person=someone(case_number="LCS-77"))
    with pytest.raises(RuleBroken) as refused:
        start(new_person=someone(case_number="lcs-77"))
    assert refused.value.code == "case_number_taken" and refused.value.field == "case_number"
    with acting(actor_of("olive")) as olive:
        found = find_person(olive, case_number=" lcs-77 ")
    assert found is not None and found.pk == referral.person_id
    with acting(actor_of("edith")) as edith:
        assert find_person(edith, case_number="LCS-77") is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"given_name": " "}, "given_name_missing"),
        ({"date_of_birth": dt.date.today() + dt.timedelta(days=1)}, "date_of_birth_ahead"),
        ({"date_of_birth": dt.date(1850, 1, 1)}, "date_of_birth_invalid"),
        ({"date_of_birth": dt.date(dt.date.today().year - 30, 1, 1)}, "age_not_for_category"),
        ({"sex": "x"}, "sex_missing"),
        ({"home_postcode": "HA1"}, "postcode_invalid"),
        ({"family_name": "x" * 81}, "too_long"),
    ],
)
def test_a_person_is_refused_for_a_reason(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        start(new_person=someone(**changes))
    assert refused.value.code == code


def test_who_may_not_draft_does_not() -> None:
    for who in ("connie", "tessa", "fiona"):
        with pytest.raises(NotPermitted):
            start(who)


# --- Sections ---------------------------------------------------------------------------------------------------------


def test_a_complete_draft_lacks_nothing_and_its_columns_are_what_matching_reads() -> None:
    referral = draft_referral(where={"avoid_outwards": ["NW10"]}, home={"single_sex_home": True})
    assert missing(referral) == []
    stored = referral
    assert stored.needs == ["emotional_behavioural", "self_harm", "missing"]
    assert (stored.outward, stored.max_miles, stored.avoid_outwards) == ("HA1", 20, ["NW10"])
    assert stored.single_sex_home and not stored.needs_solo
    assert stored.planned_months == 12 and stored.expected_weeks == 52
    assert len(stored.sections_done) == 8


@pytest.mark.parametrize("category", ["fostering", "supported_accommodation", "sen_school"])
def test_every_category_can_be_completed(category: str) -> None:
    assert missing(draft_referral(category=category, age=16)) == []


def test_an_adults_referral_can_be_completed() -> None:
    adult = {
        "client_group": "learning_disability",
        "assessed_hours": "40",
        "capacity": "lacks",
        "dols": "applied",
        "chc_percent": 25,
        "top_up": False,
    }
    referral = draft_referral(
        category="adult_residential", age=44, adult=adult, needs={"adult_needs": ["learning_disability"]}
    )
    assert missing(referral) == [] and referral.needs[0] == "learning_disability"
    with acting(actor_of("olive")):
        assert Person.objects.get(pk=referral.person_id).client_group == "adult"


def test_half_a_section_is_kept() -> None:
    referral = save("olive", start(), "where", outward="HA2")
    assert referral.outward == "HA2" and referral.sections_done == []


def test_what_cannot_be_read_is_kept_as_typed_and_counts_as_missing() -> None:
    referral = start()
    actor = actor_of("olive")
    with acting(actor):
        referral = save_section(
            actor,
            reference=referral.reference,
            section="where",
            values={"outward": "HA2"},
            unread={"max_miles": "a few"},
            base_revision=referral.revision,
        )
    assert referral.answers["as_typed"] == {"where": {"max_miles": "a few"}}
    assert "where.max_miles" in {f"{item.section}.{item.field}" for item in missing(referral)}
    referral = save("olive", referral, "where", max_miles=12)
    assert referral.max_miles == 12 and "where" not in referral.answers["as_typed"]


def test_finishing_a_section_that_lacks_something_does_not_mark_it_done() -> None:
    referral = start()
    actor = actor_of("olive")
    with acting(actor):
        referral = save_section(
            actor,
            reference=referral.reference,
            section="where",
            values={"outward": "HA2"},
            base_revision=referral.revision,
            finished=True,
        )
    assert referral.sections_done == []


def test_a_section_emptied_later_is_done_no_more() -> None:
    referral = save("olive", draft_referral(), "matters", voice="")
    assert "matters" not in referral.sections_done


def test_two_officers_in_different_sections_both_keep_their_work() -> None:
    opened = draft_referral()
    save("oscar", opened, "where", max_miles=9)
    both = save("olive", opened, "matters", voice="Near the sea.")
    assert both.max_miles == 9 and both.answers["matters"]["voice"] == "Near the sea."


def test_two_officers_in_one_section_the_second_is_told_who_changed_what() -> None:
    opened = draft_referral()
    theirs = save("oscar", opened, "where", max_miles=9)
    with pytest.raises(ChangedMeanwhile) as told:
        save("olive", opened, "where", max_miles=40)
    assert "Oscar Officer" in str(told.value)
    assert told.value.fields == ("max_miles",) and told.value.revision == theirs.revision
    with acting(actor_of("olive")) as olive:
        assert referral_of(olive, opened.reference).max_miles == 9
    again = save("olive", opened, "where", base=told.value.revision, max_miles=40)
    assert again.max_miles == 40


def test_saving_the_same_twice_is_no_conflict_and_leaves_no_second_trace() -> None:
    opened = start()
    first = save("olive", opened, "where", max_miles=9)
    again = save("olive", opened, "where", max_miles=9)
    assert again.revision == first.revision
    assert kinds(opened).count("referral.section_saved") == 1


def test_the_trail_names_fields_and_never_their_values() -> None:
    referral = save("olive", start(), "matters", voice="I miss my rabbit Thumper.")
    with acting(actor_of("olive")):
        entry = Entry.objects.get(subject_id=str(referral.pk), kind="referral.section_saved")
    assert entry.data["fields"] == ["voice"] and "Thumper" not in str(entry.data)


def test_only_a_draft_is_edited() -> None:
    published = invited().referral
    with pytest.raises(NotNow):
        save("olive", published, "where", max_miles=9)


def test_an_unknown_section_is_not_found_and_an_unknown_question_refused() -> None:
    referral = start()
    with pytest.raises(Http404):
        save("olive", referral, "secrets", a="b")
    with pytest.raises(RuleBroken):
        save("olive", referral, "where", budget_code="X")


def test_statutory_facts_go_back_to_the_persons_record() -> None:
    referral = save("olive", start(), "person", legal_status="C1", ethnicity="AIND")
    with acting(actor_of("olive")):
        person = Person.objects.get(pk=referral.person_id)
    assert (person.legal_status, person.ethnicity) == ("C1", "AIND")
    assert start(new_person=None, person_id=person.pk).answers["person"]["ethnicity"] == "AIND"


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_a_social_worker_sees_own_referrals_only() -> None:
    mine, other = start("sandra"), start("olive")
    with acting(actor_of("sandra")) as sandra:
        assert set(visible_referrals(sandra)) == {mine}
        with pytest.raises(Http404):
            referral_of(sandra, other.reference)
        with pytest.raises(Http404):
            save_section(sandra, reference=other.reference, section="where", values={}, base_revision=9)
    assert mine.social_worker_id == actor_of("sandra").user_id
    named = start("olive", social_worker=actor_of("sandra").user_id)
    with acting(actor_of("sandra")) as sandra:
        assert referral_of(sandra, named.reference).social_worker_name == "Sandra Social"


def test_another_authority_sees_nothing() -> None:
    referral = start()
    with acting(actor_of("edith")) as edith, pytest.raises(Http404):
        referral_of(edith, referral.reference)


def test_identity_is_read_with_permission_and_every_reading_is_logged() -> None:
    referral = start()
    with acting(actor_of("olive")) as olive:
        identity = read_identity(olive, person_id=referral.person_id, reference=referral.reference)
        entry = Entry.objects.get(kind="person.read")
    assert identity.full_name == "Wilhelmina Thistledown"
    assert entry.subject_reference == referral.reference and "Thistledown" not in str(entry.data)
    with acting(actor_of("sandra")) as sandra, pytest.raises(NotPermitted):
        read_identity(sandra, person_id=referral.person_id)


def test_a_social_worker_knows_whom_their_own_referrals_are_for() -> None:
    mine, other = start("sandra"), start("olive")
    assert mine.person_id is not None and other.person_id is not None
    with acting(actor_of("sandra")) as sandra:
        assert may_know(sandra, mine.person_id) and not may_know(sandra, other.person_id)
        identity = read_identity(sandra, person_id=mine.person_id, reference=mine.reference)
        assert identity.full_name == "Wilhelmina Thistledown"
        assert Entry.objects.filter(kind="person.read").count() == 1
        changed = update_person(sandra, person_id=mine.person_id, changes={"known_as": "Billie"})
        assert changed.known_as == "Billie"


def test_a_persons_name_is_put_right() -> None:
    referral = start()
    with acting(actor_of("olive")) as olive:
        person = update_person(olive, person_id=referral.person_id, changes={"known_as": "Billie"})
        assert person.known_as == "Billie"
        assert Entry.objects.get(kind="person.changed").data == {"fields": ["known_as"]}
    with acting(actor_of("sandra")) as sandra, pytest.raises(NotPermitted):
        update_person(sandra, person_id=referral.person_id, changes={"known_as": "B"})


def test_the_list_filters_and_the_timeline_counts_saves_in_a_row_once() -> None:
    mine = start()
    other = start("oscar", category="fostering")
    mine = save("olive", mine, "where", max_miles=9)
    mine = save("olive", mine, "where", max_miles=10)
    with acting(actor_of("olive")) as olive:
        assert list(listed(olive, mine=True)) == [mine]
        assert list(listed(olive, category="fostering", status="draft")) == [other]
        assert len(timeline(mine)) == 2


# --- Copy, siblings, withdraw -----------------------------------------------------------------------------------------


def test_a_copy_for_the_same_person_takes_the_answers_but_no_dates_and_nothing_is_done() -> None:
    source = draft_referral()
    token = uuid4().hex
    with acting(actor_of("olive")) as olive:
        copy = copy_referral(olive, reference=source.reference, token=token)
        again = copy_referral(olive, reference=source.reference, token=token)
    assert copy.pk == again.pk and copy.reference != source.reference
    assert copy.person_id == source.person_id and copy.needs == source.needs
    assert copy.needed_on is None and copy.sections_done == [] and copy.disclosures_confirmed == []
    assert {f"{item.section}.{item.field}" for item in missing(copy)} == {"where.needed_on", "outcomes.review_on_1"}


def test_a_siblings_copy_takes_the_household_only_and_ties_the_two() -> None:
    source, other = draft_referral(), start()
    with acting(actor_of("olive")) as olive:
        copy = copy_referral(
            olive, reference=source.reference, token=uuid4().hex, person_id=other.person_id, as_sibling=True
        )
        source.refresh_from_db()
    assert copy.sibling_group_id is not None and copy.sibling_group_id == source.sibling_group_id
    assert copy.outward == "HA1" and "risks" not in copy.answers and copy.needs == []
    assert copy.sex == "female"


def test_sibling_groups_merge_and_need_two_people() -> None:
    one, two, three, four = start(), start(), start(), start()
    with acting(actor_of("olive")) as olive:
        link_siblings(olive, references=[one.reference, two.reference])
        link_siblings(olive, references=[three.reference, four.reference])
        group = link_siblings(olive, references=[two.reference, three.reference])
        assert group.referrals.count() == 4
        with pytest.raises(RuleBroken):
            link_siblings(olive, references=[one.reference])


def test_a_draft_is_withdrawn_with_a_reason() -> None:
    referral = start("sandra")
    with acting(actor_of("sandra")) as sandra:
        with pytest.raises(RuleBroken):
            withdraw_referral(sandra, reference=referral.reference, reason="  ")
        gone = withdraw_referral(sandra, reference=referral.reference, reason="Going home instead")
        assert gone.status == "withdrawn" and gone.ended_at and gone.end_reason == "Going home instead"
    with acting(actor_of("olive")) as olive, pytest.raises(NotNow):
        withdraw_referral(olive, reference=referral.reference, reason="Again")


def test_withdrawing_what_providers_see_closes_their_view_and_tells_them() -> None:
    story = invited("birch-house", "cedar-house")
    with acting(actor_of("olive")) as olive:
        withdraw_referral(olive, reference=story.reference, reason="No longer needed")
    for who, provider in (("bob", "birch"), ("cecil", "cedar")):
        with acting(actor_of(who)):
            release = story.releases[provider]
            release.refresh_from_db()
            assert release.state == "closed" and release.content == {}
            assert release.outcome_reason == "No longer needed"


def test_providers_never_read_in_the_reason_who_the_person_is() -> None:
    story = with_person(invited())
    with acting(actor_of("olive")) as olive, pytest.raises(RuleBroken) as refused:
        withdraw_referral(olive, reference=story.reference, reason="Kestrel went home to her mother")
    assert (refused.value.code, refused.value.field) == ("discloses", "reason")
    draft = draft_referral()
    with acting(actor_of("olive")) as olive:
        gone = withdraw_referral(olive, reference=draft.reference, reason="Zachariah went home")
    assert gone.status == "withdrawn", "nobody else reads the reason of a draft"


def test_a_referral_that_waits_for_approval_is_withdrawn_and_its_award_taken_back() -> None:
    story, made = awarded(who="olive")
    assert made.status == "awaiting_approval"
    with acting(actor_of("olive")) as olive:
        gone = withdraw_referral(olive, reference=story.reference, reason="The court decided otherwise")
        made.refresh_from_db()
        titles = [str(event["title"]) for event in timeline(gone)]
    assert gone.status == "withdrawn" and made.status == "taken_back"
    assert "Award taken back" in titles and "Withdrawn" in titles


def test_a_social_worker_does_not_withdraw_what_is_published() -> None:
    story = invited()
    with acting(actor_of("olive")):
        story.referral.social_worker_id = actor_of("sandra").user_id
        story.referral.save()
    with acting(actor_of("sandra")) as sandra, pytest.raises(NotPermitted):
        withdraw_referral(sandra, reference=story.reference, reason="Please stop")
