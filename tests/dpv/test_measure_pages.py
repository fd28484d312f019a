"""Pages of measures: who sees what, what is typed stays, and each act from its own page."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from brokerage.core.tenants.context import acting
from dpv.actions import measures as acts
from dpv.actions.measure_appeals import appeal_measure
from dpv.models import Measure
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import CANARY, REASON, SOON, in_force, proposed
from tests.safeguarding.alerting import raised

pytestmark = pytest.mark.django_db
CENTRAL = "/o/west-london-central/measures/"


def date_of(name: str, on: dt.date) -> dict[str, int]:
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def said(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "suspend",
        "covers": "establishment",
        "reason": REASON,
        "told_provider": "We found too few staff at night.",
        "conditions": "",
        **date_of("review_on", SOON),
        **changes,
    }


def test_from_finding_a_home_to_the_second_person(sign_in: Any) -> None:
    carol = sign_in("carol")
    found = carol.get(f"{CENTRAL}new/?q=birch&alert=S-7K3M-9QX2").content.decode()
    home = f"establishment={ident('birch-house')}"
    assert f"?{home}&amp;alert=S-7K3M-9QX2" in found and f"provider={ident('birch')}" in found
    address = f"{CENTRAL}new/?{home}&alert=S-7K3M-9QX2"
    page = carol.get(address).content.decode()
    assert "Birch House, on every lot" in page and 'value="S-7K3M-9QX2"' in page and "T-RES STD" in page
    broken = carol.post(address, said(told_provider="", reason="Kept as typed."))
    assert "Kept as typed." in broken.content.decode() and "Say what the provider is told" in broken.content.decode()
    unknown = carol.post(address, said(alert_reference="S-7K3M-9QX2")).content.decode()
    assert "Your organisation has no alert with this reference" in unknown
    alert = raised(who="carol").reference
    done = carol.post(address, said(alert_reference=alert.lower()), follow=True)
    assert "waits for a second person" in done.content.decode()
    with acting(actor_of("carol")):
        made = Measure.objects.get()
        assert (made.establishment_id, made.level, made.alert_reference) == (
            ident("birch-house"),
            "establishment",
            alert,
        )
    assert "somebody else must decide" in carol.get(f"{CENTRAL}{made.reference}/").content.decode()
    assert "Suspension, one home or agency<" in carol.get(CENTRAL).content.decode()
    mark = sign_in("mark")
    scenarios.invited("birch-house")
    decide = mark.get(f"{CENTRAL}{made.reference}/decide/").content.decode()
    assert "What it will stop" in decide and CANARY in decide
    empty = mark.post(f"{CENTRAL}{made.reference}/decide/", {"decision": "no", "note": ""}).content.decode()
    assert "Say why you refuse" in empty
    done = mark.post(f"{CENTRAL}{made.reference}/decide/", {"decision": "yes", "note": "Seen."}, follow=True)
    assert "In force" in done.content.decode()


@pytest.mark.parametrize(("covers", "level"), [("provider", "provider"), ("lot", "lot")])
def test_other_levels_from_the_same_form(sign_in: Any, covers: str, level: str) -> None:
    if covers == "lot":
        covers = f"lot:{ident('lot T-RES')}"
    address = f"{CENTRAL}new/?establishment={ident('birch-house')}"
    assert sign_in("carol").post(address, said(covers=covers)).status_code == 302
    with acting(actor_of("carol")):
        made = Measure.objects.get()
        home = None if level == "provider" else ident("birch-house")
        assert (made.level, made.establishment_id) == (level, home)


def test_in_danger_it_holds_at_once_and_a_late_confirmation_shows(sign_in: Any) -> None:
    carol = sign_in("carol")
    address = f"{CENTRAL}new/?provider={ident('birch')}"
    refused = carol.post(address, said(covers="provider", kind="bar", is_urgent="on")).content.decode()
    assert "Only a suspension may hold before a second person has decided" in refused
    done = carol.post(address, said(covers="provider", is_urgent="on"), follow=True).content.decode()
    assert "The suspension holds from now on." in done and "In force, to be confirmed" in done
    with acting(actor_of("mark")):
        Measure.objects.update(confirm_by=TODAY - dt.timedelta(days=1))
    assert "overdue: a second person must confirm" in carol.get(f"{CENTRAL}{_only()}/").content.decode()
    assert "Overdue" in carol.get(CENTRAL).content.decode()


def _only() -> str:
    with acting(actor_of("carol")):
        return Measure.objects.get().reference


def test_review_lift_and_withdraw_pages(sign_in: Any) -> None:
    made = in_force(kind="restrict")
    carol, mark = sign_in("carol"), sign_in("mark")
    page = carol.get(f"{CENTRAL}{made.reference}/review/").content.decode()
    assert made.conditions in page
    given = {"note": "Seen twice.", "conditions": "One girl at most.", **date_of("review_on", SOON)}
    assert (
        "The review is recorded"
        in carol.post(f"{CENTRAL}{made.reference}/review/", given, follow=True).content.decode()
    )
    lift = {"note": "The rota was seen.", "lift_conditions": "A visit each month."}
    assert carol.post(f"{CENTRAL}{made.reference}/lift/", lift).status_code == 302
    waits = "You proposed it: somebody else must decide."
    assert waits in carol.get(f"{CENTRAL}{made.reference}/").content.decode()
    assert waits not in mark.get(f"{CENTRAL}{made.reference}/").content.decode()
    assert (
        "Somebody else" in carol.post(f"{CENTRAL}{made.reference}/lift/decide/", {"decision": "yes"}).content.decode()
    )
    done = mark.post(f"{CENTRAL}{made.reference}/lift/decide/", {"decision": "yes"}, follow=True).content.decode()
    assert "Lifted" in done and "A visit each month." in done
    assert carol.get(f"{CENTRAL}{made.reference}/review/").status_code == 409
    waiting = proposed()
    gone = carol.post(f"{CENTRAL}{waiting.reference}/withdraw/", {"note": "Wrong home."}, follow=True)
    assert "The proposal is taken back" in gone.content.decode()


def test_the_provider_reads_what_it_is_told_and_appeals(sign_in: Any) -> None:
    alert = raised(who="carol").reference
    made = in_force(establishment_id=ident("birch-house"), alert_reference=alert)
    bob = sign_in("bob")
    assert made.reference in bob.get("/o/birch/measures/").content.decode()
    page = bob.get(f"/o/birch/measures/{made.reference}/").content.decode()
    assert "We found too few staff at night." in page
    for hidden in (CANARY, "Carol", "Mark Market", alert):
        assert hidden not in page
    empty = bob.post(f"/o/birch/measures/{made.reference}/appeal/", {"text": ""}).content.decode()
    assert "Say what you think of the measure" in empty
    done = bob.post(f"/o/birch/measures/{made.reference}/appeal/", {"text": "Both were awake."}, follow=True)
    assert "Your appeal is with the central team." in done.content.decode()
    assert sign_in("carol").get(f"{CENTRAL}{made.reference}/").content.decode().count("Answer the appeal") == 0
    answer = {"outcome": "not_upheld", "answer": "The rota says otherwise."}
    mark = sign_in("mark")
    assert "Both were awake." in mark.get(f"{CENTRAL}{made.reference}/appeal/answer/").content.decode()
    assert mark.post(f"{CENTRAL}{made.reference}/appeal/answer/", answer).status_code == 302
    assert "The rota says otherwise." in bob.get(f"/o/birch/measures/{made.reference}/").content.decode()
    assert sign_in("alice").get(f"/o/alder/measures/{made.reference}/").status_code == 404


def test_authorities_read_what_is_in_force_with_its_reason(sign_in: Any) -> None:
    waiting = proposed(kind="bar")
    made = in_force(establishment_id=ident("birch-house"))
    with acting(actor_of("bob")) as bob:
        appeal_measure(bob, reference=made.reference, text="Both were awake.")
    olive = sign_in("olive")
    listed = olive.get("/o/harrow/measures/").content.decode()
    assert made.reference in listed and waiting.reference not in listed and "Propose a measure" not in listed
    page = olive.get(f"/o/harrow/measures/{made.reference}/").content.decode()
    assert CANARY in page and "Both were awake." in page and "Open invitations" not in page
    assert olive.get(f"/o/harrow/measures/{waiting.reference}/").status_code == 404
    assert olive.get("/o/harrow/measures/new/").status_code == 403
    assert olive.get(f"/o/harrow/measures/{made.reference}/decide/").status_code == 403


def test_the_alert_behind_it_is_a_link_only_for_whoever_has_that_alert(sign_in: Any) -> None:
    alert = raised(who="carol", severity="high").reference
    made = in_force(establishment_id=ident("birch-house"), alert_reference=alert)
    link = f"/alerts/{alert}/"
    assert link in sign_in("carol").get(f"{CENTRAL}{made.reference}/").content.decode()
    # It waits for a second person: nobody else was told of it yet.
    page = sign_in("olive").get(f"/o/harrow/measures/{made.reference}/").content.decode()
    assert alert in page and link not in page


def test_the_list_is_narrowed_and_says_when_it_is_empty(sign_in: Any) -> None:
    carol = sign_in("carol")
    assert "No measures" in carol.get(CENTRAL).content.decode()
    made, waiting = in_force(kind="restrict"), proposed(kind="bar")
    for query, shown, hidden in (
        ("show=waiting", waiting, made),
        ("show=standing", made, waiting),
        ("kind=bar", waiting, made),
        (f"q={made.reference.lower()}", made, waiting),
    ):
        page = carol.get(f"{CENTRAL}?{query}").content.decode()
        assert shown.reference in page and hidden.reference not in page, query
    assert "No measure fits the filter" in carol.get(f"{CENTRAL}?q=nowhere").content.decode()


def test_where_else_it_shows(sign_in: Any) -> None:
    """The register, the provider's own homes, matching, the check before publishing, and comparing."""
    made = in_force(establishment_id=ident("birch-house"))
    limits = in_force(kind="restrict", establishment_id=ident("cedar-house"), provider_id=ident("cedar"))
    carol, bob, oscar = sign_in("carol"), sign_in("bob"), sign_in("oscar")
    link = f"/measures/{made.reference}/"
    assert link in carol.get(f"/o/west-london-central/providers/{ident('birch')}/").content.decode()
    assert link in bob.get("/o/birch/our-homes/").content.decode()
    draft = scenarios.draft_referral("oscar")
    page = oscar.get(f"/o/harrow/referrals/{draft.reference}/match/").content.decode()
    assert link in page and "Suspended by the central team" in page
    assert limits.conditions in page and "Restricted" in page
    publish = oscar.get(f"/o/harrow/referrals/{draft.reference}/publish/").content.decode()
    assert "Why are restricted homes invited" in publish
    story, _offers = scenarios.chosen("cedar-house")
    compare = oscar.get(f"/o/harrow/referrals/{story.reference}/compare/").content.decode()
    assert "Restricted by the central team" in compare


