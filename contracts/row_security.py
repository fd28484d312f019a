"""Row security of agreements: both parties read theirs; each side adds its own signature; the public may only ask
whether a document's hash is that of a sealed agreement."""

from brokerage.core.tenants.rowsecurity import AUTHORITY as _AUTHORITY
from brokerage.core.tenants.rowsecurity import (
    DEFINER,
    ORGANISATION,
    PROVIDER,
    PUBLIC,
    Allow,
    Table,
    two_party,
)

_mine = f"provider_id = {ORGANISATION}"

TABLES = [
    two_party(
        "contracts_agreement",
        provider="SELECT",
        extra=(
            Allow(PROVIDER, "UPDATE", _mine, ("status", "signed_at")),
            Allow(DEFINER, "SELECT"),
        ),
    ),
    Table(
        "contracts_signature",
        "two-party",
        (
            Allow(_AUTHORITY, "SELECT", f"authority_id = {ORGANISATION}"),
            Allow(PROVIDER, "SELECT", _mine),
            Allow(_AUTHORITY, "INSERT", f"authority_id = {ORGANISATION} AND side = 'authority'"),
            Allow(PROVIDER, "INSERT", f"{_mine} AND side = 'provider'"),
        ),
    ),
]

#: What became of a sealed document with this hash: a status and the moment of sealing, nothing else.
FUNCTIONS = [
    """
    CREATE OR REPLACE FUNCTION sealed_agreement(p_sha256 text)
    RETURNS TABLE (status varchar, sealed_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.status, a.sealed_at FROM contracts_agreement a WHERE a.sealed_sha256 = p_sha256
        AND p_sha256 <> '' LIMIT 1
    $$
    """,
    "REVOKE ALL ON FUNCTION sealed_agreement(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION sealed_agreement(text) TO {PUBLIC}",
]
