"""How much dearer is an agreement than WeasyPrint on the same static page? At most 1.2 times is the aim.

    python -m tests.benchmarks.ipa [rounds]

Prints one line: the median of each, taken turn by turn in one run, and their ratio. Not a test.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import django


def measure(rounds: int = 7) -> dict[str, float]:
    """Median seconds of `render_ipa` ("ipa") and of bare WeasyPrint ("static"), and "ratio"."""
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

    def seconds(work: Callable[[], None]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    static()
    ipa()
    taken: dict[str, list[float]] = {"ipa": [], "static": []}
    for _ in range(rounds):
        taken["static"].append(seconds(static))
        taken["ipa"].append(seconds(ipa))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {**medians, "ratio": medians["ipa"] / medians["static"]}


if __name__ == "__main__":
    django.setup()
    result = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    sys.stdout.write(
        f"IPA {result['ipa']:.3f} s, static page {result['static']:.3f} s, ratio {result['ratio']:.2f} (aim: 1.2)\n"
    )
