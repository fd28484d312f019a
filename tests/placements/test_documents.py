"""Papers of a referral: what is taken, what is refused, who may fetch a file and for how long."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.stored_files import LINK_SECONDS
from brokerage.core.tenants.context import acting
from brokerage.core.uploads import FILES_AT_MOST, check_upload, safe_name
from placements.actions import documents
from placements.actions.referrals import withdraw_referral
from placements.models import Referral, ReferralDocument
from tests.cast import actor_of
from tests.scenarios import draft_referral, invited

LIMIT = 20 * 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 40 + b"\xff\xd9"
DOCX_PARTS = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
EXE = b"MZ\x90\x00" + b"\x00" * 200


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


DOCX = zipped(DOCX_PARTS)
ODT = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}, zipfile.ZIP_STORED)


# --- By content -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "ending"),
    [
        ("plan.pdf", PDF, "pdf"),
        ("PLAN.PDF", PDF, "PDF"),
        ("photo.png", PNG, "png"),
        ("photo.jpeg", JPG, "jpeg"),
        ("care plan.docx", DOCX, "docx"),
        ("plan.odt", ODT, "odt"),
        ("note.txt", "Aelwyd dawel – tŷ".encode(), "txt"),
        ("note.txt", "caf\xe9".encode("cp1252"), "txt"),
    ],
)
def test_the_kinds_a_council_sends_are_taken(name: str, content: bytes, ending: str) -> None:
    passed = check_upload(name, content, limit=LIMIT)
    assert passed.name.endswith("." + ending) and passed.size == len(content) and len(passed.sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("plan.pdf", b"", "file_empty"),
        ("plan.pdf", EXE, "file_is_program"),
        ("plan.exe", EXE, "file_type_not_allowed"),
        ("plan.pdf.exe", PDF, "file_type_not_allowed"),
        ("plan", PDF, "file_type_not_allowed"),
        ("macro.docm", DOCX, "file_type_not_allowed"),
        ("plan.pdf", DOCX, "file_is_not_its_type"),
        ("plan.docx", PDF, "file_is_not_its_type"),
        ("plan.pdf", b"<html><script>alert(1)</script></html>", "file_is_not_its_type"),
        ("plan.pdf", b"%PDF-1.7 cut short", "file_is_not_its_type"),
        ("plan.docx", zipped({"anything.txt": b"x"}), "file_is_not_its_type"),
        ("plan.docx", DOCX[:60], "file_is_not_its_type"),
        ("note.txt", b"text\x00with zero", "file_is_not_its_type"),
        ("run.txt", b"#!/bin/sh\nrm -rf /", "file_is_program"),
        ("plan.pdf", PDF + zipped({"hidden.exe": EXE}) + b"%%EOF", "file_is_two_things"),
        ("photo.png", PNG + zipped({"hidden.exe": EXE}), "file_is_two_things"),
        ("plan.docx", zipped({**DOCX_PARTS, "word/vbaProject.bin": b"x"}), "file_has_macros"),
        ("plan.docx", zipped({**DOCX_PARTS, "word/zeros.xml": b"\0" * 30_000_000}), "file_unpacks_too_big"),
        ("plan.docx", zipped({**DOCX_PARTS, **{f"p{n}": b"" for n in range(FILES_AT_MOST)}}), "file_unpacks_too_big"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_what_it_says_is_refused_in_words(name: str, content: bytes, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_upload(name, content, limit=LIMIT)
    assert refused.value.code == code and refused.value.field == "file"
    assert name.rpartition("/")[2] in str(refused.value.message)


def test_a_zip_that_lies_about_its_size_is_found_out() -> None:
    honest = zipped({**DOCX_PARTS, "word/zeros.xml": b"\0" * 5_000_000})
    size = (5_000_000).to_bytes(4, "little")
    with pytest.raises(RuleBroken):
        check_upload("plan.docx", honest.replace(size, (10).to_bytes(4, "little")), limit=LIMIT)


def test_thirty_megabytes_are_too_many_and_the_message_says_how_many_are_not() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_upload("scan.pdf", PDF + b"\0" * (30 * 1024 * 1024), limit=LIMIT)
    assert refused.value.code == "file_too_big"
    assert "30 MB" in str(refused.value.message) and "20 MB" in str(refused.value.message)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("  a\u202efdp.exe\x00.pdf ", "afdp.exe.pdf"),
        ("x" * 400 + ".pdf", "x" * 116 + ".pdf"),
        ("a<b>:c.pdf", "a_b_c.pdf"),
        ("..", "document"),
        (".pdf", "document.pdf"),
        ("Cynllun gofal – tŷ.pdf", "Cynllun gofal – tŷ.pdf"),
    ],
)
def test_names_lose_paths_and_tricks(given: str, kept: str) -> None:
    assert safe_name(given) == kept


# --- Acts -------------------------------------------------------------------------------------------------------------


def upload(name: str = "plan.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def add(referral: Referral, who: str = "olive", **changes: Any) -> ReferralDocument:
    actor = actor_of(who)
    values: dict[str, Any] = {"upload": upload(), "kind": "care_plan", "is_for_all_invited": False, **changes}
    with acting(actor):
        return documents.add_document(actor, reference=referral.reference, **values)


def files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.FILE_STORE).rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_paper_is_kept_under_a_random_name_and_its_own_name_stays_out_of_the_trail(settings: Any) -> None:
    referral = draft_referral()
    document = add(referral, upload=upload("Zachariah plan.pdf"))
    assert document.name == "Zachariah plan.pdf" and "Zachariah" not in document.stored_name
    assert [path.read_bytes() for path in files(settings)] == [PDF]
    with acting(actor_of("olive")):
        entry = Entry.objects.get(kind="document.added")
    assert "Zachariah" not in str(entry.data) and entry.data["kind"] == "care_plan"


@pytest.mark.django_db
def test_a_refused_file_leaves_nothing_behind(settings: Any) -> None:
    referral = draft_referral()
    with pytest.raises(RuleBroken):
        add(referral, upload=upload(content=EXE))
    assert files(settings) == []


@pytest.mark.django_db
def test_who_may_add_where() -> None:
    referral = draft_referral()
    for who in ("connie", "tessa"):
        with pytest.raises(NotPermitted):
            add(referral, who)
    with pytest.raises(Http404):
        add(referral, "edith")
    with pytest.raises(Http404):
        add(referral, "sandra")
    with acting(actor_of("olive")) as olive:
        withdraw_referral(olive, reference=referral.reference, reason="Over")
    with pytest.raises(NotNow):
        add(referral)
    assert add(invited().referral).kind == "care_plan"


@pytest.mark.django_db
def test_providers_see_a_new_paper_at_once_and_lose_a_removed_one() -> None:
    story = invited()

    def shown() -> list[str]:
        with acting(actor_of("bob")):
            release = story.releases["birch"]
            release.refresh_from_db()
            return [each["id"] for each in release.documents]

    for_all, kept_back = add(story.referral, is_for_all_invited=True), add(story.referral)
    assert shown() == [str(for_all.pk)] and str(kept_back.pk) not in shown()
    with acting(actor_of("olive")) as olive:
        documents.remove_document(olive, reference=story.reference, document_id=for_all.pk)
    assert shown() == []


@pytest.mark.django_db
def test_a_removed_paper_is_gone_and_removing_twice_is_once() -> None:
    referral = draft_referral()
    document = add(referral)
    with acting(actor_of("olive")) as olive:
        for _time in range(2):
            documents.remove_document(olive, reference=referral.reference, document_id=document.pk)
        with pytest.raises(Http404):
            documents.link_to_document(olive, reference=referral.reference, document_id=document.pk)
        assert Entry.objects.filter(kind="document.removed").count() == 1


@pytest.mark.django_db
def test_a_link_is_one_persons_one_files_and_ends_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    referral = draft_referral()
    document, other = add(referral), add(referral)
    with acting(actor_of("olive")) as olive:
        good = documents.link_to_document(olive, reference=referral.reference, document_id=document.pk)

        def read(actor: Any, signature: str, which: ReferralDocument = document) -> Any:
            return documents.read_document(
                actor, reference=referral.reference, document_id=which.pk, signature=signature
            )

        assert read(olive, good).name == "plan.pdf"
        assert Entry.objects.filter(kind="document.read").count() == 1
        for signature, which in ((good + "x", document), (good, other)):
            with pytest.raises(Http404):
                read(olive, signature, which)
        later = time.time() + LINK_SECONDS + 1
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(Http404):
            read(olive, good)
    monkeypatch.undo()
    with acting(actor_of("oscar")) as oscar, pytest.raises(Http404):
        read(oscar, good)
    assert str(document.pk) not in good


# --- The scanner ------------------------------------------------------------------------------------------------------


def scanner(answer: bytes) -> tuple[str, threading.Thread]:
    """A daemon that reads one INSTREAM and says `answer`."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as link:
            received = b""
            while not received.endswith(b"\0\0\0\0"):
                received += link.recv(65536)
            link.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return f"127.0.0.1:{server.getsockname()[1]}", thread


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "code"),
    [(b"stream: OK\0", ""), (b"stream: Eicar FOUND\0", "file_infected"), (b"ERROR\0", "scanner_away")],
)
def test_the_scanner_is_asked_when_there_is_one(settings: Any, answer: bytes, code: str) -> None:
    referral = draft_referral()
    settings.UPLOAD_SCANNER, thread = scanner(answer)
    if code:
        with pytest.raises(RuleBroken) as refused:
            add(referral)
        assert refused.value.code == code and files(settings) == []
    else:
        assert add(referral).name == "plan.pdf"
    thread.join(5)


