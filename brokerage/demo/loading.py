"""The steps of loading the demo, in order; each leaves alone what an earlier, stopped run has done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from brokerage.core.accounts.models import User
from brokerage.core.tenants.context import loader, system
from brokerage.core.tenants.models import AuthorityProfile, Organisation, Region
from brokerage.core.tenants.ownership import use_owner_connection
from brokerage.demo import (
    alerts,
    closures,
    concerns,
    firewall,
    incidents,
    machines,
    measures,
    organisations,
    tale,
    vehicles,
    voices,
)
from brokerage.demo.files import read_demo_file
from dpv.models import Admission, Ceiling, MenuItem, Vehicle
from placements.models import Placement, Referral
from providers.imports.engine import run_import
from providers.models import Establishment, Provider

Step = tuple[str, Callable[[], Any]]

FINISHED = "finished"


def demo_file() -> Path:
    """Where the people of the demo are written for scripts."""
    return Path(settings.VAR_DIR) / "demo.json"


def _told() -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(demo_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def _tell(**changes: Any) -> None:
    path = demo_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    told = _told() | changes
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=2, ensure_ascii=False)
        file.write("\n")


def is_finished() -> bool:
    """Whether the whole demo is loaded, in this database."""
    use_owner_connection()
    with loader():
        marked = Region.objects.filter(slug="west-london").values_list("pk", flat=True).first()
    return marked is not None and _told().get(FINISHED) == str(marked)


def steps() -> Iterator[Step]:
    """(title, step) pairs; a step returns what it did, for the progress line."""
    use_owner_connection()
    today = timezone.localdate()
    yield "Regions and councils", lambda: _once(Region.objects.exists, lambda: organisations.load_regions(today))
    yield "Vehicles, lots and rules", lambda: _once(Vehicle.objects.exists, lambda: vehicles.load_vehicles(today))
    for title, kind, name in (
        ("Providers and establishments", "register", "register.csv"),
        ("Carer households", "households", "carer_households.csv"),
        ("Insurance", "insurance", "insurance.csv"),
    ):
        yield title, partial(_import, "west-london-hub", kind, read_demo_file(name, on=today))
    for region in ("west-london", "south-east-wales", "east-midlands"):
        for title, kind, name in (("Ceiling prices", "prices", "prices.csv"), ("Extras menus", "menus", "menus.csv")):
            content = _of_region(read_demo_file(name, on=today), region)
            yield f"{title}, {region}", partial(_import, f"{region}-hub", kind, content)
    yield "Verification of most providers", partial(_verify, today)
    yield "People who sign in", _people
    yield "Live placements", partial(_placements, today)
    yield from tale.steps(today)
    yield "Safeguarding alerts", alerts.load_alerts
    yield "Closures of homes", closures.load_closures
    yield "Concerns and complaints", concerns.load_concerns
    yield "Missing episodes and notifiable events", incidents.load_incidents
    yield "Measures", measures.load_measures
    yield "What people say", voices.load_voices
    yield "Registration firewall", firewall.load_findings
    yield "API clients", _machines
    yield "Done", _finish


def _once(is_there: Callable[[], bool], load: Callable[[], Any]) -> Any:
    with loader():
        return "there already" if is_there() else load()


def _import(slug: str, kind: str, content: bytes) -> str:
    with loader():
        organisation_id = Organisation.objects.values_list("pk", flat=True).get(slug=slug)
    with system(organisation_id) as actor:
        pass
    run = run_import(actor, kind, content, file_name=f"{kind}.csv")
    if run.rows_refused:
        raise RuntimeError(f"{run.rows_refused} rows of the demo's {kind} file were refused")
    return f"{run.rows_created} new, {run.rows_updated + run.rows_unchanged} known"


def _of_region(content: bytes, region: str) -> bytes:
    codes = {entry.code for entry in vehicles.VEHICLES if entry.region == region}
    header, *rows = content.decode("utf-8").splitlines()
    kept = [row for row in rows if row.partition(",")[0] in codes]
    return "\n".join([header, *kept, ""]).encode("utf-8")


def _verify(today: date) -> str:
    """Every provider with a home on a lot has been checked by the central team, and most of the others."""
    with loader():
        found = list(Provider.objects.filter(verified_on__isnull=True).order_by("legal_name"))
        admitted = set(Admission.objects.values_list("provider_id", flat=True))
        chosen = [provider for number, provider in enumerate(found) if number % 9 or provider.pk in admitted]
        for number, provider in enumerate(chosen):
            provider.verified_on = today - timedelta(days=20 + number)
            provider.credit_report_on = today - timedelta(days=40 + number)
        Provider.objects.bulk_update(chosen, ["verified_on", "credit_report_on"])
    return f"{len(chosen)} verified"


def _people() -> str:
    password = _told().get("password") or organisations.new_password()
    _tell(password=password)
    with loader():
        if User.objects.exists():
            return "there already"
        admitted = Provider.objects.filter(establishments__admissions__isnull=False).select_related("organisation")
        people = organisations.load_people(password, providers=list(admitted.distinct().order_by("legal_name")))
    _tell(people=people)
    return f"{len(people)} people"


def _placements(today: date) -> str:
    content = read_demo_file("placements.csv", on=today)
    header, *rows = content.decode("utf-8").splitlines()
    with loader():
        if Placement.objects.exists():
            return "there already"
        slugs = dict(AuthorityProfile.objects.values_list("gss_code", "organisation__slug"))
    by_authority: dict[str, list[str]] = {}
    for row in rows:
        by_authority.setdefault(row.partition(",")[0], []).append(row)
    for code, own in by_authority.items():
        _import(slugs[code], "placements", "\n".join([header, *own, ""]).encode("utf-8"))
    return f"{len(rows)} placements of {len(by_authority)} councils"


def _machines() -> str:
    clients = machines.load_clients(_told().get("api_clients", []))
    _tell(api_clients=clients)
    return f"{len(clients)} clients"


def _finish() -> str:
    with loader():
        region = Region.objects.get(slug="west-london")
        counts = {
            "establishments": Establishment.objects.count(),
            "admissions": Admission.objects.count(),
            "ceilings": Ceiling.objects.count(),
            "menu items": MenuItem.objects.count(),
            "referrals": Referral.objects.count(),
        }
    _tell(**{FINISHED: str(region.pk)})
    return ", ".join(f"{count} {name}" for name, count in counts.items())
