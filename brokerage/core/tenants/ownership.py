"""For commands that load reference and demo data: use the owner's connection as the default one in this process."""

from __future__ import annotations

from django.db import connections


def use_owner_connection() -> None:
    """From here on this process signs in as the migrator, who may enter the loader's role. Never call it in a web
    or worker process."""
    default, owner = connections["default"], connections["owner"]
    default.close()
    for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME"):
        default.settings_dict[key] = owner.settings_dict[key]
