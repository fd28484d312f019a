"""Whether the collected styles and scripts are those of this checkout: if so, a start skips a step."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from brokerage.embedded.places import ROOT


def collected_directory() -> Path:
    """Where `collectstatic` puts files, as the settings say."""
    return Path(os.environ.get("STATIC_ROOT") or ROOT / "staticfiles")


def fingerprint() -> str:
    """A digest of names, sizes and times under `static/`, and of what brings other static files."""
    known = hashlib.sha256()
    sources = [ROOT / "requirements.lock", ROOT / "brokerage" / "settings.py"]
    for path in [*sources, *sorted((ROOT / "static").rglob("*"))]:
        if path.is_file():
            found = path.stat()
            known.update(f"{path.relative_to(ROOT)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return known.hexdigest()


def collected_statics_are_current() -> bool:
    """Were they collected from the files that are here now?"""
    try:
        return (collected_directory() / ".fingerprint").read_text() == fingerprint()
    except OSError:
        return False


def remember_collected_statics() -> None:
    """Note what has just been collected."""
    (collected_directory() / ".fingerprint").write_text(fingerprint())
