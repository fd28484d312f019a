"""A person's own mobile number: given, confirmed by a code texted to it, changed, removed, seen by nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.utils import timezone

from brokerage.core.accounts import mobile
from brokerage.core.accounts.actions import close_dormant_accounts
from brokerage.core.accounts.codes import CODE_LIFE, CODE_TRIES
from brokerage.core.accounts.mobile import (
    CODES_AN_HOUR,
    CODES_TO_A_NUMBER,
    CODES_TO_ANOTHER,
    CODES_TO_OWN,
    ask_for_code,
    confirm_mobile,
    members_with_texts,
)
from brokerage.core.accounts.models import MobileNumber, User
from brokerage.core.audit.models import Entry
from brokerage.core.errors import RuleBroken
from brokerage.core.sms import memory
from brokerage.core.sms.numbers import normalise_mobile
from brokerage.core.tenants.context import acting, public, worker
from tests.accounts.mobiles import BACKEND, code_texted, give_number
from tests.cast import actor_of, ident, user_of
from tests.signing_in import prove

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
PAGE, CODE, REMOVE, ACCOUNT = (
    "/accounts/mobile/",
    "/accounts/mobile/code/",
    "/accounts/mobile/remove/",
    "/accounts/security/",
)


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.SMS_BACKEND = BACKEND
    memory.outbox.clear()


@pytest.fixture
def olive(sign_in: SignIn) -> Client:
    client = sign_in("olive")
    prove(client, "olive")
    return client


def row_of(who: str) -> MobileNumber:
    return MobileNumber.objects.get(user_id=user_of(who).pk)


@pytest.mark.parametrize(
    "said",
    ["07700 900123", "+44 7700 900123", "+44 (0)7700 900-123", "00447700900123", "447700900123", "7700.900.123"]
    + ["\u202a+44 7700 900123\u202c", "07700\u200b900123\u2060", "\ufeff07700 900123\u200f"],
)
def test_a_number_is_kept_in_one_form(said: str) -> None:
    assert normalise_mobile(said) == "+447700900123"


def test_the_isle_of_man_is_mobile_though_other_076_numbers_are_pagers() -> None:
    assert normalise_mobile("07624 900123") == "+447624900123"


@pytest.mark.parametrize(
    "said",
    [
        *("", "020 7946 0115", "07700 90012", "07700 9001234", "+1 7700 900123", "07600 900123", "07000 900123"),
        *("0770090012a", "٠٧٧٠٠٩٠٠١٢٣", "07700 900123\n; DROP", "+4407700900123 x", "+44+447700900123"),
    ],
)
def test_what_is_no_uk_mobile_number_is_refused(said: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        normalise_mobile(said)
    assert refused.value.field == "number"


def test_a_number_counts_once_the_code_came_back(olive: Client) -> None:
    assert olive.get(PAGE).status_code == 200
    assert olive.post(PAGE, {"number": "07700 900 123"})["Location"] == CODE
    sent = memory.outbox[-1]
    assert sent.number == "+447700900123" and "Olive" not in sent.text
    code = code_texted()
    waiting = row_of("olive")
    assert (waiting.number, waiting.confirmed_at, waiting.asked_number) == ("", None, "+447700900123")
    assert code not in waiting.code_hash and len(waiting.code_hash) == 64
    assert "Enter the code texted to +447700900123" in olive.get(ACCOUNT).text
    assert olive.post(CODE, {"code": f" {code[:3]} {code[3:]} "})["Location"] == ACCOUNT
    kept = row_of("olive")
    assert kept.number == "+447700900123" and kept.confirmed_at is not None
    assert (kept.asked_number, kept.code_hash, kept.code_sent_at) == ("", "", None)
    assert "+447700900123" in olive.get(ACCOUNT).text
    with acting(actor_of("adam")):
        entry = Entry.objects.get(kind="person.mobile_confirmed")
    assert entry.data == {"fields": ["mobile_number"]} and entry.subject_id == str(ident("user olive"))


def test_the_error_stands_beside_the_field(olive: Client) -> None:
    for said in ("020 7946 0115", ""):
        page = olive.post(PAGE, {"number": said}).text
        assert "Enter a UK mobile number, like 07700 900123" in page
        assert 'class="govuk-error-message"' in page and 'href="#id_number"' in page
    assert memory.outbox == [] and not MobileNumber.objects.exists()


def test_a_wrong_code_is_refused_three_times_and_then_the_right_one_too(olive: Client) -> None:
    olive.post(PAGE, {"number": "07700 900123"})
    code = code_texted()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _try in range(CODE_TRIES):
        assert "This is not the code that was sent" in olive.post(CODE, {"code": wrong}).text
    assert "This code is no longer good" in olive.post(CODE, {"code": code}).text
    assert row_of("olive").confirmed_at is None


def test_a_code_ends_after_ten_minutes(olive: Client) -> None:
    olive.post(PAGE, {"number": "07700 900123"})
    MobileNumber.objects.update(code_sent_at=timezone.now() - dt.timedelta(seconds=CODE_LIFE + 1))
    assert "This code is no longer good" in olive.post(CODE, {"code": code_texted()}).text
    assert row_of("olive").confirmed_at is None


def test_a_code_is_good_once_and_for_its_own_number(olive: Client) -> None:
    olive.post(PAGE, {"number": "07700 900123"})
    first = code_texted()
    olive.post(PAGE, {"number": "07700 900124"})
    assert "This is not the code" in olive.post(CODE, {"code": first}).text
    assert olive.post(CODE, {"code": code_texted()}).status_code == 302
    assert row_of("olive").number == "+447700900124"
    assert olive.post(CODE, {"code": code_texted()})["Location"] == ACCOUNT, "there is nothing to confirm any more"


def test_the_old_number_counts_until_the_new_one_is_confirmed(olive: Client) -> None:
    give_number("olive", "+447700900001")
    assert "Texts go to +447700900001 until" in olive.get(PAGE).text
    olive.post(PAGE, {"number": "07700 900123"})
    assert row_of("olive").number == "+447700900001"
    olive.post(CODE, {"code": code_texted()})
    assert row_of("olive").number == "+447700900123"


@pytest.mark.usefixtures("time_stands")
def test_codes_are_few_for_a_person_and_for_a_number(olive: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(CODES_AN_HOUR):
        olive.post(PAGE, {"number": f"07700 90012{number}"})
    assert len(memory.outbox) == CODES_AN_HOUR
    assert "Too many codes were asked for" in olive.post(PAGE, {"number": "07700 900199"}).text
    # Nor may several people together have one number texted to without an end.
    monkeypatch.setattr(mobile, "CODES_TO_A_NUMBER", 3)
    for who in ("oscar", "edith"):
        ask_for_code(user_of(who), number="07700 900120")
    with pytest.raises(RuleBroken, match="Too many"):
        ask_for_code(user_of("bob"), number="07700 900120")


@pytest.mark.usefixtures("time_stands")
def test_a_stranger_gets_few_codes_texted_to_somebody_s_number_and_locks_nobody_out() -> None:
    give_number("tessa", "+447700900012")
    for _time in range(CODES_TO_ANOTHER):
        ask_for_code(user_of("olive"), number="07700 900012")
    for _time in range(3):
        with pytest.raises(RuleBroken, match="Too many"):
            ask_for_code(user_of("olive"), number="07700 900012")
    assert len(memory.outbox) == CODES_TO_ANOTHER
    for _time in range(CODES_TO_OWN):
        ask_for_code(user_of("tessa"), number="07700 900012")
    assert len(memory.outbox) == CODES_TO_ANOTHER + CODES_TO_OWN < CODES_TO_A_NUMBER


def test_a_number_removed_while_its_code_is_checked_is_not_called_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_code(user_of("olive"), number="07700 900123")
    known = mobile.record_everywhere

    def removed(*args: Any, **named: Any) -> None:
        known(*args, **named)
        MobileNumber.objects.all().delete()

    monkeypatch.setattr(mobile, "record_everywhere", removed)
    with pytest.raises(RuleBroken, match="no longer good") as refused:
        confirm_mobile(user_of("olive"), code=code_texted())
    assert refused.value.field == "code" and not MobileNumber.objects.exists()


def test_giving_changing_and_removing_ask_for_a_fresh_proof(sign_in: SignIn) -> None:
    client = sign_in("olive")
    give_number("olive")
    prove(client, "olive", seconds_ago=3600)
    for path in (PAGE, REMOVE):
        for answer in (client.get(path), client.post(path, {"number": "07700 900123"})):
            assert answer.status_code == 302 and answer["Location"].startswith("/accounts/prove/?next="), path
    assert memory.outbox == [] and row_of("olive").number == "+447700900001"
    assert Client().get(PAGE)["Location"].startswith("/accounts/login/")


def test_a_number_is_removed_after_a_page_that_asks(olive: Client) -> None:
    give_number("olive")
    assert "Nothing is texted to you any more" in olive.get(REMOVE).text
    assert row_of("olive").number
    assert olive.post(REMOVE)["Location"] == ACCOUNT
    assert not MobileNumber.objects.exists()
    with acting(actor_of("adam")):
        assert Entry.objects.filter(kind="person.mobile_removed").count() == 1
    assert olive.get(REMOVE)["Location"] == ACCOUNT


def test_a_gateway_in_trouble_is_told_beside_the_field(
    olive: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SMS_BACKEND = "brokerage.core.sms.notify.NotifyGateway"
    page = olive.post(PAGE, {"number": "07700 900123"})
    assert page.status_code == 200 and "could not be sent to this number" in page.text
    assert "900123" not in caplog.text


def test_without_a_gateway_nothing_is_offered(olive: Client, settings: Any) -> None:
    settings.SMS_BACKEND = ""
    assert "Mobile number for urgent notices" not in olive.get(ACCOUNT).text
    assert olive.get(PAGE).status_code == 404
    give_number("olive")
    assert "Text messages are not set up here" in olive.get(ACCOUNT).text
    assert olive.post(REMOVE).status_code == 302 and not MobileNumber.objects.exists()


def test_a_closed_account_has_no_number() -> None:
    give_number("olive")
    long_ago = timezone.now() - dt.timedelta(days=1000)
    User.objects.filter(pk=user_of("olive").pk).update(last_login=long_ago, date_joined=long_ago)
    assert close_dormant_accounts() >= 1
    assert not MobileNumber.objects.exists()


@pytest.mark.parametrize("who", ["adam", "edith", "carol", "bob", "olive"])
@pytest.mark.parametrize("columns", ["*", "number", "asked_number, code_hash", "user_id, confirmed_at", "count(*)"])
def test_no_actor_reads_a_number_by_raw_sql(who: str, columns: str) -> None:
    give_number("olive")
    with acting(actor_of(who)), connection.cursor() as cursor:
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            cursor.execute(f"SELECT {columns} FROM accounts_mobilenumber")
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            cursor.execute("UPDATE accounts_mobilenumber SET number = '+447700900999'")


def test_the_worker_reads_numbers_but_no_code_and_writes_none() -> None:
    give_number("olive")
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT number FROM accounts_mobilenumber")
        assert cursor.fetchall() == [("+447700900001",)]
        for statement in (
            "SELECT code_hash FROM accounts_mobilenumber",
            "SELECT asked_number FROM accounts_mobilenumber",
            "UPDATE accounts_mobilenumber SET number = ''",
            "DELETE FROM accounts_mobilenumber",
        ):
            with pytest.raises(Error, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
    denied = pytest.raises(Error, match="permission denied")
    with public(), connection.cursor() as cursor, denied, transaction.atomic():
        cursor.execute("SELECT count(*) FROM accounts_mobilenumber")


def test_who_has_a_number_is_known_to_administrator_and_lead_of_the_own_organisation_alone() -> None:
    give_number("olive")
    give_number("edith", "+447700900002")
    olive, edith = user_of("olive").pk, user_of("edith").pk
    for who, expected in (
        ("adam", {olive}),
        ("tessa", {olive}),
        ("edith", {edith}),
        ("olive", set()),
        ("fiona", set()),
    ):
        with acting(actor_of(who)):
            assert members_with_texts() == expected, who
    MobileNumber.objects.update(number="", confirmed_at=None, asked_number="+447700900003")
    with acting(actor_of("adam")):
        assert members_with_texts() == set(), "not confirmed"


def test_the_page_of_people_says_yes_or_no_and_no_number(sign_in: SignIn, settings: Any) -> None:
    give_number("olive")
    page = sign_in("adam").get("/o/harrow/people/")
    assert page.text.count('data-label="Gets urgent texts">Yes<') == 1
    assert 'data-label="Gets urgent texts">No<' in page.text and "900001" not in page.text
    settings.SMS_BACKEND = ""
    assert "Gets urgent texts" not in sign_in("adam").get("/o/harrow/people/").text


def test_a_lead_sees_who_would_get_no_text(sign_in: SignIn) -> None:
    give_number("olive")
    page = sign_in("tessa").get("/o/harrow/alerts/").text
    assert "Olive Officer: by text too" in page and "Oscar Officer: no mobile number" in page
    assert "900001" not in page and "Sandra Social" not in page
    assert "by text too" not in sign_in("oscar").get("/o/harrow/alerts/").text


def test_the_database_keeps_no_other_form() -> None:
    for values in (
        {"number": "07700900123", "confirmed_at": timezone.now()},
        {"number": "+447700900123", "confirmed_at": None},
        {"number": "", "confirmed_at": timezone.now()},
        {"asked_number": "07700900123"},
    ):
        with pytest.raises(Error), transaction.atomic():
            MobileNumber.objects.create(user_id=user_of("olive").pk, **values)
