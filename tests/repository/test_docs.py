"""README and docs: links lead somewhere, commands, scripts and settings are explained, no private host is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
WORDS = {page: page.read_text(encoding="utf-8") for page in PAGES}
LARGEST_IMAGE = 200_000

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"""(?:environ(?:\.get)?[(\[]|read_\w+\()\s*["']([A-Z][A-Z0-9_]+)["']""")
#: Read by programs around ours, not settings of this product.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTHONHASHSEED"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links_of(page: Path) -> Iterator[str]:
    yield from _LINK.findall(_CODE_BLOCK.sub("", WORDS[page]))


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as code forges make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _CODE_BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    wrong = []
    for link in links_of(document):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _hash, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        is_wrong_anchor = (
            bool(anchor) and target.suffix == ".md" and target.exists() and anchor not in anchors_of(target)
        )
        if not target.is_relative_to(ROOT) or not target.exists() or is_wrong_anchor:
            wrong.append(link)
    assert wrong == []


def test_every_command_and_every_script_is_explained() -> None:
    commands = {path.stem for path in ROOT.glob("[bcdp]*/**/management/commands/*.py") if path.stem != "__init__"}
    assert {"migrate", "setup_roles", "verify_agreement"} <= commands
    scripts = {path.name for path in (ROOT / "script").iterdir() if path.is_file() and path.suffix == ""}
    everything = "\n".join(WORDS.values())
    assert {command for command in commands if command not in everything} == set()
    # README names scripts in one row of its map, without their folder.
    assert {
        script for script in scripts if f"`{script}`" not in everything and f"script/{script}" not in everything
    } == set()


def test_every_environment_variable_stands_in_the_operators_guide() -> None:
    sources = [ROOT / "brokerage" / "settings.py", *(ROOT / "brokerage" / "embedded").glob("*.py")]
    sources += [ROOT / "contracts" / "sealing_keys.py", *ROOT.glob("brokerage/core/*/management/commands/*.py")]
    read = {variable for source in sources for variable in _VARIABLE.findall(source.read_text(encoding="utf-8"))}
    assert {"DATABASE_URL", "DEMO", "SEALING_RETIRED_DIR"} <= read
    guide = WORDS[ROOT / "docs" / "operator.md"]
    assert {variable for variable in read - NOT_OURS if f"`{variable}`" not in guide} == set()


def test_every_variable_of_compose_stands_in_the_operators_guide() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    guide = WORDS[ROOT / "docs" / "operator.md"]
    assert {variable for variable in re.findall(r"\$\{([A-Z_]+)[:}]", compose) if f"`{variable}`" not in guide} == set()


def test_each_guide_is_reached_from_the_readme() -> None:
    readme = WORDS[ROOT / "README.md"]
    guides = sorted((ROOT / "docs" / "guides").glob("*.md"))
    assert len(guides) >= 8
    assert [guide.name for guide in guides if f"docs/guides/{guide.name}" not in readme] == []


def test_decisions_are_numbered_without_gaps_and_say_context_decision_and_consequence() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        text = WORDS[page]
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        for part in ("**Context.**", "**Decision.**", "**Consequence.**"):
            assert text.count(part) == 1, f"{page.name}: {part}"


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_no_private_host_and_no_path_of_a_machine(document: Path) -> None:
    text = WORDS[document]
    assert re.findall(r"(?<![\w.])/(?:work|home|root|tmp|Users|mnt)/[^\s`)]*", text) == []
    assert (
        re.findall(r"https?://(?:\d+\.\d+\.\d+\.\d+|[\w.-]*(?:pypi|npmjs|registry|artifactory|nexus)[\w.-]*)", text)
        == []
    )
    assert re.findall(r"[\w.-]+\.(?:internal|local|lan|corp)\b", text) == []


def test_images_are_small_and_used() -> None:
    images = sorted((ROOT / "docs" / "images").glob("*"))
    assert [image.name for image in images if image.stat().st_size >= LARGEST_IMAGE] == []
    everything = "\n".join(WORDS.values())
    assert [image.name for image in images if f"images/{image.name}" not in everything] == []


def test_nothing_is_left_to_be_written() -> None:
    for document, text in WORDS.items():
        assert not re.search(r"\b(TO\s?DO|FIX\s?ME|TBD|lorem)\b", text), name(document)
