"""The lock of measures against one provider: what a measure covers, and what is done under it, wait for each other."""

from __future__ import annotations

from uuid import UUID

from brokerage.core import locks


def hold_measures(provider_id: UUID | None) -> None:
    """Take it until commit, before any lock of an admission or home. None is the provider of a home that is unknown."""
    locks.hold_name(f"measures:{provider_id}")
