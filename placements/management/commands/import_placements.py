"""Import an authority's placements that are already running."""

from __future__ import annotations

from providers.imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import an authority's running placements (existing, spot, in-house, block)."
    kind = "placements"