@pytest.mark.django_db
def test_a_scanner_that_is_away_stops_uploads_and_nothing_else(settings: Any) -> None:
    referral = draft_referral()
    settings.UPLOAD_SCANNER = f"/tmp/no-scanner-{uuid4().hex[:8]}"
    with pytest.raises(RuleBroken) as refused:
        add(referral)
    assert refused.value.code == "scanner_away"


# --- Pages ------------------------------------------------------------------------------------------------------------


def page_of(referral: Referral, tail: str = "documents/", slug: str = "harrow") -> str:
    return f"/o/{slug}/referrals/{referral.reference}/{tail}"


@pytest.mark.django_db
def test_add_open_and_remove_on_the_page(sign_in: Callable[[str], Client]) -> None:
    referral, client = draft_referral(), sign_in("olive")
    answer = client.post(page_of(referral), {"kind": "ehcp", "readers": "invited", "file": upload("my plan.pdf")})
    assert answer.status_code == 302
    text = client.get(page_of(referral)).content.decode()
    assert "my plan.pdf" in text and "Everyone invited" in text
    opened = re.search(r'href="(/o/harrow/referrals/[^"]+/documents/[0-9a-f-]{36}/)"', text)
    assert opened is not None
    link = client.get(opened[1])
    assert link.status_code == 302 and "plan" not in link["Location"]
    file = client.get(link["Location"])
    assert b"".join(file.streaming_content) == PDF
    shown = client.get(page_of(referral, "")).content.decode()
    assert opened[1] in shown and "my plan.pdf" in shown and "Education, health and care plan, " in shown
    assert file["Content-Disposition"] == 'attachment; filename="my plan.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff" and "no-store" in file["Cache-Control"]
    assert client.post(opened[1] + "remove/").status_code == 302
    assert client.get(opened[1]).status_code == 404
    assert "my plan.pdf" not in client.get(page_of(referral, "")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("plan.pdf", EXE, "is a program"),
        ("plan.pdf", b"", "is empty"),
        ("plan.pdf", PDF + b"\0" * (30 * 1024 * 1024), "a file may have 20 MB"),
        ("plan.exe", EXE, "choose a PDF, DOCX"),
    ],
    ids=["program", "empty", "30 MB", "exe"],
)
def test_a_refused_file_costs_nothing_else_on_the_page(
    sign_in: Callable[[str], Client], name: str, content: bytes, words: str
) -> None:
    referral, client = draft_referral(), sign_in("olive")
    page = client.post(page_of(referral), {"kind": "ehcp", "readers": "invited", "file": upload(name, content)})
    text = page.content.decode()
    assert page.status_code == 200 and words in text
    assert re.search(r'value="ehcp" selected', text) and re.search(r'value="invited"[^>]*checked', text)


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "status"), [("connie", 403), ("fiona", 403), ("sandra", 404), ("edith", 404)])
def test_papers_are_for_those_who_may_see_them(sign_in: Callable[[str], Client], who: str, status: int) -> None:
    referral = draft_referral()
    document = add(referral)
    client = sign_in(who)
    assert client.get(page_of(referral, f"documents/{document.pk}/")).status_code == status
    assert client.post(page_of(referral, f"documents/{document.pk}/remove/")).status_code == status


@pytest.mark.django_db
def test_another_authority_and_a_provider_do_not_find_a_paper(sign_in: Callable[[str], Client]) -> None:
    referral = draft_referral()
    document = add(referral)
    assert sign_in("edith").get(page_of(referral, f"documents/{document.pk}/", "ealing")).status_code == 404
    assert sign_in("bob").get(page_of(referral, f"documents/{document.pk}/", "birch")).status_code in (403, 404)
