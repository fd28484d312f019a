"""Forms of the award: the choice with its reasons, an approver's decision, and letting an award go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_REASON
from placements.models import Award
from placements.queries.comparison import ComparedOffer


class AwardForm(forms.Form):
    """The choice of `chosen`. One reason field for each other standing offer, filled in as a suggestion."""

    reason_code = forms.ChoiceField(
        label=_("Main reason for choosing this offer"),
        choices=Award.Reason.choices,
        widget=govuk.Radios(small=True),
        error_messages={"required": _("Select the main reason")},
    )
    reason = govuk.LongTextField(
        label=_("Why this offer meets the need"),
        help_text=_("Kept with the award as the council’s record. No provider reads it."),
        max_length=LONGEST_REASON,
        rows=4,
        error_messages={"required": _("Say why you choose this offer")},
    )
    child_prefers = govuk.LongTextField(
        label=_("What the child or adult prefers"), required=False, max_length=LONGEST_REASON, rows=2
    )
    family_prefers = govuk.LongTextField(
        label=_("What the family prefers"), required=False, max_length=LONGEST_REASON, rows=2
    )
    social_worker_prefers = govuk.LongTextField(
        label=_("What the social worker prefers"), required=False, max_length=LONGEST_REASON, rows=2
    )
    language = forms.ChoiceField(
        label=_("In which language should the agreement be?"),
        help_text=_("Clauses that exist in English only are marked in a Welsh agreement."),
        choices=Award.Language.choices,
        widget=govuk.Radios(small=True),
        error_messages={"required": _("Select the language of the agreement")},
    )
    before_closing = forms.BooleanField(
        label=_("I am choosing before the closing time; offers that would still arrive will not be considered"),
        error_messages={"required": _("Say that you choose before the closing time, or wait until then")},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        chosen: ComparedOffer,
        others: Sequence[ComparedOffer],
        asks_closing: bool,
        asks_language: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.others = list(others)
        self.fields["revision"].initial = chosen.offer.revision
        if not asks_closing:
            del self.fields["before_closing"]
        if not asks_language:
            del self.fields["language"]
        for other in self.others:
            self.fields[f"loser_{other.offer.pk}"] = govuk.LongTextField(
                label=_("Why %(home)s was not chosen") % {"home": other.name},
                help_text=_("The provider reads this. Say nothing of other offers’ prices."),
                initial=suggested_reason(chosen, other),
                max_length=LONGEST_REASON,
                rows=2,
                error_messages={"required": _("Say why %(home)s was not chosen") % {"home": other.name}},
            )

    @property
    def loser_fields(self) -> list[forms.BoundField]:
        return [self[f"loser_{other.offer.pk}"] for other in self.others]

    def action_values(self) -> dict[str, Any]:
        """What `accept_offer` takes."""
        given = self.cleaned_data
        losers: dict[UUID, str] = {other.offer.pk: given[f"loser_{other.offer.pk}"] for other in self.others}
        return {
            "reason_code": given["reason_code"],
            "reason": given["reason"],
            "losers": losers,
            "preferences": self.preferences(),
            "before_closing": given.get("before_closing", False),
            "seen_revision": given["revision"],
            "language": given.get("language", Award.Language.ENGLISH.value),
        }

    def reason_label(self) -> str:
        """The chosen main reason in words."""
        return str(Award.Reason(self.cleaned_data["reason_code"]).label)

    def language_label(self) -> str:
        """The language of the agreement in words, or empty when it was not asked."""
        chosen = self.cleaned_data.get("language")
        return str(Award.Language(chosen).label) if chosen else ""

    def preferences(self) -> str:
        """The three preferences as one text, a line each."""
        named = (
            (_("Child or adult"), "child_prefers"),
            (_("Family"), "family_prefers"),
            (_("Social worker"), "social_worker_prefers"),
        )
        return "\n".join(
            f"{label}: {self.cleaned_data[name].strip()}" for label, name in named if self.cleaned_data[name].strip()
        )


def suggested_reason(chosen: ComparedOffer, other: ComparedOffer) -> str:
    """A first wording of why `other` lost, from facts that can be compared; the officer changes it."""
    if other.offer.status == "needs_reconfirming":
        return str(_("The offer was not confirmed after the referral changed."))
    if (other.offer.weekly_total or 0) > (chosen.offer.weekly_total or 0):
        return str(_("The weekly price was too high for what was offered."))
    if (other.offer.miles or 0) > (chosen.offer.miles or 0):
        return str(_("The home is further away than another that meets the needs."))
    return str(_("Another home is a better match with the needs described."))


class DecisionForm(forms.Form):
    """An approver's decision on one kind of approval."""

    kind = forms.CharField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        widget=govuk.Radios(inline=True),
        error_messages={"required": _("Select whether you approve or refuse")},
    )
    reason = govuk.LongTextField(
        label=_("Reason"),
        help_text=_("Needed if you refuse. The officer reads it."),
        required=False,
        max_length=LONGEST_REASON,
        rows=3,
    )


class FallThroughForm(forms.Form):
    """Why a confirmed award comes to nothing."""

    because_of_provider = govuk.YesNoField(
        label=_("Is it because of the provider?"),
        help_text=_("If so, its offer counts as withdrawn. If not, the offer stands again with the others."),
        error_messages={"required": _("Select yes if it is because of the provider")},
    )
    reason = govuk.LongTextField(
        label=_("Why the award falls through"),
        max_length=LONGEST_REASON,
        rows=4,
        error_messages={"required": _("Say why the award falls through")},
    )


class TakeBackForm(forms.Form):
    """Why an award that waits for approval is taken back."""

    reason = govuk.LongTextField(
        label=_("Why you take the award back"),
        max_length=LONGEST_REASON,
        rows=4,
        error_messages={"required": _("Say why you take the award back")},
    )
