"""The secrets of one checkout, made once: `var/secrets.json`, readable by its owner only.

For the embedded servers and the demo. In production every one of them comes from the environment.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from brokerage.embedded.places import EmbeddedError, exclusive

NAMES = ("SECRET_KEY", "SUPERUSER_PASSWORD", "LOGIN_PASSWORD", "OWNER_PASSWORD", "REDIS_PASSWORD")


def load_keys(directory: Path) -> dict[str, str]:
    """The secrets of `directory`; missing ones are made. Raises EmbeddedError on a broken file."""
    path = directory / "secrets.json"
    with exclusive(directory / "secrets.lock"):
        try:
            keys: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise EmbeddedError(
                f"{path} is not JSON: put back a good copy, or start over with: script/server --fresh"
            ) from error
        missing = [name for name in NAMES if not keys.get(name)]
        if missing:
            keys |= {name: secrets.token_urlsafe(48) for name in missing}
            write_private(path, json.dumps(keys, indent=2) + "\n")
    return keys


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file that only its owner reads; it is never half-written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    os.replace(draft, path)
