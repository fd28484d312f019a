"""Row security of the feed and of webhooks: an organisation's own; the worker writes the feed and delivers."""

from brokerage.core.tenants.rowsecurity import ACTORS, ALL, ORGANISATION, WORKER, Allow, Table

_own = f"organisation_id = {ORGANISATION}"

TABLES = [
    Table(
        "webhooks_feed",
        "system",
        (
            *(Allow(role, "SELECT", _own) for role in ACTORS),
            # Begun by the action that makes the first client; numbers are the worker's to give.
            *(Allow(role, "INSERT", f"{_own} AND number = 0") for role in ACTORS),
            Allow(WORKER, "SELECT, UPDATE"),
        ),
    ),
    Table(
        "webhooks_change",
        "system",
        (*(Allow(role, "SELECT", _own) for role in ACTORS), Allow(WORKER, "SELECT, INSERT, DELETE")),
    ),
    Table(
        "webhooks_webhook",
        "system",
        (
            *(Allow(role, ALL, _own) for role in ACTORS),
            Allow(WORKER, "SELECT"),
            Allow(
                WORKER,
                "UPDATE",
                columns=("leased_until", "tried_at", "failing_since", "failures", "resting_until"),
            ),
        ),
    ),
    Table(
        "webhooks_delivery",
        "system",
        (*(Allow(role, ALL, _own) for role in ACTORS), Allow(WORKER, ALL)),
    ),
]
