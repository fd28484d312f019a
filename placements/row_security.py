"""Row security of the main road. A provider reads releases, never referrals; an authority sees an offer only
once it is submitted and, on a sealed call-off, only after opening."""

from brokerage.core.tenants.rowsecurity import DEFINER, ORGANISATION, PROVIDER, Allow, tenant, two_party

_visible_offer = "submitted_at IS NOT NULL AND opens_at <= now()"
_mine = f"provider_id = {ORGANISATION}"

TABLES = [
    tenant("placements_person"),
    tenant("placements_siblinggroup"),
    tenant("placements_referral"),
    tenant("placements_referrallot"),
    tenant("placements_referraldocument"),
    tenant("placements_match"),
    tenant("placements_award"),
    tenant("placements_approval"),
    tenant("placements_placement"),
    two_party("placements_release"),
    two_party("placements_reading", authority="SELECT", provider="SELECT, INSERT"),
    two_party(
        "placements_invitation",
        provider="SELECT",
        extra=(Allow(PROVIDER, "UPDATE", _mine, ("status", "answered_at")),),
    ),
    two_party("placements_invitedhousehold", authority="SELECT, INSERT, UPDATE, DELETE"),
    two_party("placements_clarification", authority="SELECT, UPDATE", provider="SELECT, INSERT"),
    two_party("placements_decline", authority="SELECT", provider="SELECT, INSERT, UPDATE"),
    two_party(
        "placements_offer",
        authority="SELECT, UPDATE",
        authority_rows=_visible_offer,
        provider="SELECT, INSERT, UPDATE, DELETE",
        extra=(Allow(DEFINER, "SELECT, UPDATE", f"authority_id = {ORGANISATION}", ("status", "opens_at")),),
    ),
]

#: An authority extends, amends or ends a referral without seeing drafts and sealed offers; this moves them for it and
#: answers nothing, not even whether there was one.
FUNCTIONS = [
    f"""
    CREATE OR REPLACE FUNCTION move_unseen_offers(
      p_referral uuid, p_from varchar[], p_to varchar, p_opens_at timestamptz
    ) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      UPDATE placements_offer
      SET status = coalesce(p_to, status),
        opens_at = CASE WHEN submitted_at IS NULL THEN opens_at ELSE coalesce(p_opens_at, opens_at) END
      WHERE referral_id = p_referral AND authority_id = {ORGANISATION} AND status = ANY (p_from)
        AND (submitted_at IS NULL OR opens_at > now())
    $$
    """,
    "REVOKE ALL ON FUNCTION move_unseen_offers(uuid, varchar[], varchar, timestamptz) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION move_unseen_offers(uuid, varchar[], varchar, timestamptz) TO brokerage_authority",
]
