"""Fills the template database: schema, row security, reference data and the cast. Run as a module."""

from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("load_reference", verbosity=0)
    from tests.cast import build_cast

    build_cast()


if __name__ == "__main__":
    main()
