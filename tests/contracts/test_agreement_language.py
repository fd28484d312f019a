"""The agreement's language: asked of Welsh authorities, kept through an approval, honest about English clauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.geography_queries import is_welsh
from contracts import acceptance
from contracts.ipa_pdf import render_html
from contracts.models import Agreement
from contracts.standard_clauses import standard_clauses
from contracts.terms import ENGLISH_ONLY, read_terms
from placements.models import Award, Offer
from tests.cast import actor_of, ident
from tests.scenarios import Invited, award, chosen

SignIn = Callable[[str], Client]
ASKED = "In which language should the agreement be?"


def _address(slug: str, story: Invited, offer: Offer) -> str:
    return f"/o/{slug}/referrals/{story.reference}/offers/{offer.pk}/accept/"


def _answers(offers: list[Offer], **changes: Any) -> dict[str, Any]:
    return {
        "reason_code": "best_match",
        "reason": "It answers every need and is near his school.",
        "revision": offers[0].revision,
        **{f"loser_{other.pk}": "Another home matched better." for other in offers[1:]},
        **changes,
    }


@pytest.mark.django_db
def test_an_english_authority_is_not_asked(sign_in: SignIn) -> None:
    story, offers = chosen()
    client = sign_in("oscar")
    assert ASKED not in client.get(_address("harrow", story, offers[0])).content.decode()
    client.post(_address("harrow", story, offers[0]), _answers(offers, confirm="yes"))
    with acting(actor_of("oscar")):
        assert (Award.objects.get().language, Agreement.objects.get().language) == ("en", "en")


@pytest.mark.django_db
def test_the_choice_outlives_the_wait_for_approval(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cast's Welsh authority has no vehicle: Harrow is Welsh for once.
    monkeypatch.setattr("contracts.views.acceptance.is_welsh", lambda _authority: True)
    story, offers = chosen(who="olive")
    client, address = sign_in("olive"), _address("harrow", story, offers[0])
    assert ASKED in client.get(address).content.decode()
    assert "Select the language of the agreement" in client.post(address, _answers(offers)).content.decode()
    check = client.post(address, _answers(offers, language="cy")).content.decode()
    assert "Language of the agreement" in check and 'name="language" value="cy"' in check
    made = client.post(address, _answers(offers, language="cy", confirm="yes"))
    page = client.get(made["Location"]).content.decode()
    assert "Language of the agreement" in page
    with acting(actor_of("tessa")) as tessa:
        waiting = Award.objects.get()
        assert (waiting.status, waiting.language) == ("awaiting_approval", "cy")
        acceptance.approve(tessa, award_id=waiting.pk, kind="money")
        agreement = Agreement.objects.get()
    assert agreement.language == agreement.terms["language"] == "cy"
    html = render_html(read_terms(agreement.terms))
    assert '<html lang="cy"' in html and "Cytundeb lleoliad unigol" in html
    assert "Mae rhai cymalau yn Saesneg yn unig." in html and "Some clauses are in English only." in html
    assert f'<li lang="en">{ENGLISH_ONLY}' in html
    assert "Welsh" in client.get(f"/o/harrow/agreements/{agreement.reference}/").content.decode()


@pytest.mark.django_db
def test_authorities_in_wales_are_asked() -> None:
    with acting(actor_of("nia")) as nia:
        assert is_welsh(nia.organisation_id) and not is_welsh(ident("harrow"))


@pytest.mark.django_db
def test_a_language_that_is_none_is_refused() -> None:
    _story, offers = chosen()
    with pytest.raises(RuleBroken, match="English or Welsh"):
        award(offers[0], language="fr")


def test_only_a_clause_without_a_text_of_its_own_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"nation": "Wales", "authority_name": "Newport", "provider_name": "Birch Care Ltd"}
    assert ENGLISH_ONLY not in str(vars(standard_clauses(**given)))
    with translation.override("cy"):
        marked = standard_clauses(**given)
        assert all(clause.startswith(ENGLISH_ONLY) for clause in marked.variation + marked.missing)
        said = "contracts.standard_clauses.gettext"
        monkeypatch.setattr(said, lambda text: "Yn Gymraeg" if text.startswith("This agreement changes") else text)
        assert standard_clauses(**given).variation == ("Yn Gymraeg",)
