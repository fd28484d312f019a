"""Whether an uploaded file is what it says it is: its type by content, its limits, a name that is safe to keep.

Pure: bytes and a name in, a verdict out. Nothing of a refused file is kept. The kinds are those a council sends about
a person: PDF, Word, OpenDocument, PNG, JPEG and plain text.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

import puremagic
from django.utils.translation import gettext as _

from brokerage.core.errors import RuleBroken

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain",
}
SAME = {"jpeg": "jpg", "text": "txt"}
#: A zip (docx, odt) may unpack to this much, from this many files, at this rate: more is a bomb.
UNPACKED_AT_MOST = 200 * 1024 * 1024
FILES_AT_MOST = 2_000
RATE_AT_MOST = 200
NAME_AT_MOST = 120
RELATIONS_AT_MOST = 5 * 1024 * 1024
_FETCHED = re.compile(rb"/(?:attachedTemplate|oleObject|frame|subDocument|control|mailMergeSource)[\"']", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")


@dataclass(frozen=True)
class CheckedUpload:
    """A file that passed: the name to show, its type, size in bytes and SHA-256."""

    name: str
    content_type: str
    size: int
    sha256: str


def check_upload(name: str, content: bytes, *, limit: int) -> CheckedUpload:
    """Check a whole file of at most `limit` bytes.

    Raises RuleBroken on "file": `file_empty`, `file_too_big`, `file_type_not_allowed`, `file_is_program`,
    `file_is_not_its_type`, `file_damaged`, `file_unpacks_too_big`, `file_has_macros`, `file_is_two_things`.
    """
    shown = safe_name(name)
    check_size(len(content), shown, limit=limit)
    kind = _kind_of(shown)
    if content.startswith(_PROGRAMS):
        _refuse("file_is_program", _("“%(name)s” is a program, not a document. It was not kept."), shown)
    found = _content_kind(content)
    if found != kind:
        _refuse(
            "file_is_not_its_type",
            _("“%(name)s” is not a %(kind)s file inside. Save it again in the right format and choose it once more."),
            shown,
            kind=kind.upper(),
        )
    if kind in ("docx", "odt"):
        _check_zip(content, kind, shown)
    elif kind != "txt" and zipfile.is_zipfile(io.BytesIO(content)):
        _refuse("file_is_two_things", _("“%(name)s” has another file hidden in it. It was not kept."), shown)
    return CheckedUpload(shown, TYPES[kind], len(content), hashlib.sha256(content).hexdigest())


def check_size(size: int, name: str, *, limit: int) -> None:
    """Refuse an empty or too big file by its size alone, before it is read."""
    if size == 0:
        _refuse("file_empty", _("“%(name)s” is empty. Choose another file."), safe_name(name))
    if size > limit:
        _refuse(
            "file_too_big",
            _("“%(name)s” has %(size)s MB; a file may have %(limit)s MB. Make it smaller or split it."),
            safe_name(name),
            size=f"{size / 1024 / 1024:.0f}",
            limit=f"{limit // 1024 // 1024}",
        )


def safe_name(name: str) -> str:
    """The file's own name without folders, control characters or tricks of direction; never empty."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter)[0] not in ("C", "Z") or letter == " "
    )
    tidy = re.sub(r'[<>:"|?*/]+', "_", " ".join(plain.split())).rstrip(". ")
    stem, dot, ending = tidy.rpartition(".")
    if not dot:
        return tidy[:NAME_AT_MOST] or "document"
    return f"{stem[: NAME_AT_MOST - len(ending) - 1] or 'document'}.{ending[:10]}"


def _kind_of(name: str) -> str:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = SAME.get(ending, ending)
    if kind not in TYPES:
        _refuse(
            "file_type_not_allowed",
            _("“%(name)s” cannot be added: choose a PDF, DOCX, ODT, PNG, JPG or TXT file."),
            name,
        )
    return kind


def _content_kind(content: bytes) -> str:
    """What the bytes are, whatever the name says; empty when they are none of ours."""
    if content.startswith(b"%PDF-"):
        return "pdf" if b"%%EOF" in content[-2048:] and _agrees(content, "pdf") else ""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png" if b"IEND\xaeB`\x82" in content and _agrees(content, "png") else ""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg" if b"\xff\xd9" in content and _agrees(content, "jpg") else ""
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    return "txt" if _is_text(content) else ""


def _agrees(content: bytes, kind: str) -> bool:
    """puremagic's opinion of the same bytes, as a second witness."""
    try:
        opinions = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return False
    wanted = {kind, *(other for other, same in SAME.items() if same == kind)}
    return any(
        opinion.extension.lstrip(".").lower() in wanted or opinion.mime_type == TYPES[kind] for opinion in opinions
    )


def _zip_kind(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if {"[Content_Types].xml", "word/document.xml"} <= names:
                return "docx"
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                return "odt" if archive.read("mimetype").decode("ascii", "replace").strip() == TYPES["odt"] else ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return ""
    return ""


def _check_zip(content: bytes, kind: str, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if (
                len(members) > FILES_AT_MOST
                or declared > UNPACKED_AT_MOST
                or declared > max(len(content), 10_000) * RATE_AT_MOST
            ):
                _refuse_bomb(name)
            if any(_is_program(member.filename) for member in members):
                _refuse_program(name)
            unpacked = 0
            for member in members:
                with archive.open(member) as part:
                    unpacked += _length(part, UNPACKED_AT_MOST - unpacked, name)
                # Its real length is known by now; a list of relations is never that long.
                if member.filename.lower().endswith(".rels") and _fetches(archive.read(member)):
                    _refuse_program(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        _refuse("file_damaged", _("“%(name)s” is damaged or protected and cannot be opened."), name)


def _is_program(member: str) -> bool:
    """Macros, programs, things that Office runs when they are clicked, and paths that leave the document."""
    path = member.lower().replace("\\", "/")
    return (
        path.strip().endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".vbs", ".bat", ".ps1", ".hta", ".lnk"))
        or "/activex/" in path
        or "/embeddings/oleobject" in path
        or path.startswith("/")
        or ".." in path.split("/")
    )


def _fetches(relations: bytes) -> bool:
    """Whether opening the document would fetch a template, object or frame from elsewhere: a usual way to run
    somebody's macros. Links that are only clicked are nobody's harm."""
    if len(relations) > RELATIONS_AT_MOST:
        return True
    return any(_FETCHED.search(each) and b"external" in each.lower() for each in relations.split(b"<"))


def _length(part: IO[bytes], left: int, name: str) -> int:
    """Bytes the member really unpacks to: what a zip declares may be a lie."""
    count = 0
    while chunk := part.read(1024 * 1024):
        count += len(chunk)
        if count > left:
            _refuse_bomb(name)
    return count


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return not any(unicodedata.category(letter) == "Cc" and letter not in "\t\n\r\f" for letter in text)


def _refuse_program(name: str) -> None:
    _refuse("file_has_macros", _("“%(name)s” contains a macro or program. Save it without and choose it again."), name)


def _refuse_bomb(name: str) -> None:
    _refuse("file_unpacks_too_big", _("“%(name)s” unpacks to far more than it says. It was not kept."), name)


def _refuse(code: str, message: str, name: str, **facts: str) -> None:
    raise RuleBroken(code, message % {"name": name, **facts}, "file")
