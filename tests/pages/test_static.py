"""Vendored files are whole, ask nothing of other hosts, and survive hashed storage; no inline style or script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
STYLESHEETS = sorted(STATIC.rglob("*.css"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "ipa" not in path.parts)


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_stylesheets_use_kept_files_only(path: Path) -> None:
    css = path.read_text(encoding="utf-8")
    for url in re.findall(r"url\(([^)]*)\)", css):
        assert (path.parent / url.strip("\"'")).is_file(), url
    assert "@import" not in css
    assert "@font-face" not in css
    assert "GDS Transport" not in css
    assert "crest.svg" not in css
    assert "sourceMappingURL" not in css


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda path: path.name)
def test_scripts_name_no_other_host(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    assert "sourceMappingURL" not in script
    fetched = re.findall(r"(?:import|fetch|src=)\s*\(?[\"'](https?:[^\"']+)", script)
    assert not fetched


def test_our_own_scripts_evaluate_no_text() -> None:
    for path in (STATIC / "brokerage").glob("*.js"):
        assert not re.search(r"\beval\(|new Function\(|innerHTML", path.read_text(encoding="utf-8"))


def test_every_vendored_package_has_its_licence() -> None:
    packages = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]
    assert len(packages) == 3
    for package in packages:
        assert "MIT License" in (package / "LICENSE.txt").read_text()


def test_hashed_storage_finds_everything(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        "default": {"BACKEND": f"{FileSystemStorage.__module__}.FileSystemStorage"},
        "staticfiles": {"BACKEND": f"{ManifestStaticFilesStorage.__module__}.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    manifest = (tmp_path / "staticfiles.json").read_text()
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", template.read_text(encoding="utf-8"))
    }
    assert named
    assert not [name for name in named if f'"{name}"' not in manifest]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_obey_the_security_policy(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\sstyle=", source), "style attribute"
    assert not re.search(r"<[^>]*\son[a-z]+=", source), "event attribute"
    assert "<style" not in source
    for script in re.findall(r"<script([^>]*)>", source):
        assert "src=" in script or "application/json" in script, "inline script"
    assert "javascript:" not in source
