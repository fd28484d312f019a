"""A referral's sections as pages show them: cards of answers in words, and the task list of a draft."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from placements.completeness import missing, missing_in, section_state
from placements.disclosure_fields import needs_answered
from placements.models import Referral
from placements.queries.disclosures import unresolved_disclosures
from placements.questions import sections_for, shown_text

STATES: dict[str, dict[str, Any]] = {
    "done": {"done": True, "status": _("Completed")},
    "in_progress": {"status": "in_progress", "status_label": _("In progress")},
    "not_started": {"status": "", "status_label": ""},
}


def section_cards(actor: Actor, referral: Referral) -> list[dict[str, Any]]:
    """[{"title", "rows", "url"}]: the answered questions of each section; `url` where it may be edited."""
    may_edit = referral.status == "draft" and actor.may("referral.draft")
    cards = []
    for section in sections_for(referral.category, needs_answered(referral.answers)):
        given = referral.answers.get(section.code) or {}
        rows = [
            {"key": asked.full_label, "value": shown_text(asked, given.get(asked.name))}
            for asked in section.questions_for(referral.category)
            if asked.name in given and asked.is_asked(given)
        ]
        url = (
            address(actor, "placements:referral_section", reference=referral.reference, section=section.code)
            if may_edit
            else ""
        )
        cards.append({"code": section.code, "title": section.title, "rows": rows, "url": url})
    return cards


def tasks(actor: Actor, referral: Referral) -> dict[str, list[dict[str, Any]]]:
    """The task list: the sections, the papers, and what follows once they are complete."""
    reference = referral.reference
    sections = []
    for section in sections_for(referral.category, needs_answered(referral.answers)):
        state = section_state(section, referral.category, referral.answers, referral.sections_done)
        lacking = len(missing_in(section, referral.category, referral.answers))
        hint = ngettext_lazy("%(count)s answer is missing", "%(count)s answers are missing", lacking)
        sections.append(
            {
                "label": section.title,
                "url": address(actor, "placements:referral_section", reference=reference, section=section.code),
                "hint": hint % {"count": lacking} if lacking and state == "in_progress" else "",
                **STATES[state],
            }
        )
    papers = referral.documents.filter(removed_at__isnull=True).count()
    documents = {
        "label": _("Documents"),
        "url": address(actor, "placements:referral_documents", reference=reference),
        "hint": _("Care plan, risk assessment and other papers. You can also add them later."),
        **(
            {"done": True, "status": ngettext_lazy("%(count)s added", "%(count)s added", papers) % {"count": papers}}
            if papers
            else {"status": "optional", "status_label": _("Optional"), "colour": "grey"}
        ),
    }
    finds = len(unresolved_disclosures(referral))
    check = {
        "label": _("Check for disclosures"),
        "url": address(actor, "placements:referral_check", reference=reference),
        "hint": _("Names, addresses and dates of birth must not leave your organisation."),
        **(
            {
                "status": "review",
                "status_label": ngettext_lazy("%(count)s to look at", "%(count)s to look at", finds) % {"count": finds},
                "colour": "yellow",
            }
            if finds
            else {"done": True, "status": _("Nothing found")}
        ),
    }
    is_ready = not missing(referral) and not finds
    return {"sections": sections, "papers": [documents, check], "next": [_publish(actor, referral, is_ready)]}


def _publish(actor: Actor, referral: Referral, is_ready: bool) -> dict[str, Any]:
    label = _("Choose homes and publish")
    if not actor.may("referral.publish"):
        hint = _("A placement officer does this.")
        return {"label": label, "url": "", "hint": hint, "status": _("Ready for them") if is_ready else ""}
    url = address(actor, "placements:referral_match", reference=referral.reference) if is_ready else ""
    return {"label": label, "url": url, "hint": "" if is_ready else _("First complete the sections and the check.")}
