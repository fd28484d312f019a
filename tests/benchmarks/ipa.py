"""How much dearer is an agreement than WeasyPrint on the same static page?"""

from __future__ import annotations

from tests.benchmarks.harness import Bench, in_turn
from tests.benchmarks.rows import compared


def measure(bench: Bench) -> None:
    """`render_ipa` and bare WeasyPrint in turn."""
    from weasyprint import CSS, HTML

    from contracts.ipa_pdf import STATIC, render_html, render_ipa
    from tests.contracts.ipa_sample import PANEL, SIGNATURES, TERMS

    style = (STATIC / "contracts" / "ipa.css").read_text()
    page = render_html(TERMS, signatures=SIGNATURES, seal_panel=PANEL)
    page = page.replace('<link rel="stylesheet" href="static:contracts/ipa.css">', "")

    def static() -> None:
        HTML(string=page).write_pdf(stylesheets=[CSS(string=style)], pdf_variant="pdf/a-2a")

    def ipa() -> None:
        render_ipa(TERMS, signatures=SIGNATURES, seal_panel=PANEL)

    ours, base = in_turn(ipa, static, rounds=bench.rounds(9), warm=1)
    bench.add(compared("Agreement document", ours, base, goal=1.2, reference="WeasyPrint on the same static page"))
