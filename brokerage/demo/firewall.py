"""The demo's findings of the registration checks: one run over every placement, some answered, one that passes again,
one of a child whom a carer household is no longer approved for, and a regulator's list that waits in its check with
what it would trigger."""

from __future__ import annotations

import csv
import io
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count

from brokerage.core.clock import database_today
from brokerage.core.periods import age_on
from brokerage.core.tenants.context import acting, loader, system
from brokerage.core.tenants.models import Organisation, Region
from brokerage.core.tenants.regions import authorities_of
from brokerage.demo.alerts import EALING, HARROW, _actor, _homes
from brokerage.safeguarding.firewall.actions.findings import acknowledge_finding
from brokerage.safeguarding.firewall.actions.runs import check_all, check_homes
from brokerage.safeguarding.firewall.models import Finding
from placements.models import Placement
from providers.imports.engine import run_import
from providers.models import CarerHousehold, Establishment, ImportRun

FILE = "ofsted-changes.csv"
HUB = "west-london-hub"
PLANS = (
    "The social worker visits today. The person stays while the provider puts its papers right, by Friday.",
    "We have asked the regulator for its reasons and look for another home.",
)


def load_findings() -> str:
    """Look at every placement once; a run that was stopped goes on."""
    homes = _homes()
    # A home that failed last month and passes again.
    passing = homes[6 % len(homes)][1]
    _say(passing, "suspended")
    _outgrow()
    checks = check_all()
    _say(passing, "active")
    check_homes([passing])
    for email in (HARROW, EALING):
        with acting(_actor(email)) as actor:
            waiting = list(Finding.objects.filter(state="open").order_by("home", "reference")[: len(PLANS)])
            if not Finding.objects.filter(state="acknowledged").exists():
                for finding, plan in zip(waiting, PLANS, strict=False):
                    acknowledge_finding(actor, reference=finding.reference, plan=plan)
    _check_a_list(_used_homes())
    return f"{sum(check.found for check in checks)} found in {len(checks)} councils"


def _used_homes() -> list[UUID]:
    """Five homes in which most people of the hub's own region live: whom the check of a list counts."""
    with loader():
        theirs = Placement.objects.filter(
            status="active",
            establishment__registration_status="active",
            authority_id__in=authorities_of(Region.objects.get(central_team__slug=HUB)),
        )
        most = theirs.values("establishment_id").annotate(people=Count("pk")).order_by("-people", "establishment_id")
        return [row["establishment_id"] for row in most[:5]]


def _outgrow() -> None:
    """A household of somebody of Harrow's is approved anew, for younger children only."""
    with loader():
        theirs = Placement.objects.filter(status="active", authority__slug="harrow", household__isnull=False)
        for placement in theirs.select_related("person", "household").order_by("reference"):
            household = placement.household
            age = age_on(placement.person.date_of_birth, database_today())
            if household is not None and household.age_min < age:
                CarerHousehold.objects.filter(pk=household.pk, age_max__gte=age).update(age_max=age - 1)
                return


def _say(home: UUID, status: str) -> None:
    with loader():
        Establishment.objects.filter(pk=home).update(registration_status=status)


def _check_a_list(homes: list[UUID]) -> None:
    """A list in which one home is cancelled, one takes younger ones only and others are rated anew: it is checked and
    waits."""
    with loader():
        hub = Organisation.objects.values_list("pk", flat=True).get(slug=HUB)
        if ImportRun.objects.filter(organisation_id=hub, file_name=FILE).exists():
            return
        rows = [_row(home) for home in Establishment.objects.filter(pk__in=homes).select_related("provider")]
    rows[0]["registration_status"] = "cancelled"
    rows[1 % len(rows)]["age_max"] = str(max(int(rows[1 % len(rows)]["age_min"]), 12))
    for row in rows[2:]:
        row["rating"] = "inadequate"
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8")
    with system(hub) as actor:
        pass
    run = run_import(actor, "register", content, dry_run=True, file_name=FILE)
    stored = default_storage.save(f"imports/{hub}/{run.pk}.csv", ContentFile(content))
    with acting(actor):
        ImportRun.objects.filter(pk=run.pk).update(stored_name=stored)


def _row(home: Establishment) -> dict[str, str]:
    return {
        "provider_name": home.provider.legal_name,
        "provider_company_number": home.provider.company_number,
        "name": home.name,
        "kind": home.kind,
        "regulator": home.regulator,
        "urn": home.urn,
        "registration_date": home.registered_on.isoformat(),
        "registration_status": home.registration_status,
        "rating": home.rating,
        "inspection_date": (home.inspected_on or database_today()).isoformat(),
        "capacity": str(home.capacity or ""),
        "age_min": str(home.age_min),
        "age_max": str(home.age_max),
        "sex_accepted": home.sex_accepted,
        "needs": ";".join(home.needs),
        "postcode": home.postcode,
    }
