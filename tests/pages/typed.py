"""What a person writes into a form where any words would be refused: by the route that it is sent to."""

from __future__ import annotations

from tests.cast import TODAY

TODAYS = {"day": TODAY.day, "month": TODAY.month, "year": TODAY.year}
#: Nobody in this world has it.
CASE = "C-40417"


def on(field: str, parts: dict[str, int] | None) -> dict[str, str]:
    """The three boxes of a day; None leaves them empty."""
    return {f"{field}_{part}": str(parts[part]) if parts else "" for part in ("day", "month", "year")}


#: By route, the fields that are written otherwise than a plausible person would.
TYPED: dict[str, dict[str, str]] = {
    "placements:placement_start": on("started_on", TODAYS),
    "placements:referral_new": {
        "who": "new",
        "known_case_number": "",
        "case_number": CASE,
        "given_name": "Zachariah",
        "family_name": "Quillfeather",
        "known_as": "",
        "other_names": "",
        "date_of_birth_day": "1",
        "date_of_birth_month": "6",
        "date_of_birth_year": str(TODAY.year - 14),
        "home_postcode": "HA1 2AA",
        "social_worker": "",
    },
    # Before whatever access any authority has.
    "dpv:access_new": on("starts_on", {**TODAYS, "day": 1, "year": TODAY.year - 7})
    | on("ends_on", {**TODAYS, "day": 1, "year": TODAY.year - 6}),
    "providers:household_add": {"languages": "en"},
    "providers:household_edit": {"languages": "en"},
    "safeguarding:meeting_new": on("next_on", None),
    "webhooks:webhook_new": {"url": "https://hooks.example.org/changes"},
}
#: What the second page of a form says besides, where the first only shows once more what was written.
CONFIRMED = {"contracts:accept_offer": {"confirm": "1"}}
