"""How often within which time small things make a pattern, and the clock of complaints. Counts only: a person decides
what they mean.

Three concerns in ninety days is the brokerage's own rule; the other numbers are starting values without a source in
law, to be settled by the region's contract managers.
"""

from __future__ import annotations

from collections.abc import Mapping

from brokerage.core.vocabulary import Rating

#: Calendar days in which a complaint is acknowledged, the day on which it is made not counted: as the Data (Use and
#: Access) Act 2025 has it of complaints about personal data, here for every complaint.
ACKNOWLEDGE_DAYS = 30

#: Days that are looked at, the day itself included.
DAYS = 90
#: Concerns about one home, or about one provider over several homes.
CONCERNS = 3
#: Unplanned ends in one home.
UNPLANNED_ENDS = 2
#: Ends that the provider or its carers asked for, over all homes of the provider.
NOTICES = 3

#: Reasons of the SSDA903 return by which a placement ended without having been planned to. Not CARPL (the plan), CLOSE
#: (a closure is followed on its own), LAREQ and PLACE (the authority's doing) or OTHER (says nothing).
UNPLANNED_REASONS = ("ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD")
#: Those of them in which the provider's side gave notice: what the service keeps of notices.
NOTICE_REASONS = ("CREQB", "CREQO")

#: The scales of all regulators, one beside the other. A home without a rating has none to fall from.
RANKS: Mapping[str, int] = {
    Rating.OUTSTANDING.value: 4,
    Rating.EXCELLENT.value: 4,
    Rating.STRONG.value: 3,
    Rating.GOOD.value: 3,
    Rating.INCONSISTENT.value: 2,
    Rating.REQUIRES_IMPROVEMENT.value: 2,
    Rating.NEEDS_IMPROVEMENT.value: 2,
    Rating.INADEQUATE.value: 1,
    Rating.SERIOUS_WEAKNESSES.value: 1,
    Rating.NEEDS_SIGNIFICANT_IMPROVEMENT.value: 1,
}
