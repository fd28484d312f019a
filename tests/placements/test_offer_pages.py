"""The pages of an offer: nothing typed is lost, nothing above a ceiling is stored, no input breaks the form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerage.core.audit.models import Entry
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from placements.models import Offer
from tests.cast import actor_of
from tests.placements.offer_steps import SignIn, new_ceiling, release_now, stored, suspend
from tests.scenarios import Invited, invited, offer_answers, submitted_offer

pytestmark = pytest.mark.django_db


def posted(story: Invited, **changes: str) -> dict[str, Any]:
    """The form's fields as a browser sends them."""
    answers = offer_answers(story)
    starts_on, held_until = answers["starts_on"], answers["held_until"]
    fields: dict[str, Any] = {
        "weekly_core": "3,800",
        "starts_on": starts_on.isoformat(),
        "held_until_day": str(held_until.day),
        "held_until_month": str(held_until.month),
        "held_until_year": str(held_until.year),
        "held_until_time": "17:00",
        "who_lives_there": answers["who_lives_there"],
        "staffing": answers["staffing"],
        "impact_on_residents": answers["impact_on_residents"],
        "do": "continue",
    }
    fields |= {f"statements.{need}": text for need, text in answers["statements"].items()}
    return {**fields, **changes}


def begun(client: Client, story: Invited, home: str = "birch-house") -> str:
    """Start an offer through the page; returns its edit address."""
    address = f"/o/birch/inbox/{story.reference}/offer/{story.invitations[home].pk}/"
    response = client.post(address)
    assert response.status_code == 302
    return str(response.url)


def edition_on(page: Any) -> str:
    text = page.content.decode()
    return text.split('name="edition" value="')[1].split('"')[0]


