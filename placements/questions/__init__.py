"""The questions of a referral as data: what is asked, in which words, for whom, and who may be told the answer.

One table drives the forms, the task list, what is missing, what leaves the authority at stage one and two, and the
summary pages. Pure: no ORM, no settings, no clock. Answers are stored in `Referral.answers[section][name]`.
"""

from placements.questions.shapes import NEVER, STAGE_ONE, STAGE_TWO, Kind, Question, Section
from placements.questions.table import ALL_SECTIONS, question, section, sections_for, shown_text

__all__ = [
    "ALL_SECTIONS",
    "NEVER",
    "STAGE_ONE",
    "STAGE_TWO",
    "Kind",
    "Question",
    "Section",
    "question",
    "section",
    "sections_for",
    "shown_text",
]
