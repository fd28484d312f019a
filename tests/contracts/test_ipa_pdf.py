"""The agreement's PDF: it says what the terms say, the same bytes each time, accessibly, and fetches nothing."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import translation
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from weasyprint import HTML

from brokerage.core.money import pounds
from contracts import ipa_pdf
from contracts.ipa_pdf import ANNEXES, SECTIONS, OwnFilesOnly, RenderingFailed, render_html, render_ipa, write_pdf
from contracts.sealing import load_sealing_key, seal_pdf
from contracts.templatetags.ipa import day, grouped, plain, rule_in_words, worked_out
from contracts.terms import AgreementTerms, CostLine, MatchStatement
from tests.contracts.ipa_sample import COSTS, FOSTERING, PANEL, SIGNATURES, TERMS
from tests.contracts.pdf_validator import runner
from tests.plugin import HOME

# Values of the terms that steer the page instead of being printed on it.
NOT_PRINTED = {
    "AgreementTerms.schema",
    "AgreementTerms.language",
    "CallOff.route",
    "CallOff.regime",
    "PlacementTerms.area",
    "CostLine.code",
    "CostLine.period",
    "MatchStatement.kind",
    "NoticeRule.given_by",
}


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module", autouse=True)
def _in_london() -> Iterator[None]:
    """The sample's moments are printed by London's clock, wherever the run takes place."""
    with override_settings(TIME_ZONE=HOME):
        yield


@pytest.fixture(scope="module")
def signed(_in_london: None) -> bytes:
    return render_ipa(TERMS, signatures=SIGNATURES, seal_panel=PANEL)


@pytest.fixture(scope="module")
def text(signed: bytes) -> str:
    return squeeze(" ".join(pages_of(signed)))


def every_value(value: Any, where: str = "AgreementTerms") -> Iterator[tuple[str, str]]:
    """Each leaf of the terms as the page should print it, with its place."""
    if where in NOT_PRINTED or value is None or value == "" or isinstance(value, bool):
        return
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from every_value(getattr(value, field.name), f"{type(value).__name__}.{field.name}")
    elif isinstance(value, tuple):
        for entry in value:
            yield from every_value(entry, where)
    elif isinstance(value, Decimal):
        is_money = where.split(".")[1] in {
            "amount",
            "base",
            "weekly",
            "four_weekly",
            "annual",
            "unit_rate",
            "weekly_saving",
            "excess_rate",
        }
        yield where, pounds(value) if is_money else plain(value)
    elif isinstance(value, dt.datetime):
        yield where, day(value.date())
    elif isinstance(value, dt.date):
        yield where, day(value)
    else:
        yield where, str(value)


def test_everything_in_the_terms_is_on_the_page(text: str) -> None:
    missing = [(where, value) for where, value in every_value(TERMS) if squeeze(value) not in text]
    assert missing == []


def test_signatures_and_panel_are_on_the_page(text: str) -> None:
    for signature in SIGNATURES:
        for value in (signature.name, signature.role, signature.organisation, signature.method):
            assert squeeze(value) in text
        assert signature.evidence_hash in text
    assert TERMS.terms_hash() in text
    assert squeeze("This document is sealed electronically.") in text
    assert squeeze(f"Check it at {PANEL.check_at}") in text
    assert squeeze("working copy") not in text


def test_each_section_is_headed_and_bookmarked_in_order(signed: bytes) -> None:
    root, chapters = PdfReader(io.BytesIO(signed)).outline
    assert root.title == "Individual placement agreement"
    expected = [f"{number}. {title}" for number, (_key, title) in enumerate(SECTIONS, 1)]
    expected += [f"Annex {letter}. {title}" for _key, letter, title in ANNEXES]
    assert [entry.title for entry in chapters if not isinstance(entry, list)] == expected


def test_every_page_says_which_agreement_and_which_page(signed: bytes) -> None:
    pages = pages_of(signed)
    assert len(pages) > 6
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert f"{TERMS.reference}, version 1" in page


def test_the_same_terms_give_the_same_bytes(signed: bytes) -> None:
    assert render_ipa(TERMS, signatures=SIGNATURES, seal_panel=PANEL) == signed


def test_another_process_with_other_hashes_gives_the_same_bytes(signed: bytes) -> None:
    script = (
        "import django, hashlib; django.setup()\n"
        "from contracts.ipa_pdf import render_ipa\n"
        "from tests.contracts.ipa_sample import *\n"
        "print(hashlib.sha256(render_ipa(TERMS, signatures=SIGNATURES, seal_panel=PANEL)).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ipa_pdf.ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711", "TIME_ZONE": HOME, "TZ": "Asia/Tokyo", "LANG": "C"},
    )
    assert run.stdout.strip() == ipa_pdf.hashlib.sha256(signed).hexdigest()


@pytest.mark.parametrize(
    ("terms", "signatures"),
    [(replace(TERMS, version=2), SIGNATURES), (TERMS, SIGNATURES[:1]), (TERMS, ())],
)
def test_other_terms_or_signatures_give_other_bytes(
    signed: bytes, terms: AgreementTerms, signatures: tuple[Any, ...]
) -> None:
    pdf = render_ipa(terms, signatures=signatures, seal_panel=PANEL)
    assert pdf != signed
    assert PdfReader(io.BytesIO(pdf)).trailer["/ID"] != PdfReader(io.BytesIO(signed)).trailer["/ID"]


def test_the_language_of_the_session_does_not_matter(signed: bytes) -> None:
    with translation.override("cy"):
        assert render_ipa(TERMS, signatures=SIGNATURES, seal_panel=PANEL) == signed


def test_the_welsh_agreement_is_welsh(signed: bytes) -> None:
    pdf = render_ipa(replace(TERMS, language="cy"), signatures=SIGNATURES, seal_panel=PANEL)
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.trailer["/Root"]["/Lang"] == "cy"
    words = squeeze(" ".join(page.extract_text() for page in reader.pages))
    assert squeeze("3 Rhagfyr 2026") in words
    for phrase in ("Cytundeb lleoliad unigol", "Y partïon", "Atodlen costau", f"Tudalen 1 o {len(reader.pages)}"):
        assert squeeze(phrase) in words
    for phrase in ("Schedule of costs", "The parties", "Total weekly price", "Signatures and seal"):
        assert squeeze(phrase) not in words


def test_it_is_tagged_titled_and_in_a_language(signed: bytes) -> None:
    reader = PdfReader(io.BytesIO(signed))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == f"Individual placement agreement {TERMS.reference}, version 1"
    assert reader.metadata.creation_date == TERMS.drawn_up_at.replace(microsecond=0)
    assert reader.metadata.modification_date == SIGNATURES[1].signed_at
    xmp = root["/Metadata"].get_object().get_data()
    assert xmp.count(b"<rdf:RDF") == 1
    assert b'pdfaid:part="2"' in xmp
    assert b'pdfaid:conformance="A"' in xmp
    assert b'pdfuaid:part="1"' in xmp


def test_fonts_are_embedded_and_ours(signed: bytes) -> None:
    names = set()
    for page in PdfReader(io.BytesIO(signed)).pages:
        for font in page["/Resources"]["/Font"].values():
            descendant: DictionaryObject = font.get_object()["/DescendantFonts"][0].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descendant["/FontDescriptor"].get_object())
            names.add(str(descendant["/BaseFont"]).split("+")[-1])
    assert {name.split("-")[0] for name in names} <= {"Liberation", "LiberationSans", "LiberationMono"}


def test_a_long_table_repeats_its_headings_on_each_page() -> None:
    statements = tuple(
        MatchStatement(kind="need", label=f"Need {number}", statement="Met by the whole team. " * 12)
        for number in range(40)
    )
    pages = pages_of(render_ipa(replace(TERMS, offer=replace(TERMS.offer, statements=statements))))
    with_rows = [page for page in pages if re.search(r"Need \d+", page)]
    assert len(with_rows) >= 4
    assert all("What the provider said" in page for page in with_rows)


def test_a_working_copy_says_so() -> None:
    words = squeeze(" ".join(pages_of(render_ipa(TERMS))))
    for phrase in ("This is a working copy", "Not yet signed", "This copy is not sealed"):
        assert squeeze(phrase) in words
    half = squeeze(" ".join(pages_of(render_ipa(TERMS, signatures=SIGNATURES[:1]))))
    assert squeeze("By the authority; not yet by the provider") in half


def test_a_foster_placement_prints_the_household_and_no_address() -> None:
    words = " ".join(pages_of(render_ipa(FOSTERING)))
    for phrase in ("AF-0231", "CF14", "Emergency placement", "10 December 2026", "No additional services are agreed"):
        assert squeeze(phrase) in squeeze(words)
    assert "Orchard Rise" not in words


def test_one_side_cannot_sign_twice() -> None:
    with pytest.raises(RenderingFailed, match="twice"):
        render_ipa(TERMS, signatures=(SIGNATURES[0], SIGNATURES[0]))


# --- hostile text -----------------------------------------------------------------------------------------

HOSTILE = (
    '<img src="file:///etc/passwd">',
    "<script>alert(1)</script>",
    "<style>@import url(http://example.com/x.css)</style>",
    '<link rel="attachment" href="file:///etc/hostname">',
    "</td></tr></table><h1>Forged</h1>",
    "{% include '/etc/passwd' %}{{ terms }}",
    '" onload="x',
    "&lt;b&gt; &amp;",
    "\u202egnirts desrever",
    "a" * 400,
)


def _hostile_terms(text: str) -> AgreementTerms:
    return replace(
        TERMS,
        reference=f"IPA {text}"[:80],
        person=replace(TERMS.person, full_name=text),
        authority=replace(TERMS.authority, name=text),
        offer=replace(TERMS.offer, conditions=(text,)),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_the_page(text: str) -> None:
    html = render_html(_hostile_terms(text))
    assert "<script" not in html
    assert "<img" not in html
    assert (html.count("<link"), html.count("<style"), html.count("<h1")) == (1, 0, 1)


def test_hostile_text_is_printed_and_fetches_nothing() -> None:
    words = squeeze(" ".join(pages_of(render_ipa(_hostile_terms("\n".join(HOSTILE))))))
    for text in HOSTILE:
        if text.isascii():
            assert squeeze(text) in words
    assert "root:" not in words


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://localhost/",
        "https://example.com/a.css",
        "ftp://example.com/a.css",
        "data:text/css,a{}",
        "static:../contracts/ipa_pdf.py",
        "static:../brokerage/settings.py",
        "static:/etc/passwd",
        "static:contracts/../../pyproject.css",
        "static:contracts",
        "static:contracts/none.css",
        "STATIC:contracts/ipa.css",
        "contracts/ipa.css",
        "",
    ],
)
def test_the_fetcher_refuses_all_but_own_files(url: str) -> None:
    with pytest.raises(ValueError, match="static file"):
        OwnFilesOnly().fetch(url)


def test_the_fetcher_gives_own_files() -> None:
    answer = OwnFilesOnly().fetch("static:contracts/ipa.css")
    assert answer.read() == (ipa_pdf.STATIC / "contracts" / "ipa.css").read_bytes()


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="http://localhost:9/x.png" alt="x">',
        '<link rel="stylesheet" href="http://localhost:9/x.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<p style="background: url(file:///etc/passwd)">x</p>',
        "<style>@import 'http://localhost:9/x.css'</style>",
    ],
)
def test_a_page_that_asks_for_anything_else_makes_no_pdf(tag: str) -> None:
    with pytest.raises(RenderingFailed):
        write_pdf(f'<html lang="en"><title>x</title>{tag}<p>x', identifier=b"x" * 16)


def test_a_misspelt_variable_stops_the_press() -> None:
    template = ipa_pdf._engine().from_string("{{ terms.persom.full_name }}")
    with pytest.raises(RenderingFailed, match="persom"):
        template.render(ipa_pdf.Context({"terms": TERMS}))


def test_characters_without_a_font_are_spelt_and_controls_are_left_out(tmp_path: Path) -> None:
    name = "Jo \U0001f642\u200d\ufe0f Kim \U00012000 A\x07B\x0bC\ufffe Łukasz Олена"
    pdf = render_ipa(replace(FOSTERING, person=replace(TERMS.person, full_name=name)))
    words = " ".join(pages_of(pdf))
    for phrase in ("Jo [slightly smiling face] Kim [U+12000] ABC Łukasz Олена",):
        assert squeeze(phrase) in squeeze(words)
    if not runner.why_not():
        (tmp_path / "odd.pdf").write_bytes(pdf)
        assert runner.broken_rules([tmp_path / "odd.pdf"]) == []


# --- words ------------------------------------------------------------------------------------------------


def test_how_a_line_is_worked_out() -> None:
    assert worked_out(COSTS.lines[0]) == "1 week × £4,250.00"
    assert worked_out(COSTS.lines[1]) == "3% of £4,250.00"
    assert worked_out(CostLine(code="x", label="x", amount=Decimal(1))) == ""
    core = CostLine(code="core", label="Core", amount=Decimal(1), unit="week", rule="ceiling_life_months")
    assert worked_out(core) == "", "the amount already says: a week"
    assert rule_in_words(core).startswith("Months a ceiling price is fixed")
    assert rule_in_words(replace(core, source_clause="Terms: fixed for 12 months")) == ""
    assert rule_in_words(replace(core, rule="Schedule 2")) == "Schedule 2"
    assert plain(Decimal("1E+2")) == "100"
    assert plain(Decimal("2.50")) == "2.5"
    assert grouped("abcdef") == "abcd ef"


# --- the reference validator ------------------------------------------------------------------------------


@pytest.mark.skipif(bool(runner.why_not()), reason=runner.why_not())
def test_the_reference_validator_finds_nothing_and_does_find_faults(signed: bytes, tmp_path: Path) -> None:
    sealed = seal_pdf(
        signed,
        key=load_sealing_key({}, tmp_path),
        reason="Signed by both sides",
        location="England",
        moment=dt.datetime.now(dt.UTC),
    )
    files = {
        "sealed": sealed,
        "welsh": render_ipa(replace(FOSTERING, language="cy")),
        "ordinary": HTML(string="<p>No title, no tags, no language").write_pdf(),
    }
    for name, content in files.items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    found = runner.broken_rules([tmp_path / f"{name}.pdf" for name in files])
    assert [line for line in found if "ordinary.pdf" not in line] == []
    assert {line.split(" ")[0] for line in found} == {"2a", "ua1"}
