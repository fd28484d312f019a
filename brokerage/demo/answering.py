"""From a demo story to the answers of the referral form, section by section. Plain values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from brokerage.core.vocabulary import RISKS, Category, Urgency
from brokerage.demo.story import Story
from placements.questions import Kind, Question, sections_for

#: Days until the person is needed, by urgency.
NEEDED_IN = {Urgency.TODAY: 0, Urgency.WITHIN_5_DAYS: 4, Urgency.PLANNED: 21}
_SUITABILITY = {
    Category.FOSTERING: "foster_suitability",
    Category.RESIDENTIAL: "residential_suitability",
    Category.SUPPORTED_ACCOMMODATION: "supported_suitability",
}


def answers_of(story: Story, on: date) -> dict[str, dict[str, Any]]:
    """Every answer a publishable referral needs: the story's own words, and the plain answer where it says nothing."""
    told = _told(story, on)
    answers: dict[str, dict[str, Any]] = {}
    for section in sections_for(story.category, story.needs):
        given: dict[str, Any] = {}
        for question in section.questions_for(story.category):
            if not question.is_asked(given):
                continue
            value = _offered(question, told.get(question.name))
            if value is not None:
                given[question.name] = value
            elif question.required:
                given[question.name] = _plain(question, on)
        answers[section.code] = given
    return answers


def _told(story: Story, on: date) -> dict[str, Any]:
    needs = [need for need in story.needs if need not in RISKS]
    told: dict[str, Any] = {
        "first_language": "English",
        "uasc_status": "yes" if "uasc" in story.needs else "no",
        "legal_status": story.legal_status,
        "need_code": story.need_code,
        "needs": needs,
        "adult_needs": list(story.needs),
        "daily_life": " ".join(part for part in (story.about, story.needs_text) if part),
        "what_works": story.history,
        "deprivation_of_liberty": story.deprivation_of_liberty,
        "urgency": story.urgency,
        "needed_on": (on + timedelta(days=NEEDED_IN[Urgency(story.urgency)])).isoformat(),
        "outward": story.outward,
        "max_miles": story.max_miles,
        "is_local": not story.avoid_outwards,
        "avoid_outwards": list(story.avoid_outwards),
        "out_of_la_reason": "safeguarding",
        "near_school": "prefer",
        "expected_weeks": story.weeks or 26,
        "is_permanent": bool(story.planned_months),
        "planned_months": story.planned_months,
        "companions": "solo" if story.needs_solo else "no_preference",
        "solo_reason": story.living,
        "single_sex_home": story.single_sex_home,
        "sibling_count": 1 if story.siblings else 0,
        "siblings_together": "together" if story.siblings else "none",
        "pets": "can",
        "other_wishes": story.living,
        "voice": story.voice or story.matters,
        "interests": story.matters,
        "family_time": story.family_time or "As the plan says; details are in the full papers.",
        "cultural_needs": "not_required",
        "health": story.health or "Nothing known that a home must plan for.",
        "education": "school" if not story.is_adult else "none",
        "support": "usual",
        "budget_code": "DEMO-1001",
        "social_worker_name": "Susan Whitlock",
        "social_worker_phone": "020 7946 0222",
        "out_of_hours": "020 7946 0999",
        "assessed_hours": 40,
        "capacity": "has",
        "dols": "not_needed",
        "client_group": "learning_disability",
    }
    for risk in RISKS:
        text = story.risks.get(risk.value)
        told[risk.value] = "present" if risk.value in story.needs else "none"
        told[f"{risk.value}_trigger"] = text or "Known from earlier homes; the full papers say more."
        told[f"{risk.value}_frequency"] = "seldom"
        told[f"{risk.value}_mitigation"] = "A plan agreed with the young person, read by everyone on shift."
    for number, outcome in enumerate(story.outcomes[:6], start=1):
        told[f"outcome_{number}"] = outcome
        told[f"measure_{number}"] = "Reviewed with the person and their social worker"
        told[f"review_on_{number}"] = (on + timedelta(days=90)).isoformat()
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _offered(question: Question, value: Any) -> Any:
    """The value, or None where the question does not offer it."""
    codes = {code for code, _label in question.options}
    if question.kind == Kind.CHOICES and value is not None:
        return [code for code in value if code in codes] or None
    if codes and value not in codes:
        return None
    if isinstance(value, str) and question.is_free_text:
        return value[: question.max_length]
    return value


def _plain(question: Question, on: date) -> Any:
    """The answer that says least: no, none, not specified, or the first choice."""
    if question.kind in (Kind.CHOICE, Kind.SELECT):
        codes = [code for code, _label in question.options]
        for quiet in ("not_specified", "not_known", "none", "no", "not_applicable"):
            if quiet in codes:
                return quiet
        return codes[0]
    if question.kind == Kind.CHOICES:
        return [question.options[0][0]]
    if question.kind == Kind.YES_NO:
        return False
    if question.kind == Kind.DATE:
        return on.isoformat()
    if question.kind in (Kind.WHOLE, Kind.DECIMAL, Kind.MONEY):
        return max(question.minimum, 1)
    if question.kind == Kind.OUTWARD:
        return "HA1"
    return "See the full papers."
