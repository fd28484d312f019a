"""Row security of the vehicles: the region's central team keeps them, members read them, a provider reads the
vehicles and lots but only its own admissions, ceilings, menu and suspensions."""

from brokerage.core.tenants.rowsecurity import DEFINER, ORGANISATION, Allow, regional

_own = f"provider_id = {ORGANISATION}"

TABLES = [
    regional("dpv_vehicle"),
    regional("dpv_ruleversion"),
    regional("dpv_lot"),
    regional("dpv_accessagreement", provider_rows="false"),
    regional("dpv_admission", provider_rows=_own, extra=(Allow(DEFINER, "SELECT"),)),
    regional("dpv_ceiling", provider_rows=_own),
    regional("dpv_suspension", provider_rows=_own),
    regional("dpv_menuitem", provider_rows=_own),
]
