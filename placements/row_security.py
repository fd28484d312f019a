"""Row security of the main road. A provider reads releases, never referrals; an authority sees an offer only
once it is submitted and, on a sealed call-off, only after opening."""

from brokerage.core.tenants.rowsecurity import ORGANISATION, PROVIDER, Allow, tenant, two_party

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
    ),
]
