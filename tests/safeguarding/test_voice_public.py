"""The pages where people speak without signing in: nothing to learn, nothing kept of whoever came, nothing lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from gunicorn.config import Config
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from brokerage.access_log import AccessLog, without_secrets
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.voice import actions, codes, speaking
from tests.cast import actor_of, ident
from tests.safeguarding.voices import CANARY, SAID, code_for, routed, said, the_message

pytestmark = pytest.mark.django_db

ADDRESS = "203.0.113.77"
FORM = {"who": "lives", "text": SAID, "is_in_danger": "no", "contact": "", "once": "x"}


@pytest.fixture(autouse=True)
def _nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    return Client(REMOTE_ADDR=ADDRESS)


def page(code: str) -> str:
    return f"/speak/{codes.spaced(code)}/"


def receipt_in(answer: Any) -> str:
    found = re.search(r"([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})", answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def masked(answer: Any, code: str) -> bytes:
    """The answer without what is random in every one: the form's own word, the receipt, the nonce; and the code."""
    text = answer.content.decode().replace(codes.spaced(code), "CODE").replace(code, "CODE")
    text = re.sub(r'name="once" value="[^"]*"', "once", text)
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", "RECEIPT", text).encode()


def headers(answer: Any) -> dict[str, str]:
    return {name: re.sub(r"nonce-[^']+", "nonce", value) for name, value in answer.items() if name != "Content-Length"}


def test_a_known_and_an_unknown_code_give_the_same(client: Client) -> None:
    """Bytes, headers, number and text of the statements: all but the random parts."""
    known, unknown = code_for().code, codes.new_code()
    seen = []
    for code in (known, unknown):
        with CaptureQueriesContext(connection) as looked:
            first = client.get(page(code))
        assert len(looked) == 0
        with CaptureQueriesContext(connection) as written:
            second = client.post(page(code), FORM)
        statements = [re.sub(r"'[^']*'|_x\d+", "?", query["sql"]) for query in written.captured_queries]
        wrong = client.post(page(code), {**FORM, "text": ""})
        seen.append([(answer.status_code, masked(answer, code), headers(answer)) for answer in (first, second, wrong)])
        seen[-1].append(statements)
    assert seen[0] == seen[1]
    assert b"Birch" not in first.content + second.content


def test_what_is_said_reaches_the_leads_and_a_message_is_never_lost(client: Client) -> None:
    known = code_for().code
    client.post(page(known), {**FORM, "is_in_danger": "yes", "contact": "after school"})
    client.post(page(codes.new_code()), {**FORM, "text": "With a code of another poster."})
    client.post("/speak/no-code/", {**FORM, "where": "The red house", "text": "Without a code."})
    assert routed() == 3
    message = the_message("tessa")
    assert message.text == SAID and message.is_in_danger and message.contact == "after school"
    assert message.establishment_id == ident("birch-house")


def test_a_typing_error_is_found_before_anything_is_written(client: Client) -> None:
    code = code_for().code
    typed = ("0" if code[0] != "0" else "1") + code[1:]
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/speak/", {"code": typed})
        assert "a letter or number is not right" in answer.content.decode() and typed in answer.content.decode()
        assert "a letter or number is not right" in client.get(f"/speak/{typed}/").content.decode()
    assert len(queries) == 0
    assert client.post("/speak/", {"code": codes.spaced(code).lower()})["Location"] == page(code)


def test_sent_twice_it_is_one_message_with_one_receipt(client: Client) -> None:
    code = code_for().code
    first, second = (receipt_in(client.post(page(code), FORM)) for _time in range(2))
    other = receipt_in(client.post(page(code), {**FORM, "text": "Something else, after going back."}))
    assert first == second != other
    assert routed() == 2


@pytest.mark.parametrize(
    "path", ["/speak/", "/speak/no-code/", "/speak/answer/", "/siarad/", "/speak/x/", "/speak/a/b/"]
)
def test_no_cookie_is_set_or_read_and_nothing_follows(path: str, sign_in: Callable[[str], Client]) -> None:
    for visitor in (Client(), sign_in("tessa")):
        before = {name: morsel.value for name, morsel in visitor.cookies.items()}
        for answer in (visitor.get(path), visitor.post(path, FORM)):
            assert not answer.cookies
            assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
            assert answer["X-Robots-Tag"] == "noindex, nofollow" and "Tessa" not in answer.content.decode()
            assert "<script" not in answer.content.decode() or answer.status_code == 404
        assert {name: morsel.value for name, morsel in visitor.cookies.items()} == before


