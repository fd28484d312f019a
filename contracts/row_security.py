"""Row security of agreements: both parties read theirs; each side adds its own signature; the public may only ask
whether a document's hash is that of a sealed agreement."""

from brokerage.core.tenants.rowsecurity import AUTHORITY as _AUTHORITY
from brokerage.core.tenants.rowsecurity import (
    CATEGORIES,
    DEFINER,
    MIGRATOR,
    ORGANISATION,
    PROVIDER,
    PUBLIC,
    Allow,
    Table,
    two_party,
)

_ours = f"authority_id = {ORGANISATION}"
_mine = f"provider_id = {ORGANISATION}"
#: A delegation for some kinds of referral shows no other agreements.
_of_covered = f"({CATEGORIES} IS NULL OR referral_id IN (SELECT r.id FROM placements_referral r))"
#: Everything but the parties and the terms: those never change once drawn up.
_life = (
    "status",
    "unsealed_file",
    "unsealed_sha256",
    "rendered_at",
    "signed_at",
    "sealed_file",
    "sealed_sha256",
    "seal_certificate",
    "sealed_at",
    "cancelled_at",
    "cancel_reason",
    "moved_start_on",
)
_signing = f"{_mine} AND status IN ('awaiting_signatures', 'part_signed', 'signed')"

TABLES = [
    two_party(
        "contracts_agreement",
        authority="SELECT, INSERT",
        authority_rows=_of_covered,
        provider="SELECT",
        extra=(
            Allow(_AUTHORITY, "UPDATE", f"{_ours} AND {_of_covered}", _life),
            Allow(PROVIDER, "UPDATE", _signing, ("status", "signed_at")),
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
    # Signed is what both sides signed, whoever says so.
    """
    CREATE OR REPLACE FUNCTION agreement_has_both_signatures() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF (SELECT count(DISTINCT s.side) FROM contracts_signature s
          WHERE s.agreement_id = NEW.id AND s.terms_hash = NEW.terms_hash) < 2 THEN
        RAISE EXCEPTION 'agreement % is not signed by both sides', NEW.id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    "REVOKE ALL ON FUNCTION agreement_has_both_signatures() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION agreement_has_both_signatures() TO {MIGRATOR}",
]

TRIGGERS = [
    "DROP TRIGGER IF EXISTS contracts_agreement_signed ON contracts_agreement",
    """
    CREATE TRIGGER contracts_agreement_signed BEFORE UPDATE OF status ON contracts_agreement
    FOR EACH ROW WHEN (NEW.status IN ('signed', 'sealed') AND NEW.status IS DISTINCT FROM OLD.status)
    EXECUTE FUNCTION agreement_has_both_signatures()
    """,
]
