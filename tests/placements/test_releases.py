"""What a provider reads, when, and what is left of it afterwards."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted
from brokerage.core.tenants.context import acting
from placements.actions.releases import close_releases, open_full_papers, reopen_releases
from placements.models import Offer, Referral, ReferralDocument, Release
from placements.projection import Paper, PersonFacts, ReferralFacts, listed_documents, stage_one, stage_two
from placements.queries.inbox import opportunity_of
from placements.queries.progress import invited_homes
from tests.cast import actor_of, ident
from tests.scenarios import published_referral, referral_answers, standing_offer

FACTS = ReferralFacts("residential", 14, "male", ("self_harm",), "HA1", 20, dt.date(2026, 4, 1), 52, 12, False, True)
IDENTITY = ("Zachariah", "Quillfeather", "2012", "HA1 2AA", "Sandra", "7946")


def answers(**sections: dict[str, Any]) -> dict[str, Any]:
    made = referral_answers()
    for name, changes in sections.items():
        made[name] = {**made[name], **changes}
    return made


# --- Pure ---------------------------------------------------------------------------------------------------------


def test_stage_one_is_plain_json_in_the_order_of_the_form() -> None:
    content = stage_one(FACTS, answers())
    assert json.loads(json.dumps(content)) == content
    assert content["needed_on"] == "2026-04-01" and content["siblings"] == 1 and content["single_sex_home"] is True
    assert [section["code"] for section in content["sections"]][:2] == ["person", "needs"]
    assert all(row["label"] and row["value"] for section in content["sections"] for row in section["rows"])
    assert "papers" not in content


def test_siblings_are_counted_with_the_child_when_they_go_together() -> None:
    home = {"sibling_count": 2, "siblings_together": "together"}
    assert stage_one(FACTS, answers(home=home))["siblings"] == 3
    assert stage_one(FACTS, answers(home={**home, "siblings_together": "apart"}))["siblings"] == 1


def test_stage_two_adds_what_stage_one_may_not_say() -> None:
    given = answers(needs={"assessment_summary": "The whole assessment."})
    person = PersonFacts("Zachariah Quillfeather", "Zach", dt.date(2012, 1, 1))
    assert "The whole assessment." not in str(stage_one(FACTS, given))
    content = stage_two(FACTS, given, person)
    papers = content["papers"]
    assert [row["value"] for row in papers[0]["rows"]] == ["Zachariah Quillfeather", "Zach", "1 January 2012"]
    assert "The whole assessment." in str(papers)
    first = {(s["code"], r["field"]) for s in content["sections"] for r in s["rows"]}
    second = {(s["code"], r["field"]) for s in papers for r in s["rows"]}
    assert not first & second
    assert stage_two(FACTS, given, None)["papers"][0]["code"] != "identity"


def test_a_file_s_own_name_is_not_shown_at_stage_one() -> None:
    papers = [
        Paper("1", "profile", "Anonymised profile", "Zach Quillfeather.pdf", "application/pdf", 9, "a", True),
        Paper("2", "care_plan", "Care plan", "Plan.pdf", "application/pdf", 9, "b", False),
    ]
    assert [(each["name"], each["stage"]) for each in listed_documents(papers, stage=1)] == [("Anonymised profile", 1)]
    assert [each["name"] for each in listed_documents(papers, stage=2)] == ["Zach Quillfeather.pdf", "Plan.pdf"]


# --- Written ------------------------------------------------------------------------------------------------------


def test_nothing_that_identifies_is_in_a_stage_one_release(db: None) -> None:
    published_referral()
    with acting(actor_of("bob")):
        release = Release.objects.get()
        text = json.dumps([release.content, release.documents, release.clarifications])
    assert not [word for word in IDENTITY if word in text]


def _document(story: Any, **changes: Any) -> None:
    ReferralDocument.objects.create(
        authority_id=story.referral.authority_id,
        referral_id=story.referral.pk,
        **{
            "kind": "care_plan",
            "name": "Care plan Zachariah.pdf",
            "content_type": "application/pdf",
            "size": 10,
            "sha256": "0" * 64,
            "stored_name": "x",
            "uploaded_by_name": "Olive",
            **changes,
        },
    )


def test_full_papers_open_to_the_shortlisted_provider_only(db: None) -> None:
    story = published_referral()
    standing_offer(story)
    with acting(actor_of("olive")) as actor:
        _document(story)
        open_full_papers(actor, release_id=story.releases["birch"].pk)
        open_full_papers(actor, release_id=story.releases["birch"].pk)
        entry = Entry.objects.get(kind="release.full_papers_opened")
        assert entry.data["documents"] == 1
    with acting(actor_of("bob")):
        release = Release.objects.get()
        assert release.stage == 2 and "Zachariah Quillfeather" in str(release.content["papers"])
        assert release.documents[0]["stored_name"] == "x"
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert release.stage == 1 and "papers" not in release.content and release.documents == []


def test_who_may_open_full_papers(db: None) -> None:
    story = published_referral()
    release_id = story.releases["birch"].pk
    for who, kind in (("sandra", NotPermitted), ("edith", Http404), ("nora", NotPermitted)):
        with acting(actor_of(who)) as actor, pytest.raises(kind):
            open_full_papers(actor, release_id=release_id)
    with acting(actor_of("olive")) as actor:
        close_releases(story.referral, reason="Over.", provider_ids={ident("birch")})
        with pytest.raises(NotNow) as closed:
            open_full_papers(actor, release_id=release_id)
        assert closed.value.code == "release_closed"
        Referral.objects.filter(pk=story.referral.pk).update(status="withdrawn")
        with pytest.raises(NotNow) as over:
            open_full_papers(actor, release_id=story.releases["cedar"].pk)
        assert over.value.code == "referral_over"


def test_the_day_a_home_is_needed_is_written_as_people_write_it(db: None) -> None:
    story = published_referral(where={"needed_on": "2030-11-05"})
    with acting(actor_of("bob")):
        facts = opportunity_of(story.reference, database_now()).facts
    assert "5 November 2030" in [row["value"] for row in facts]


def test_nobody_is_shortlisted_without_an_offer_that_stands(db: None) -> None:
    story = published_referral()
    offer = standing_offer(story)
    with acting(actor_of("olive")) as actor:
        homes = {home.home: home.may_get_full_papers for home in invited_homes(story.referral)}
        assert homes["Birch House"] and not homes["Cedar House"]
        with pytest.raises(NotNow) as silent:
            open_full_papers(actor, release_id=story.releases["cedar"].pk)
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(status="withdrawn")
    with acting(actor_of("olive")) as actor, pytest.raises(NotNow) as withdrawn:
        open_full_papers(actor, release_id=story.releases["birch"].pk)
    assert silent.value.code == withdrawn.value.code == "nothing_offered"


def test_closing_empties_everybody_but_the_winner(db: None) -> None:
    story = published_referral()
    standing_offer(story, "cedar-house")
    with acting(actor_of("olive")) as actor:
        open_full_papers(actor, release_id=story.releases["cedar"].pk)
        close_releases(
            story.referral,
            reason="Another offer was chosen.",
            winner_provider_id=ident("birch"),
            reasons={ident("cedar"): "Further from school."},
        )
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert (release.state, release.stage, release.content, release.documents) == ("closed", 1, {}, [])
        assert release.clarifications == [] and release.closed_at is not None
        assert release.outcome_reason == "Further from school."
    with acting(actor_of("bob")):
        release = Release.objects.get()
        assert release.state == "won" and release.stage == 2 and release.content["papers"]


def test_reopening_gives_the_redacted_view_back_to_those_whose_offer_stands(db: None) -> None:
    story = published_referral()
    with acting(actor_of("olive")):
        close_releases(story.referral, reason="Lost.", winner_provider_id=ident("birch"))
        reopen_releases(story.referral, provider_ids={ident("cedar")})
        close_releases(story.referral, reason="Backed out.", provider_ids={ident("birch")})
    with acting(actor_of("cecil")):
        release = Release.objects.get()
        assert release.state == "open" and release.stage == 1 and release.content["age"] == 14
        assert release.outcome_reason == "" and release.closed_at is None
    with acting(actor_of("bob")):
        assert Release.objects.get().content == {}
