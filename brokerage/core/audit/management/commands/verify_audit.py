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

from brokerage.core.audit.verify import check_chains


class Command(BaseCommand):
    help = "Verify the audit chains."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--organisation", help="slug of one organisation")
        parser.add_argument("--export-anchor", metavar="FILE", help="write each chain's head to a file")
        parser.add_argument("--anchor", metavar="FILE", help="check against an exported file of heads")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors: dict[UUID, tuple[int, str]] = {}
        if options["anchor"]:
            exported = json.loads(Path(options["anchor"]).read_text(encoding="utf-8"))
            anchors = {UUID(whose): (number, digest) for whose, (number, digest) in exported.items()}
        wrong = 0
        slug = options["organisation"]
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SET LOCAL ROLE brokerage_loader")
            cursor.execute("SELECT id, slug FROM tenants_organisation WHERE %s IS NULL OR slug = %s", [slug, slug])
            slugs = dict(cursor.fetchall())
            if slug and not slugs:
                raise CommandError(f"There is no organisation {slug}.")
            cursor.execute(
                "SELECT organisation_id, number, encode(hash, 'hex') FROM audit_head WHERE organisation_id = ANY (%s)",
                [list(slugs)],
            )
            heads = {organisation_id: (number, digest) for organisation_id, number, digest in cursor.fetchall()}
            findings = check_chains(
                organisation_id=next(iter(slugs)) if slug else None,
                using="owner",
                anchors={whose: anchor for whose, anchor in anchors.items() if whose in heads},
            )
            for finding in findings:
                wrong += 1
                name = slugs.get(finding.organisation_id, finding.organisation_id)
                self.stderr.write(f"{name}: {finding.problem} at number {finding.number}")
        anchored = anchors.keys() & slugs.keys() if slug else anchors.keys()
        # The anchor of an organisation that had done nothing yet is number 0.
        for missing in sorted(whose for whose in anchored - heads.keys() if anchors[whose][0]):
            wrong += 1
            self.stderr.write(f"{slugs.get(missing, missing)}: the whole chain is gone")
        if options["export_anchor"]:
            words = json.dumps({str(whose): head for whose, head in heads.items()}, indent=1)
            Path(options["export_anchor"]).write_text(words, encoding="utf-8")
        if wrong:
            raise CommandError(f"{wrong} problems in {len(heads)} chains.")
        entries = sum(number for number, _digest in heads.values())
        self.stdout.write(f"{entries} entries in {len(heads)} chains verified.")
