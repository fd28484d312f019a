"""Files chosen on the page that raises an alert: kept with it or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.models import Alert, AlertFile, AlertRecipient
from tests.cast import actor_of, ident

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
PATH = f"/o/harrow/alerts/new/?establishment={ident('birch-house')}"
TYPED = {
    "kind": "allegation",
    "severity": "medium",
    "what_happened": "A member of staff was arrested last night.",
    "action_taken": "The police and the regulator know.",
}


def paper(name: str = "rota.txt", content: bytes = b"Two adults on every shift.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def stored() -> int:
    """How many files lie in the store's part for alerts."""
    folder = Path(settings.MEDIA_ROOT) / "alerts"
    return sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0


def rows() -> tuple[int, int, int]:
    with acting(actor_of("olive")):
        return Alert.objects.count(), AlertRecipient.objects.count(), AlertFile.objects.count()


def banners(client: Client, path: str) -> set[str]:
    """The alerts in the banners of a page."""
    shown = words(client.get(path))
    return set(re.findall(r"Safeguarding alert (\S+) Your organisation has not answered it", shown))


def test_files_are_kept_with_the_alert_and_open_from_its_page(sign_in: SignIn) -> None:
    client = sign_in("olive")
    page = client.get(PATH).content.decode()
    assert 'enctype="multipart/form-data"' in page and re.search(
        r'<input type="file" name="attachments"[^>]*multiple', page
    )
    answer = client.post(PATH, {**TYPED, "attachments": [paper(), paper("letter.txt", b"To whom.")]}, follow=True)
    shown = words(answer)
    assert "The alert is sent." in shown and "rota.txt" in shown and "letter.txt" in shown
    with acting(actor_of("olive")):
        assert set(AlertFile.objects.values_list("name", "alert__status")) == {
            ("rota.txt", "live"),
            ("letter.txt", "live"),
        }


def test_no_file_is_needed(sign_in: SignIn) -> None:
    assert sign_in("olive").post(PATH, TYPED).status_code == 302
    assert rows()[0] == 1 and rows()[2] == 0


def test_a_wrong_field_keeps_what_was_typed_and_asks_for_the_files_again(sign_in: SignIn) -> None:
    before = stored()
    answer = sign_in("olive").post(PATH, {**TYPED, "action_taken": "", "attachments": [paper()]})
    page = answer.content.decode()
    assert "A member of staff was arrested" in page and "Say what has been done so far" in page
    assert "Choose the files again" in page and 'href="#id_attachments"' in page
    assert rows() == (0, 0, 0) and stored() == before
    named = sign_in("olive").post(PATH, {**TYPED, "action_taken": "Ring 020 7946 0018.", "attachments": [paper()]})
    assert "Choose the files again" in words(named) and "id_is_checked" in named.content.decode()
    assert rows() == (0, 0, 0) and stored() == before
    assert "Choose the files again" not in words(sign_in("olive").post(PATH, {**TYPED, "action_taken": ""}))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (paper("run.txt", b"MZ\x90\x00"), "is a program"),
        (paper("empty.txt", b""), "empty"),
        (paper("sheet.xls"), "sheet.xls"),
    ],
)
def test_one_bad_file_keeps_the_alert_and_the_good_ones_back(
    bad: SimpleUploadedFile, said: str, sign_in: SignIn
) -> None:
    before = stored()
    bad.seek(0)
    answer = sign_in("olive").post(PATH, {**TYPED, "attachments": [paper(), bad]})
    assert answer.status_code == 200 and said in words(answer), words(answer)
    assert "A member of staff was arrested" in answer.content.decode()
    assert rows() == (0, 0, 0) and stored() == before


def test_too_many_are_refused(sign_in: SignIn) -> None:
    many = [paper(f"{number}.txt", f"Page {number}.".encode()) for number in range(11)]
    assert "An alert can have 10 files" in words(sign_in("olive").post(PATH, {**TYPED, "attachments": many}))
    assert rows() == (0, 0, 0)


def test_the_form_sent_twice_is_one_alert_with_each_file_once(sign_in: SignIn) -> None:
    client, before = sign_in("olive"), stored()
    for files in ([paper()], [paper(), paper("letter.txt", b"To whom.")]):
        assert client.post(PATH, {**TYPED, "attachments": files}).status_code == 302
    assert rows()[0] == 1 and rows()[2] == 2 and stored() == before + 2


def test_an_eleventh_file_of_a_repeated_form_is_not_lost_without_a_word(sign_in: SignIn) -> None:
    client, before = sign_in("olive"), stored()
    ten = [(f"{number}.txt", f"Page {number}.".encode()) for number in range(10)]
    client.post(PATH, {**TYPED, "attachments": [paper(*each) for each in ten]})
    answer = client.post(PATH, {**TYPED, "attachments": [paper(*ten[0]), paper("letter.txt", b"To whom.")]})
    assert answer.status_code == 200 and "An alert can have 10 files" in words(answer)
    assert rows()[0] == 1 and rows()[2] == 10 and stored() == before + 10
    again = client.post(PATH, {**TYPED, "attachments": [paper(*each) for each in ten]})
    assert again.status_code == 302 and rows()[2] == 10, "nothing new is nothing too many"


def test_the_banner_of_an_alert_is_on_every_page_but_its_own(sign_in: SignIn) -> None:
    client = sign_in("olive")
    for what in ("One thing happened there.", "Another thing happened there."):
        client.post(PATH, {**TYPED, "what_happened": what})
    with acting(actor_of("olive")):
        one, other = Alert.objects.values_list("reference", flat=True)
    assert banners(client, "/o/harrow/alerts/") == {one, other}
    assert banners(client, f"/o/harrow/alerts/{one}/") == banners(client, f"/o/harrow/alerts/{one}/answer/") == {other}
