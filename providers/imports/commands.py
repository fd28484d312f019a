"""What the import commands share: read a file, run it as the system for one organisation, tell how it went."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, system, worker
from brokerage.core.tenants.models import Organisation
from providers.consequences import totals
from providers.imports.engine import run_import
from providers.models import ImportProblem, ImportRun

SHOWN = 50


class ImportCommand(BaseCommand):
    """`FILE --as ORGANISATION [--dry-run] [--keep-going]`. Without `--keep-going` one refused row stops everything:
    the file is checked first, and nothing is imported."""

    kind = ""
    #: What the file does not name is missing.
    is_whole_list = False
    #: However many those are.
    may_many_be_missing = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a CSV file in UTF-8")
        parser.add_argument("--as", dest="organisation", required=True, metavar="ORGANISATION", help="who imports it")
        parser.add_argument("--dry-run", action="store_true", help="check only: write nothing")
        parser.add_argument("--keep-going", action="store_true", help="import the good rows, leave out the others")

    def kind_of(self, options: dict[str, Any]) -> str:
        """Which kind of file the options ask for."""
        return self.kind

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        actor = system_actor(options["organisation"])
        kind = self.kind_of(options)
        self.is_whole_list = bool(options.get("whole_list"))
        self.may_many_be_missing = bool(options.get("many_missing"))
        try:
            if options["dry_run"] or not options["keep_going"]:
                run = self._run(actor, kind, path, dry_run=True)
                self._tell(actor, run)
                if run.rows_refused or run.state == ImportRun.State.FAILED:
                    raise CommandError("Nothing was imported. Mend the file, or leave rows out with --keep-going.")
                if "doubtful" in run.consequences:
                    raise CommandError("Nothing was imported. If so many are gone indeed, add --many-missing.")
                if options["dry_run"]:
                    return
            run = self._run(actor, kind, path, dry_run=False)
        except NotPermitted as refused:
            raise CommandError(f"{actor.organisation_name} does not import files of this kind.") from refused
        self._tell(actor, run)
        if run.state == ImportRun.State.FAILED:
            raise CommandError("Nothing was imported.")

    def _run(self, actor: Actor, kind: str, path: Path, *, dry_run: bool) -> ImportRun:
        word = "Checked" if dry_run else "Imported"

        def progress(run: ImportRun) -> None:
            self.stdout.write(f"{word} {run.rows_done:,} of {run.rows_total:,} rows")

        whole = {"is_whole_list": self.is_whole_list, "may_many_be_missing": self.may_many_be_missing}
        return run_import(actor, kind, path, dry_run=dry_run, file_name=path.name, progress=progress, **whole)

    def _tell(self, actor: Actor, run: ImportRun) -> None:
        with acting(actor):
            problems = list(ImportProblem.objects.filter(run=run)[: SHOWN + 1])
        for problem in problems[:SHOWN]:
            place = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
            self.stderr.write(f"{place}: {problem.message}")
        if len(problems) > SHOWN:
            self.stderr.write("…")
        if run.message:
            self.stdout.write(run.message)
        if run.is_dry_run and (told := totals(run))["homes"]:
            self.stdout.write(
                f"It triggers: {told['registration_lost']:,} homes lose their registration,"
                f" {told['registration_gained']:,} gain it, {told['kind']:,} change type, {told['ages']:,} ages,"
                f" {told['rating']:,} rating, {told['households']:,} what a household takes,"
                f" {told['missing']:,} are not on the list; {told['admissions']:,} admissions, {told['invitations']:,}"
                f" invitations, {told['offers']:,} offers and {told['awards']:,} unsigned awards are hit;"
                f" {told['placements']:,} placements of {told['authorities']:,} authorities raise a finding"
            )
        verb = "would be " if run.is_dry_run else ""
        self.stdout.write(
            f"{run.rows_done:,} rows: {run.rows_created:,} {verb}new, {run.rows_updated:,} {verb}updated,"
            f" {run.rows_unchanged:,} unchanged, {run.rows_refused:,} refused"
        )


def system_actor(slug: str) -> Actor:
    """The system acting for the organisation of that address. Raises CommandError."""
    with worker():
        organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None:
        raise CommandError(f"There is no organisation {slug}.")
    with system(organisation.pk) as actor:
        return actor
