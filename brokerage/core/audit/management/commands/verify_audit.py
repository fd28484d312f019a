"""Check every organisation's audit chain, or one; export or check an anchor.

Exit status 1 when anything is wrong.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from brokerage.core.audit.verify import check_chain


class Command(BaseCommand):
    help = "Verify the audit chains."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--organisation", help="slug of one organisation")
        parser.add_argument("--export-anchor", metavar="FILE", help="write each chain's head to a file")
        parser.add_argument("--anchor", metavar="FILE", help="check against an exported file of heads")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors: dict[str, list[Any]] = {}
        if options["anchor"]:
            anchors = json.loads(Path(options["anchor"]).read_text(encoding="utf-8"))
        wrong = entries = chains = 0
        heads: dict[str, list[Any]] = {}
        with transaction.atomic(using="owner"):
            with connections["owner"].cursor() as cursor:
                cursor.execute("SET LOCAL ROLE brokerage_loader")
                cursor.execute(
                    "SELECT h.organisation_id, o.slug, h.number, h.hash FROM audit_head h"
                    " JOIN tenants_organisation o ON o.id = h.organisation_id"
                    " WHERE %(slug)s IS NULL OR o.slug = %(slug)s ORDER BY o.slug",
                    {"slug": options["organisation"]},
                )
                rows = cursor.fetchall()
            known = {str(row[0]) for row in rows}
            for organisation_id, slug, number, head_hash in rows:
                chains += 1
                entries += number
                heads[str(organisation_id)] = [number, head_hash]
                anchor = anchors.get(str(organisation_id))
                for finding in check_chain(
                    organisation_id, using="owner", anchor=(anchor[0], anchor[1]) if anchor else None
                ):
                    wrong += 1
                    self.stderr.write(f"{slug}: {finding.problem} at number {finding.number}")
            if not options["organisation"]:
                for missing in sorted(set(anchors) - known):
                    wrong += 1
                    self.stderr.write(f"{UUID(missing)}: the whole chain is gone")
        if options["export_anchor"]:
            Path(options["export_anchor"]).write_text(json.dumps(heads, indent=1), encoding="utf-8")
        if wrong:
            raise CommandError(f"{wrong} problems in {chains} chains.")
        self.stdout.write(f"{entries} entries in {chains} chains verified.")
