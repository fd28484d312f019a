"""Row security of what providers keep about themselves: authorities and central teams read it, rivals do not."""

from brokerage.core.tenants.rowsecurity import (
    ALL,
    AUTHORITY,
    CENTRAL,
    ORGANISATION,
    PROVIDER,
    Allow,
    Table,
    providers_own,
)

_run = f"organisation_id = {ORGANISATION}"

TABLES = [
    providers_own("providers_provider", column="organisation_id", commands="SELECT, UPDATE"),
    providers_own("providers_insurance"),
    providers_own("providers_establishment"),
    providers_own("providers_carerhousehold"),
    # An award takes a place; the counter's check constraint keeps two councils from having one bed.
    providers_own("providers_occupancy", extra=(Allow(AUTHORITY, "UPDATE", "true", ("taken", "updated_at")),)),
    Table(
        "providers_importrun",
        "tenant",
        tuple(Allow(role, ALL, _run) for role in (AUTHORITY, CENTRAL, PROVIDER)),
    ),
    Table(
        "providers_importproblem",
        "tenant",
        tuple(Allow(role, ALL, _run) for role in (AUTHORITY, CENTRAL, PROVIDER)),
    ),
]
