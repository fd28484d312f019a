"""Row security of messages: a person reads their own, for the organisation they act for; the worker sends."""

from brokerage.core.tenants.rowsecurity import ACTORS, DEFINER, ORGANISATION, USER, WORKER, Allow, Table

_own = f"organisation_id = {ORGANISATION} AND user_id = {USER}"

TABLES = [
    Table(
        "notifications_message",
        "system",
        (
            *(Allow(role, "SELECT", _own) for role in ACTORS),
            *(Allow(role, "UPDATE", _own, ("seen_at",)) for role in ACTORS),
            Allow(WORKER, "SELECT, INSERT, UPDATE, DELETE"),
            # The messages of an alert are written in its own transaction, by `alert_tell`; those about what people said
            # go with it, by `voice_purge`.
            Allow(DEFINER, "SELECT, INSERT, DELETE"),
        ),
    ),
]
