"""The agreement as a PDF that lasts and that everybody can read: PDF/A-2a and PDF/UA-1 in one file.

For workers only: never inside a request. The same terms, signatures and panel give the same bytes. Everything
printed comes from the arguments; nothing is fetched but our own files under `static/`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pydyf
from django.template import Context, Engine
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from weasyprint import HTML, Document
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from contracts.terms import AgreementTerms, SealPanel, Signature
from contracts.terms_json import sha256_of, to_json

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
SCHEME = "static:"
CONTENT_TYPES = {".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml", ".ttf": "font/ttf"}

SECTIONS: tuple[tuple[str, Promise], ...] = (
    ("parties", _("The parties")),
    ("call_off", _("How the placement was bought")),
    ("person", _("The person")),
    ("placement", _("The placement")),
    ("dates", _("Dates and reviews")),
    ("costs", _("Schedule of costs")),
    ("discounts", _("Discounts")),
    ("additional_services", _("Additional services")),
    ("absence", _("Absence and retainer")),
    ("mileage", _("Mileage and transport")),
    ("notice", _("Notice")),
    ("outcomes", _("Outcomes")),
    ("information", _("Information sharing and retention")),
    ("safeguarding", _("Safeguarding, events to report and missing episodes")),
    ("no_move", _("No move without consent")),
    ("variations", _("Variations")),
    ("signatures", _("Signatures and seal")),
)
ANNEXES: tuple[tuple[str, str, Promise], ...] = (
    ("referral", "A", _("The referral as released to the provider")),
    ("offer", "B", _("The offer as accepted")),
)
AREAS = {
    "in_area": _("In the authority's own area"),
    "out_of_area": _("Out of the authority's area, in an adjoining area"),
    "at_a_distance": _("At a distance: outside the authority's area and every adjoining area"),
}
_UA_CLAIM = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />'
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>'
    b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>'
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    b'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>'
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq>"
    b"</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class RenderingFailed(Exception):
    """No PDF was made: a template fault, or something in the page asked for a file that is not ours."""


class OwnFilesOnly(URLFetcher):
    """WeasyPrint's door to the world, shut but for `static:<path>` inside our own static folder."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"static"}, allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The file, or ValueError: other schemes, paths that climb out, and types a page has no use for."""
        if not url.startswith(SCHEME):
            raise ValueError("only own static files may be fetched")
        path = (STATIC / url.removeprefix(SCHEME)).resolve()
        content_type = CONTENT_TYPES.get(path.suffix)
        if not path.is_relative_to(STATIC.resolve()) or content_type is None or not path.is_file():
            raise ValueError("no such static file")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": content_type})


class _NothingMissing(str):
    """Django prints a misspelt variable as nothing; in a contract that must stop the press."""

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, variable: Any) -> str:
        raise RenderingFailed(f"the page asks for {variable}, which the terms do not have")


@dataclass(frozen=True)
class Heading:
    """A numbered heading; `number` is 1 to 17, or a letter for an annex."""

    key: str
    number: str
    title: str


def render_ipa(
    terms: AgreementTerms,
    *,
    signatures: Sequence[Signature] = (),
    seal_panel: SealPanel | None = None,
) -> bytes:
    """The PDF of these terms, in the terms' language. About half a second and 80 MB of memory.

    Without `seal_panel` the page says that it is a working copy; a side that has not signed has an empty box.
    Raises RenderingFailed; never returns part of a document.
    """
    html = render_html(terms, signatures=signatures, seal_panel=seal_panel)
    identity = "\n".join([terms.to_json(), *map(to_json, signatures), to_json(seal_panel) if seal_panel else ""])
    return write_pdf(html, identifier=hashlib.sha256(identity.encode()).digest()[:16])


def render_html(
    terms: AgreementTerms, *, signatures: Sequence[Signature] = (), seal_panel: SealPanel | None = None
) -> str:
    """The page before it becomes a PDF, every value escaped."""
    by_side = {signature.side: signature for signature in signatures}
    if len(by_side) != len(signatures):
        raise RenderingFailed("a side has signed twice")
    last_change = max([terms.drawn_up_at, *(signature.signed_at for signature in signatures)])
    with translation.override(terms.language):
        context = {
            "terms": terms,
            "terms_hash": sha256_of(terms.to_json()),
            "headings": {key: Heading(key, str(n), str(title)) for n, (key, title) in enumerate(SECTIONS, 1)},
            "annexes": {key: Heading(key, letter, str(title)) for key, letter, title in ANNEXES},
            "area": str(AREAS[terms.placement.area]),
            "authority_signature": by_side.get("authority"),
            "provider_signature": by_side.get("provider"),
            "seal_panel": seal_panel,
            "created": terms.drawn_up_at,
            "modified": last_change,
            "stylesheet": f"{SCHEME}contracts/ipa.css",
        }
        return str(_engine().get_template("contracts/ipa/agreement.html").render(Context(context)))


def write_pdf(html: str, *, identifier: bytes) -> bytes:
    """HTML of ours to PDF/A-2a and PDF/UA-1. Raises RenderingFailed.

    A character that no font here can draw would be an empty box on a contract (and break both standards): it is
    spelt out instead, on a second pass that ordinary agreements do not need.
    """
    pdf, unknown = _write_once(html, identifier)
    if unknown:
        pdf, unknown = _write_once(html.translate({point: spell(chr(point)) for point in unknown}), identifier)
    if unknown:
        raise RenderingFailed(f"no font can draw {sorted(unknown)}")
    return pdf


def spell(character: str) -> str:
    """What is printed for a character without a font: a symbol's name, a letter's code, nothing for a control."""
    category = unicodedata.category(character)
    if category[0] == "S":
        return f"[{unicodedata.name(character, 'symbol').lower()}]"
    return f"[U+{ord(character):04X}]" if category[0] in "LNP" else ""


def _write_once(html: str, identifier: bytes) -> tuple[bytes, set[int]]:
    """The PDF and the code points it could not draw."""
    unknown: set[int] = set()

    def finish(document: Document, pdf: pydyf.PDF) -> None:
        _claim_ua(pdf)
        for font in document.fonts.values():
            unknown.update(font.missing)

    try:
        page = HTML(string=html, base_url=SCHEME, url_fetcher=OwnFilesOnly())
        pdf = page.write_pdf(pdf_variant="pdf/a-2a", pdf_identifier=identifier, finisher=finish)
    except (Exception, FatalURLFetchingError) as error:
        raise RenderingFailed(f"the agreement could not be rendered: {error}") from error
    return bytes(pdf), unknown


def _claim_ua(pdf: pydyf.PDF) -> None:
    """Add the PDF/UA-1 claim to the one RDF block of the metadata that PDF/A made."""
    number = int(pdf.catalog["Metadata"].split()[0])
    metadata = pdf.objects[number]
    before, end, after = metadata.stream[0].rpartition(b"</rdf:RDF>")
    if not end:
        raise RenderingFailed("the metadata has no RDF block to claim PDF/UA in")
    metadata.stream[0] = before + _UA_CLAIM + end + after


@cache
def _engine() -> Engine:
    return Engine(
        dirs=[str(ROOT / "templates")],
        libraries={"i18n": "django.templatetags.i18n", "ipa": "contracts.templatetags.ipa"},
        string_if_invalid=_NothingMissing("%s"),
    )