def test_publishing_with_a_restricted_home_asks_why_and_keeps_what_was_typed(sign_in: Any) -> None:
    in_force(kind="restrict", establishment_id=ident("birch-house"))
    oscar, draft = sign_in("oscar"), scenarios.draft_referral("oscar")
    closes = dt.datetime.combine(TODAY + dt.timedelta(days=5), dt.time(17))
    send = {
        "step": "publish",
        "lots": [str(ident("lot T-RES"))],
        "chosen": [str(ident("admission birch-house"))],
        "left_out_reason": "Full of younger boys.",
        "restricted_reason": "",
        **date_of("closes_at", closes),
        "closes_at_time": "17:00",
        "is_sealed": "no",
    }
    address = f"/o/harrow/referrals/{draft.reference}/publish/"
    page = oscar.post(address, send)
    assert page.status_code == 422 and "is restricted: say why it is invited" in page.content.decode()
    assert "Full of younger boys." in page.content.decode()
    done = oscar.post(address, {**send, "restricted_reason": "Two adults at night are agreed."})
    assert done.status_code == 302, done.content.decode()


def test_a_page_names_nobody_who_may_not(sign_in: Any) -> None:
    made = proposed()
    with acting(actor_of("mark")) as mark:
        acts.refuse_measure(mark, reference=made.reference, note="Not enough.")
    assert sign_in("bob").get(f"/o/birch/measures/{made.reference}/").status_code == 404
    assert sign_in("edith").get(f"/o/ealing/measures/{made.reference}/").status_code == 404
    assert "Not enough." in sign_in("carol").get(f"{CENTRAL}{made.reference}/").content.decode()
