"""A run finds every open placement whose home no longer passes, tells its authority once, and clears what passes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, system, worker
from brokerage.safeguarding.firewall.actions import runs
from brokerage.safeguarding.firewall.actions.findings import acknowledge_finding
from brokerage.safeguarding.firewall.models import Check, Finding
from brokerage.safeguarding.firewall.queries.problems import CODES, TEXTS
from brokerage.safeguarding.firewall.tasks import check_registrations
from dpv.models import Admission
from placements.models import Placement
from providers.models import Insurance, Provider
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import LEVELS, in_force
from tests.firewall.finding import change_home, check, findings, found, living

pytestmark = pytest.mark.django_db


def messages(template: str = "") -> list[Message]:
    with worker():
        rows = Message.objects.filter(template__startswith=template or "firewall.")
        return list(rows.order_by("created_at", "user_id", "channel"))


def test_a_home_that_passes_is_no_finding() -> None:
    living()
    made = check()
    assert made is not None and (made.checked, made.failing, made.found) == (1, 0, 0)
    assert not findings() and not messages()


def _lapse() -> None:
    with acting(actor_of("carol")):
        Insurance.objects.filter(provider_id=ident("birch"), kind="public_liability").update(
            expires_on=TODAY - dt.timedelta(days=1)
        )


def _unverify() -> None:
    with acting(actor_of("carol")):
        Provider.objects.filter(pk=ident("birch")).update(verified_on=None)


def _suspend() -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(establishment_id=ident("birch-house")).update(status="suspended")


CAUSES: dict[str, Any] = {
    "registration_not_active": lambda: change_home(registration_status="suspended"),
    "registration_wrong_type": lambda: change_home(kind="care_home"),
    "registration_age": lambda: change_home(age_max=13),
    "welsh_for_profit": lambda: change_home(gss_code="W06000022", registered_on=dt.date(2026, 4, 1)),
    "insurance_public_liability": _lapse,
    "provider_not_verified": _unverify,
    "admission_suspended": _suspend,
    "measure_suspended": lambda: in_force(kind="suspend", **LEVELS["provider"]),
    "measure_barred": lambda: in_force(kind="bar", **LEVELS["establishment"]),
}


@pytest.mark.parametrize("code", CAUSES)
def test_each_problem_is_found_and_the_authority_told_at_once(code: str) -> None:
    placement = living()
    CAUSES[code]()
    made = check()
    assert made is not None and made.found == 1
    (one,) = findings()
    assert (one.placement_id, one.placement_reference, one.codes, one.state) == (
        placement.pk,
        placement.reference,
        [code],
        "open",
    )
    assert one.home == "Birch House" and code in CODES and TEXTS[code]
    told = messages("firewall.found")
    assert told and all(message.is_urgent and message.reference == one.reference for message in told)
    assert {message.channel for message in told} == {"in_app", "email"}
    assert {message.organisation_id for message in told} == {actor_of("olive").organisation_id}
    assert all(message.path == f"/o/harrow/firewall/{one.reference}/" for message in told)


def test_a_home_in_no_register_is_a_finding_and_the_councils_own_is_not() -> None:
    living(None, source="spot")
    living(None, source="in_house")
    check()
    (one,) = findings()
    assert one.codes == ["not_in_register"] and one.home == "Cedar Cottage"


def test_the_councils_own_home_is_asked_for_its_registration_alone() -> None:
    _lapse()
    living(source="in_house")
    check()
    assert not findings()
    change_home(registration_status="cancelled")
    check()
    assert findings()[0].codes == ["registration_not_active"]


def test_the_age_that_counts_is_that_of_the_day_or_of_a_start_ahead() -> None:
    change_home(age_max=14)
    living(age=14)
    ahead = living(
        "birch-house", age=14, status="planned", started_on=None, planned_start_on=dt.date(TODAY.year + 1, 6, 1)
    )
    ended = living(age=16, status="ended", ended_on=TODAY)
    check()
    assert [one.placement_id for one in findings()] == [ahead.pk]
    assert ended.pk not in {one.placement_id for one in findings()}


def test_what_stays_wrong_is_not_told_again_every_night() -> None:
    found()
    before = len(messages())
    assert check(again=False) is None
    made = check()
    assert made is not None and (made.failing, made.found, made.reminded) == (1, 0, 0)
    assert len(messages()) == before and len(findings()) == 1


def _told_long_ago(one: Finding) -> None:
    with system(one.authority_id):
        Finding.objects.filter(pk=one.pk).update(told_at=one.told_at - dt.timedelta(days=8))


def test_nobody_answers_and_is_reminded_each_week_until_somebody_does() -> None:
    one = found()
    _told_long_ago(one)
    made = check()
    assert made is not None and made.reminded == 1
    assert len(messages("firewall.reminder")) == len(messages("firewall.found"))
    check()
    assert findings()[0].reminded == 1
    with acting(actor_of("olive")) as actor:
        acknowledge_finding(actor, reference=one.reference, plan="We visit today and look for another home.")
    _told_long_ago(findings()[0])
    check()
    assert findings()[0].reminded == 1


def test_something_else_wrong_is_told_again_and_asks_for_an_answer_again() -> None:
    one = found()
    with acting(actor_of("olive")) as actor:
        acknowledge_finding(actor, reference=one.reference, plan="We visit today.")
    _lapse()
    made = check()
    assert made is not None and made.changed == 1
    (changed,) = findings()
    assert changed.state == "open" and changed.codes == ["registration_not_active", "insurance_public_liability"]
    assert messages("firewall.changed")


def test_getting_better_without_passing_is_written_down_and_tells_nobody() -> None:
    _lapse()
    one = found()
    with acting(actor_of("olive")) as actor:
        acknowledge_finding(actor, reference=one.reference, plan="We visit today.")
    change_home(registration_status="active")
    made = check()
    assert made is not None and made.changed == 0
    (better,) = findings()
    assert better.state == "acknowledged" and better.codes == ["insurance_public_liability"]
    assert not messages("firewall.changed")


def test_what_passes_again_is_cleared_by_itself_and_a_new_failure_is_a_new_finding() -> None:
    one = found()
    change_home(registration_status="active")
    made = check()
    assert made is not None and made.cleared == 1
    assert findings()[0].state == "cleared"
    change_home(registration_status="cancelled")
    check()
    assert [each.state for each in findings()] == ["cleared", "open"] and findings()[1].reference != one.reference


def test_a_placement_that_ends_clears_its_finding() -> None:
    one = found()
    with acting(actor_of("olive")):
        Placement.objects.filter(pk=one.placement_id).update(status="ended", ended_on=TODAY)
    check()
    assert findings()[0].state == "cleared"


def test_many_at_once_are_one_message_with_a_link_to_the_list() -> None:
    for _number in range(11):
        living()
    change_home(registration_status="cancelled")
    check()
    assert len(findings()) == 11 and not messages("firewall.found")
    many = messages("firewall.many")
    assert {message.path for message in many} == {"/o/harrow/firewall/?state=open"}
    assert {message.reference for message in many} == {"11"}


def test_homes_that_changed_are_looked_at_alone_and_at_every_authority() -> None:
    living("birch-house", who="olive")
    living("birch-house", who="edith")
    living("cedar-house", who="edith")
    for name in ("birch-house", "cedar-house"):
        change_home(name, registration_status="cancelled")
    made = runs.check_homes([ident("birch-house")])
    assert [one.checked for one in made] == [1, 1] and {one.scope for one in made} == {"homes"}
    assert [one.home for one in findings("edith")] == ["Birch House"]
    assert runs.check_homes([]) == []


def test_a_partial_look_clears_nothing_elsewhere() -> None:
    found()
    change_home("cedar-house", registration_status="cancelled")
    living("cedar-house")
    check(homes=[ident("cedar-house")])
    assert {one.state for one in findings()} == {"open"} and len(findings()) == 2


def test_a_run_stopped_between_authorities_goes_on_with_the_others(monkeypatch: Any) -> None:
    for who in ("olive", "edith", "nia"):
        living(who=who)
    change_home(registration_status="cancelled")
    real, seen = runs.check_authority, []

    def dies(authority_id: Any, **kwargs: Any) -> Any:
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(authority_id)
        return real(authority_id, **kwargs)

    monkeypatch.setattr(runs, "check_authority", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.check_all()
    monkeypatch.setattr(runs, "check_authority", real)
    told = len(messages())
    left = runs.due(TODAY)
    assert seen and not {each.id for each in left} & set(seen)
    assert len(runs.check_all()) == len(left)
    assert runs.due(TODAY) == [] and check_registrations() == 0
    assert all(len(findings(who)) == 1 for who in ("olive", "edith", "nia"))
    assert len(messages()) >= told
    keys = [(one.event_id, one.user_id, one.channel, one.reference) for one in messages()]
    assert len(keys) == len(set(keys))


def test_a_run_that_dies_inside_an_authority_leaves_nothing_and_the_others_are_done(monkeypatch: Any) -> None:
    living(who="olive")
    living(who="edith")
    change_home(registration_status="cancelled")
    harrow = actor_of("olive").organisation_id
    real = runs.record

    def breaks(kind: str, **named: Any) -> Any:
        if named["actor"].organisation_id == harrow:
            raise RuntimeError("gone")
        return real(kind, **named)

    monkeypatch.setattr(runs, "record", breaks)
    with pytest.raises(RuntimeError):
        runs.check_all()
    assert not findings("olive") and len(findings("edith")) == 1
    assert not [one for one in messages() if one.organisation_id == harrow]
    monkeypatch.setattr(runs, "record", real)
    assert check_registrations() == 1
    assert len(findings("olive")) == 1


def test_the_command_says_how_far_it_is_and_may_be_repeated(capsys: Any) -> None:
    found()
    with system(actor_of("olive").organisation_id):
        Check.objects.all().delete()
    call_command("check_registrations")
    said = capsys.readouterr().out
    assert "Harrow: 1 placements, 1 do not pass (0 new, 0 changed, 0 cleared)" in said
    call_command("check_registrations")
    assert capsys.readouterr().out == "0 authorities, 0 placements checked, 0 do not pass\n"
    call_command("check_registrations", "--again")
    assert "1 do not pass" in capsys.readouterr().out


def test_a_run_asks_as_often_for_many_placements_as_for_one() -> None:
    living()
    change_home(registration_status="cancelled")
    check()
    counts = []
    for _round in range(2):
        for _number in range(4):
            living()
        with CaptureQueriesContext(connection) as queries:
            check()
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- answering ---------------------------------------------------------------------------------------------------


def test_a_finding_is_answered_once_with_a_plan() -> None:
    one = found()
    with acting(actor_of("olive")) as actor:
        with pytest.raises(RuleBroken) as refused:
            acknowledge_finding(actor, reference=one.reference, plan="  ")
        assert (refused.value.code, refused.value.field) == ("plan_missing", "plan")
        with pytest.raises(RuleBroken, match="at most"):
            acknowledge_finding(actor, reference=one.reference, plan="x" * 4001)
        answered = acknowledge_finding(actor, reference=one.reference, plan=" We visit today. ")
        assert (answered.state, answered.plan, answered.acknowledged_by_name) == (
            "acknowledged",
            "We visit today.",
            "Olive Officer",
        )
        with pytest.raises(NotNow):
            acknowledge_finding(actor, reference=one.reference, plan="Again")


def test_who_may_not_answer() -> None:
    one = found()
    with acting(actor_of("fiona")) as actor, pytest.raises(NotPermitted):
        acknowledge_finding(actor, reference=one.reference, plan="We visit today.")
    with acting(actor_of("edith")) as actor, pytest.raises(Http404):
        acknowledge_finding(actor, reference=one.reference, plan="We visit today.")


def test_a_placement_that_is_linked_to_its_home_later_keeps_one_finding() -> None:
    placement = living(None)
    check()
    change_home(registration_status="cancelled")
    with acting(actor_of("olive")):
        Placement.objects.filter(pk=placement.pk).update(
            establishment_id=ident("birch-house"), provider_id=ident("birch"), provider_name=""
        )
    check(homes=[ident("birch-house")])
    (one,) = findings()
    assert (one.codes, one.establishment_id, one.state) == (
        ["registration_not_active"],
        ident("birch-house"),
        "open",
    )
    with acting(actor_of("olive")):
        Placement.objects.filter(pk=placement.pk).update(establishment_id=ident("birch-lodge"))
    check(homes=[ident("birch-house")])
    assert [one.state for one in findings()] == ["cleared"]


def test_one_authority_that_cannot_be_looked_at_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("olive", "edith"):
        living(who=who)
    change_home(registration_status="cancelled")
    first = min(actor_of(who).organisation_id for who in ("olive", "edith"))
    real = runs.check_authority

    def faulty(authority_id: Any, **options: Any) -> Check | None:
        if authority_id == first:
            raise RuntimeError("no")
        return real(authority_id, **options)

    monkeypatch.setattr(runs, "check_authority", faulty)
    with pytest.raises(RuntimeError):
        runs.check_homes([ident("birch-house")])
    assert len(findings("olive")) + len(findings("edith")) == 1
