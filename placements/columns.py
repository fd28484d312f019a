"""What matching reads of the answers: the values of the referral's columns. Pure; called at every save of a section."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from placements.disclosure_fields import needs_answered
from placements.questions.needs import NO_NEEDS
from placements.questions.standard import RISK_FLAGS


def columns_from(answers: Mapping[str, Any], *, category: str) -> dict[str, Any]:
    """Column -> value. Unanswered questions give the column's empty value."""
    where = answers.get("where") or {}
    home = answers.get("home") or {}
    practical = answers.get("practical") or {}
    is_permanent = where.get("is_permanent") is True
    return {
        "needs": needs_to_meet(answers),
        "urgency": where.get("urgency") or "",
        "needed_on": _day(where.get("needed_on")),
        "outward": where.get("outward") or "",
        "max_miles": where.get("max_miles"),
        "avoid_outwards": list(where.get("avoid_outwards") or ()),
        "expected_weeks": where.get("expected_weeks"),
        "planned_months": where.get("planned_months") if is_permanent else None,
        "needs_solo": home.get("companions") == "solo",
        "single_sex_home": home.get("single_sex_home") is True,
        "social_worker_name": practical.get("social_worker_name") or "",
    }


def needs_to_meet(answers: Mapping[str, Any]) -> list[str]:
    """Need codes of the whole form: ticked needs, risks that are present, and what other answers imply."""
    risks = answers.get("risks") or {}
    needs = [need for need in needs_answered(answers) if need != NO_NEEDS]
    needs += [flag for flag in RISK_FLAGS if risks.get(flag) == "present"]
    if (answers.get("person") or {}).get("uasc_status") == "yes":
        needs.append("uasc")
    home = answers.get("home") or {}
    if home.get("siblings_together") == "together" and (home.get("sibling_count") or 0) > 0:
        needs.append("sibling_group")
    return list(dict.fromkeys(needs))


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None