def test_from_inbox_to_submitted_offer_through_the_pages(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.get(edit)
    assert "£4,000.00" in page.content.decode()
    checked = client.post(edit, {**posted(story), "edition": edition_on(page)})
    assert checked.status_code == 302 and checked.url.endswith("/check/")
    check = client.get(checked.url)
    assert "£3,686.00" in check.content.decode() and "3% of £3,800.00" in check.content.decode()
    once = client.post(checked.url, {"edition": edition_on(check)})
    twice = client.post(checked.url, {"edition": edition_on(check)})
    assert once.status_code == twice.status_code == 302 and once.url == twice.url
    assert "Submitted" in client.get(once.url).content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().status == "submitted"
        assert Entry.objects.filter(kind="offer.submitted").count() == 1


def test_the_form_says_everything_that_is_missing_and_keeps_the_draft(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.post(edit, {"weekly_core": "3800", "do": "continue", "edition": edition_on(client.get(edit))})
    text = page.content.decode()
    assert page.status_code == 422 and "Your draft is saved" in text
    assert "Say how you would meet: Self-harm" in text and 'href="#id_statements.self_harm"' in text
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core == Decimal("3800.00")
    # The page carries the new edition: putting it right works at once.
    again = client.post(edit, {**posted(story), "edition": edition_on(page)})
    assert again.status_code == 302


def test_a_ceiling_changed_while_typing_is_shown_and_the_typed_price_stays(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    edition = edition_on(client.get(edit))
    new_ceiling("3700.00")
    page = client.post(edit, {**posted(story, weekly_core="3,800"), "edition": edition})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'value="3,800"' in text and "from £4,000.00 to £3,700.00" in text
    assert "The weekly price must be £3,700.00 or less" in text
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core is None


def test_after_closing_what_was_typed_stays_on_the_page(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    client = sign_in("bob")
    edit = f"/o/birch/offers/{offer.pk}/edit/"
    edition = edition_on(client.get(edit))
    with acting(actor_of("bob")):
        now = database_now()
    release_now(story, closes_at=now)
    page = client.post(edit, {**posted(story, weekly_core="3,111.00"), "do": "revise", "edition": edition})
    assert page.status_code == 409
    assert "Offers closed on" in page.content.decode() and 'value="3,111.00"' in page.content.decode()
    assert stored(offer).weekly_core == Decimal("3800.00")


def test_rows_of_extras_are_added_and_removed_without_javascript(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    page = client.post(edit, {**posted(story), "do": "add_extra"})
    assert 'name="extras-0-code"' in page.content.decode()
    typed = {**posted(story), "extras": ["0"], "extras-0-code": "one_to_one_hour", "extras-0-outcome": "Typed."}
    page = client.post(edit, {**typed, "do": "add_extra"})
    text = page.content.decode()
    assert "Typed." in text and 'name="extras-1-code"' in text and "There is a problem" not in text
    page = client.post(edit, {**typed, "do": "remove_extra_0"})
    assert "Typed." not in page.content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().extras == []


def test_faults_in_an_extra_stand_beside_it(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    row = {
        "extras": ["3"],
        "extras-3-code": "one_to_one_hour",
        "extras-3-unit_rate": "30",
        "extras-3-quantity_per_week": "5",
    }
    page = client.post(edit, {**posted(story), **row, "edition": edition_on(client.get(edit))})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'href="#id_extras-3-unit_rate"' in text and "must be £25.00 or less" in text


def test_the_price_is_computed_live_by_the_server_and_stores_nothing(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    price = begun(client, story).replace("/edit/", "/price/")
    fragment = client.post(price, {"weekly_core": "3966.67"}).content.decode()
    assert "−£119.00" in fragment and "£3,847.67" in fragment and "<html" not in fragment
    assert "must be £4,000.00 or less" in client.post(price, {"weekly_core": "4000.01"}).content.decode()
    assert "Enter the core weekly price" in client.post(price, {}).content.decode()
    with acting(actor_of("bob")):
        assert Offer.objects.get().weekly_core is None


WEIRD = st.one_of(
    st.sampled_from(
        [
            "NaN",
            "1e3",
            "1.234,50",
            "-1",
            "−1",
            "£4,000.01",
            "4000.001",
            "inf",
            "9" * 40,
            "0x10",
            "４０００",
            "4000.00\x00",
        ]
        + ["", " ", "£", "1,23", "None", "4e9999", "-0", "+5", "5.", ".5", "1_000", "٣", "\ud800"]
    ),
    st.text(max_size=20),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers().map(str),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(core=WEIRD, rate=WEIRD, quantity=WEIRD, solo=WEIRD, together=WEIRD, day=WEIRD)
def test_no_input_breaks_the_form_or_is_stored_above_the_ceiling(
    sign_in: SignIn, core: str, rate: str, quantity: str, solo: str, together: str, day: str
) -> None:
    with transaction.atomic():
        story = invited("birch-house", siblings=2)
        client = sign_in("bob")
        client.raise_request_exception = True
        edit = begun(client, story)
        data = {
            **posted(story, weekly_core=core),
            "solo_uplift": solo,
            "solo_reason": "Alone.",
            "children_together": together,
            "held_until_day": day,
            "extras": ["0", day],
            "extras-0-code": "one_to_one_hour",
            "extras-0-unit_rate": rate,
            "extras-0-quantity_per_week": quantity,
            "edition": "",
        }
        data = {name: _sendable(value) for name, value in data.items()}
        del data["edition"]
        for wish in ("save", "recalculate", "add_extra"):
            assert client.post(edit, {**data, "do": wish}).status_code < 500
        assert client.post(edit.replace("/edit/", "/price/"), data).status_code == 200
        with acting(actor_of("bob")):
            offer = Offer.objects.get(referral_id=story.referral.pk)
            assert offer.weekly_core is None or Decimal(0) <= offer.weekly_core <= offer.ceiling
        transaction.set_rollback(True)


def _sendable(value: Any) -> Any:
    if isinstance(value, list):
        return [_sendable(each) for each in value]
    return value.encode("utf-8", "replace").decode()


def test_pages_of_another_provider_are_not_found_and_of_the_wrong_role_refused(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    for page in ("", "edit/", "check/", "withdraw/", "confirm/"):
        assert sign_in("cecil").get(f"/o/cedar/offers/{offer.pk}/{page}").status_code == 404
        assert sign_in("cecil").get(f"/o/birch/offers/{offer.pk}/{page}").status_code == 404
        assert sign_in("olive").get(f"/o/harrow/offers/{offer.pk}/{page}").status_code == 403
    assert sign_in("cecil").post(f"/o/cedar/offers/{offer.pk}/price/", {}).status_code == 404


def test_revise_confirm_and_withdraw_through_the_pages(sign_in: SignIn) -> None:
    story = invited()
    offer = submitted_offer("bob", story=story)
    client = sign_in("bob")
    at = f"/o/birch/offers/{offer.pk}/"
    page = client.get(f"{at}edit/")
    changed = client.post(
        f"{at}edit/", {**posted(story, weekly_core="3500"), "do": "revise", "edition": edition_on(page)}
    )
    assert changed.status_code == 302 and stored(offer).revision == 2
    with acting(actor_of("olive")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    assert "Confirm it again" in client.get(at).content.decode()
    assert "Does your offer still stand?" in client.get(f"{at}confirm/").content.decode()
    assert client.post(f"{at}confirm/").status_code == 302
    assert client.post(f"{at}confirm/").status_code == 302
    assert stored(offer).status == "submitted"
    assert "Withdraw your offer?" in client.get(f"{at}withdraw/").content.decode()
    assert client.post(f"{at}withdraw/").status_code == client.post(f"{at}withdraw/").status_code == 302
    assert stored(offer).status == "withdrawn"
    listed = client.get("/o/birch/offers/").content.decode()
    assert story.reference in listed and "Withdrawn" in listed


def test_a_suspended_home_is_told_why_and_may_go_on_writing(sign_in: SignIn) -> None:
    story = invited()
    client = sign_in("bob")
    edit = begun(client, story)
    suspend()
    page = client.get(edit).content.decode()
    assert "You cannot submit this today: Suspended from this lot" in page
    saved = client.post(edit, {**posted(story), "do": "save", "edition": edition_on(client.get(edit))})
    assert saved.status_code == 302
    refused = client.post(edit.replace("/edit/", "/check/"), {})
    assert refused.status_code == 422 and "Suspended from this lot" in refused.content.decode()
