"""Row security of what providers keep about themselves: authorities and central teams read it, rivals do not."""

from brokerage.core.tenants.rowsecurity import (
    ALL,
    AUTHORITY,
    CENTRAL,
    DEFINER,
    ORGANISATION,
    PROVIDER,
    Allow,
    Table,
    providers_own,
)

_run = f"organisation_id = {ORGANISATION}"
_mine = f"provider_id = {ORGANISATION}"

TABLES = [
    # Verification and credit reports are the central team's to record.
    providers_own(
        "providers_provider",
        column="organisation_id",
        commands="SELECT",
        extra=(Allow(PROVIDER, "UPDATE", f"organisation_id = {ORGANISATION}", ("registered_address",)),),
    ),
    providers_own("providers_insurance", commands="SELECT, INSERT, UPDATE"),
    # What the regulator decides is not a provider's to write.
    providers_own(
        "providers_establishment",
        commands="SELECT",
        extra=(
            Allow(PROVIDER, "UPDATE", _mine, ("description", "needs", "telephone", "email")),
            # Where it stands: who must know what is said about it.
            Allow(DEFINER, "SELECT"),
        ),
    ),
    providers_own("providers_carerhousehold", commands="SELECT, INSERT, UPDATE"),
    # A council's placement takes a place (a trigger of placements counts it): no council writes the counter itself.
    # Its check constraint keeps two councils from having one bed.
    providers_own(
        "providers_occupancy",
        commands="SELECT, INSERT, UPDATE",
        extra=(Allow(DEFINER, "SELECT"), Allow(DEFINER, "UPDATE", "true", ("taken", "updated_at"))),
    ),
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
