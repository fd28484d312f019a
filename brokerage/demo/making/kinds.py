"""What is usual for each kind of establishment: size, ages, sex, needs, rating.

The shares are guesses that make a lively demo, not statistics.
"""

from __future__ import annotations

from random import Random

# a home's bent -> what it takes for certain, what it may take as well
HOME_BENTS = {
    "general": (
        "emotional_behavioural missing aggression",
        "exploitation_criminal substance_misuse offending",
    ),
    "therapeutic": (
        "therapeutic emotional_behavioural mental_health self_harm",
        "sexualised_behaviour eating_disorder aggression missing fire_setting harm_to_animals",
    ),
    "exploitation": (
        "emotional_behavioural exploitation_criminal exploitation_sexual missing",
        "substance_misuse self_harm offending",
    ),
    "learning": ("learning_disability autism", "physical_disability sensory complex_health aggression"),
    "solo": (
        "emotional_behavioural aggression self_harm missing",
        "fire_setting offending sexualised_behaviour mental_health harm_to_animals substance_misuse",
    ),
}
ADULT_BENTS = {
    "LD": ("learning_disability autism", "aggression sensory physical_disability self_harm"),
    "MH": ("mental_health self_harm", "substance_misuse aggression offending"),
    "PD": ("physical_disability complex_health", "sensory learning_disability"),
    "NURS": ("nursing complex_health", "dementia physical_disability sensory"),
}
_FOSTERING_ALWAYS = ("emotional_behavioural", "sibling_group", "uasc")
_FOSTERING_MAYBE = (
    "learning_disability",
    "autism",
    "mental_health",
    "missing",
    "self_harm",
    "exploitation_criminal",
    "exploitation_sexual",
    "aggression",
    "physical_disability",
    "complex_health",
    "therapeutic",
    "sensory",
)
_SUPPORTED_MAYBE = (
    "substance_misuse",
    "exploitation_criminal",
    "offending",
    "self_harm",
    "mental_health",
    "exploitation_sexual",
)
_SCHOOL_MAYBE = ("sensory", "physical_disability", "complex_health", "aggression", "mental_health")


def all_needs(bent: str) -> list[str]:
    """All that a children's home of this bent can take."""
    return sorted({code for codes in HOME_BENTS[bent] for code in codes.split()})


def regulator_of(area: str, kind: str) -> str:
    if area == "wales":
        return "ciw"
    return "cqc" if kind in ("care_home", "nursing_home") else "ofsted"


def draw_rating(draw: Random, area: str, kind: str) -> str:
    luck = draw.random()
    if area == "wales":
        if kind == "fostering_agency":
            return "not_rated"
        return "excellent" if luck < 0.15 else "good" if luck < 0.88 else "needs_improvement"
    if kind == "supported_accommodation":
        return "strong" if luck < 0.6 else "inconsistent" if luck < 0.94 else "serious_weaknesses"
    if luck < 0.17:
        return "outstanding"
    return "good" if luck < 0.84 else "requires_improvement" if luck < 0.97 else "inadequate"


def draw_capacity(draw: Random, kind: str, bent: str) -> int | None:
    if kind == "fostering_agency":
        return None
    if kind == "childrens_home":
        return draw.choice((1, 1, 2)) if bent == "solo" else draw.choice((2, 3, 3, 4, 4, 4, 5, 6))
    if kind == "supported_accommodation":
        return draw.choice((3, 4, 4, 5, 6, 6, 8, 10))
    if kind in ("special_school", "residential_special_school"):
        return draw.choice((24, 30, 42, 60, 75))
    return draw.choice((24, 32, 40, 48, 60)) if kind == "nursing_home" else draw.choice((5, 6, 8, 8, 10, 12, 16))


def draw_ages(draw: Random, kind: str, bent: str) -> tuple[int, int]:
    if kind == "fostering_agency":
        return 0, 17
    if kind == "childrens_home":
        if bent == "learning":
            return draw.choice(((5, 17), (8, 17), (7, 17)))
        return draw.choice(((8, 17), (8, 17), (10, 17), (11, 17), (12, 17), (13, 17), (6, 12), (7, 14)))
    if kind == "supported_accommodation":
        return 16, 17
    if kind == "special_school":
        return draw.choice(((5, 16), (7, 19), (11, 19)))
    if kind == "residential_special_school":
        return draw.choice(((8, 19), (11, 19)))
    return draw.choice(((18, 120), (50, 120), (65, 120))) if bent == "NURS" else draw.choice(((18, 65), (18, 120)))


def draw_sex(draw: Random, kind: str) -> str:
    if kind in ("childrens_home", "supported_accommodation"):
        return draw.choice(("any",) * 5 + ("female",) * 2 + ("male",) * 3)
    return draw.choice(("any",) * 6 + ("female", "male")) if kind == "care_home" else "any"


def draw_needs(draw: Random, kind: str, bent: str) -> list[str]:
    if kind == "fostering_agency":
        more = ["parent_and_child", "pregnancy"] if draw.random() < 0.6 else []
        return sorted({*_FOSTERING_ALWAYS, *draw.sample(_FOSTERING_MAYBE, draw.randint(9, 12)), *more})
    if kind == "supported_accommodation":
        more = ["parent_and_child", "pregnancy"] if draw.random() < 0.35 else []
        return sorted(
            {
                "uasc",
                "missing",
                "emotional_behavioural",
                *draw.sample(_SUPPORTED_MAYBE, draw.randint(2, 4)),
                *more,
            }
        )
    if bent == "school":
        return sorted({"autism", "learning_disability", "emotional_behavioural", *draw.sample(_SCHOOL_MAYBE, 2)})
    sure, may_be = (HOME_BENTS if kind == "childrens_home" else ADULT_BENTS)[bent]
    optional = may_be.split()
    return sorted({*sure.split(), *draw.sample(optional, draw.randint(-(-len(optional) // 2), len(optional)))})