def test_nothing_of_whoever_came_is_written_anywhere(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    code = code_for().code
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as queries:
        client.post(page(code), FORM, headers={"user-agent": "Telltale/1.0", "referer": "https://example.org/where"})
        client.get("/speak/nothing/at/all/")
    written = caplog.text + "".join(query["sql"] for query in queries.captured_queries)
    for told in (ADDRESS, "Telltale", "example.org"):
        assert told not in written
    kept = repr(cache.get(f"speak:word:{int(speaking.time.time()) // speaking.DAY}"))
    assert ADDRESS not in kept and ADDRESS not in speaking.caller_of(ADDRESS)


def test_no_log_keeps_the_code_or_the_address() -> None:
    assert without_secrets("GET /speak/7K3M-9QX2/ 200") == "GET /speak/…/ 200"
    assert without_secrets("GET /siarad/7K3M-9QX2/ 200") == "GET /siarad/…/ 200"

    class Answer:
        status, sent, headers = "200 OK", 1, ()

    class Request:
        headers = (("USER-AGENT", "Telltale/1.0"), ("REFERER", "https://example.org/"), ("X-FORWARDED-FOR", ADDRESS))

    environ = {"REMOTE_ADDR": ADDRESS, "PATH_INFO": "/speak/7K3M-9QX2/", "RAW_URI": "/speak/7K3M-9QX2/"}
    environ |= {"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_USER_AGENT": "Telltale/1.0"}
    environ |= {"HTTP_REFERER": "https://example.org/", "HTTP_X_FORWARDED_FOR": ADDRESS}
    atoms = AccessLog(Config()).atoms(Answer(), Request(), environ, timedelta(0))
    for told in (ADDRESS, "Telltale", "example.org", "7K3M"):
        assert told not in str(atoms), told


def test_too_many_from_one_place_keep_what_was_typed(
    client: Client, monkeypatch: pytest.MonkeyPatch, time_stands: float
) -> None:
    """The limit of an hour, of one caller and of one code; the next hour is a new one. Unknown codes count as known."""
    monkeypatch.setattr(speaking, "FROM_ONE", 2)
    monkeypatch.setattr(speaking, "SPREAD", 0)
    code = codes.new_code()
    answers = [client.post(page(code), {**FORM, "text": f"Words {number}"}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Words 2" in answers[2].content.decode() and "0800 1111" in answers[2].content.decode()
    assert Client(REMOTE_ADDR="198.51.100.1").post(page(code), FORM).status_code == 200
    monkeypatch.setattr(speaking.time, "time", lambda: time_stands + speaking.HOUR)
    assert client.post(page(code), FORM).status_code == 200
    monkeypatch.setattr(speaking, "WITH_CODE", 0)
    for one in (code, code_for().code):
        assert Client(REMOTE_ADDR="198.51.100.2").post(page(one), FORM).status_code == 429
    monkeypatch.setattr(speaking, "ALTOGETHER", 0)
    assert Client(REMOTE_ADDR="198.51.100.3").post("/speak/no-code/", {**FORM, "where": "x"}).status_code == 429


@pytest.mark.usefixtures("time_stands")
def test_nobody_uses_up_what_is_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on after too much silences neither a home nor the whole service."""
    for name, number in (("FROM_ONE", 1), ("WITH_CODE", 3), ("ALTOGETHER", 4), ("SPREAD", 0)):
        monkeypatch.setattr(speaking, name, number)
    code = codes.new_code()
    assert [speaking.is_too_much("one", code=code) for _again in range(9)] == [False] + [True] * 8
    assert not speaking.is_too_much("another", code=code)
    assert not speaking.is_too_much("a-third")


def test_one_connection_is_one_caller_whatever_address_of_its_own_it_takes() -> None:
    ours = speaking.caller_of("2001:db8:1:2::1")
    assert speaking.caller_of("2001:db8:1:2:ffff::9") == ours != speaking.caller_of("2001:db8:1:3::1")
    assert speaking.caller_of("::ffff:203.0.113.77") == speaking.caller_of("203.0.113.77")
    assert speaking.caller_of("nonsense") != speaking.caller_of("")


@pytest.mark.usefixtures("time_stands")
def test_how_often_it_goes_well_tells_nobody_whether_somebody_else_wrote() -> None:
    def often(caller: str) -> int:
        return next(number for number in range(100) if speaking.is_too_much(caller))

    found = {often(f"caller-{number}") for number in range(12)}
    assert len(found) > 3 and min(found) >= speaking.FROM_ONE and max(found) <= 2 * speaking.FROM_ONE


def test_tomorrow_nobody_can_tell_who_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    today = speaking.caller_of(ADDRESS)
    assert speaking.caller_of(ADDRESS) == today != speaking.caller_of("203.0.113.78")
    now = speaking.time.time()
    monkeypatch.setattr(speaking.time, "time", lambda: now + speaking.DAY)
    assert speaking.caller_of(ADDRESS) != today


def test_the_receipt_reads_the_answer_and_says_more(client: Client) -> None:
    receipt = said(code_for().code)
    reference = the_message().reference
    show = {"receipt": codes.spaced(receipt).lower()}
    first = client.post("/speak/answer/", show).content.decode()
    assert CANARY in first and "Nobody has answered yet" in first
    with acting(actor_of("tessa")) as actor:
        actions.read_message(actor, reference=reference)
        actions.note_message(actor, reference=reference, text="A note of the leads.")
        actions.answer_message(actor, reference=reference, text="We come and see you on Monday.")
        actions.close_message(actor, reference=reference, outcome="The home was visited.", became="S-1")
    answered = client.post("/speak/answer/", show).content.decode()
    assert "We come and see you on Monday." in answered and "finished with this" in answered
    for hidden in ("A note of the leads", "The home was visited", "Tessa", "Birch", reference, "Harrow"):
        assert hidden not in answered
    for _twice in range(2):
        more = client.post("/speak/answer/", {**show, "more": "It has not stopped."}).content.decode()
    assert "We have got what you wrote." in more and more.count("It has not stopped.") == 1
    routed()
    message = the_message()
    assert message.status == "new" and message.closed_at is None


def test_a_wrong_receipt_says_nothing_and_is_tried_seldom(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    said(code_for().code)
    wrong = codes.new_code(codes.RECEIPT)
    bodies = {
        masked(client.post("/speak/answer/", {"receipt": receipt}), receipt)
        for receipt in (wrong, codes.new_code(codes.RECEIPT))
    }
    assert len(bodies) == 1
    assert b"nothing for this code" in bodies.pop()
    assert b"nothing for this code" in client.post("/speak/answer/", {"receipt": wrong, "more": "Hello"}).content
    monkeypatch.setattr(speaking, "RECEIPTS", 0)
    assert client.post("/speak/answer/", {"receipt": wrong}).status_code == 429


def test_another_site_cannot_send_the_form(client: Client) -> None:
    answer = client.post(page(code_for().code), FORM, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 302 and answer["Location"] == "/speak/"
    assert routed() == 0


def test_welsh_is_in_the_address(client: Client) -> None:
    code = code_for().code
    answer = client.get(f"/siarad/{codes.spaced(code)}/", headers={"accept-language": "en"})
    assert answer["Content-Language"] == "cy" and '<html lang="cy"' in answer.content.decode()
    assert f'href="/speak/{codes.spaced(code)}/"' in answer.content.decode()
    client.post(f"/siarad/{code}/", FORM)
    routed()
    assert the_message().language == "cy"


TYPED = "application/x-www-form-urlencoded"


def body_of(fields: dict[str, str]) -> str:
    return urlencode(fields, errors="surrogatepass")


NONSENSE = [
    "\x00",
    "😀" * 500,
    "‮" * 50,
    "<script>alert(1)</script>",
    "x" * 100_000,
    "\ud800",
    "'; DROP TABLE x --",
    " ",
]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_gets_a_page(client: Client, text: str) -> None:
    for path in ("/speak/", "/speak/no-code/", page(code_for().code), "/speak/answer/"):
        for fields in (
            dict.fromkeys(("code", "who", "text", "where", "contact", "is_in_danger", "once", "receipt", "more"), text),
            {**FORM, "where": "x", "text": text, "contact": text, "once": text},
        ):
            answer = client.post(path, body_of(fields), content_type=TYPED)
            assert answer.status_code in (200, 302, 429), path
            assert b"<script>alert" not in answer.content
    cache.clear()


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=60), st.dictionaries(st.sampled_from(sorted(FORM)), st.text(max_size=80)))
def test_any_address_and_any_form_get_a_page(path: str, fields: dict[str, str]) -> None:
    visitor = Client(raise_request_exception=True)
    address = f"/speak/{quote(path.encode('utf-8', 'surrogatepass'), safe='')}/"
    answers = [visitor.post(each, body_of(fields), content_type=TYPED) for each in (address, "/speak/no-code/")]
    for answer in (visitor.get(address), *answers):
        assert answer.status_code < 500
