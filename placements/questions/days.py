"""Which days of a section cannot be: an event still to come, a date already past, an order that ends before it starts.

Pure. A section saved "for later" may hold anything; whoever says it is finished, or sends it to providers, is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from brokerage.core.errors import RuleBroken
from placements.questions.shapes import Kind, Section


def day_problems(section: Section, category: str, answers: Mapping[str, Any], today: dt.date) -> list[RuleBroken]:
    """What is wrong with the days among a section's stored answers, in the order of the form: `day_not_past`,
    `day_past` and `ends_before_start`, each on its question's name."""
    now = today.isoformat()
    found = []
    for question in section.questions_for(category):
        name, day = question.name, answers.get(question.name)
        if question.kind is not Kind.DATE or not day:
            continue
        if name.endswith("_last_on") and day > now:
            found.append(RuleBroken("day_not_past", _("This day must be in the past"), name))
        if (name == "needed_on" or name.startswith("review_on")) and day < now:
            found.append(RuleBroken("day_past", _("This day must be today or later"), name))
    starts, ends = answers.get("dol_starts_on"), answers.get("dol_ends_on")
    if starts and ends and ends < starts:
        found.append(RuleBroken("ends_before_start", _("The order cannot end before it starts"), "dol_ends_on"))
    return found
