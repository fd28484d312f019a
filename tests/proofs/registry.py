"""The proofs by name, and what each comes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.proofs.api import prove_api
from tests.proofs.attack import Found

#: name -> proof(place for files, cases, seed)
PROOFS: dict[str, Callable[[Path, int, int], Found]] = {"api": prove_api}
