"""The form of a new version of a vehicle's rules, made from the parameters themselves. Values are checked by them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_REASON
from dpv.parameters import Kind
from dpv.rule_words import GROUPS
from dpv.rules import LABELS, PARAMETERS, VehicleRules


class RulesForm(forms.Form):
    """One field for each parameter, showing the value of the latest version; then from when, source and reason."""

    def __init__(self, data: Any = None, *, rules: VehicleRules) -> None:
        super().__init__(data)
        for name, kind in PARAMETERS.items():
            source = rules.source_of(name)
            self.fields[name] = field_of(
                kind,
                label=LABELS[name],
                help_text=_hint(kind, source),
                initial=_shown(kind, kind.write(getattr(rules, name))),
            )
        self.fields["valid_from"] = govuk.GovukDateField(
            label=gettext_lazy("In force from"),
            help_text=gettext_lazy("Offers and agreements made before this day keep the rules they were made under."),
        )
        self.fields["source"] = forms.CharField(
            label=gettext_lazy("Source of the changes"),
            help_text=gettext_lazy("The clause, regulation or paper that they come from. Agreements print it."),
            max_length=300,
        )
        self.fields["reason"] = govuk.LongTextField(
            label=gettext_lazy("Why the rules change"), max_length=LONGEST_REASON, rows=3
        )

    def values(self) -> dict[str, Any]:
        """Every parameter as JSON, as the kinds read it."""
        return {name: _as_json(kind, self.cleaned_data[name]) for name, kind in PARAMETERS.items()}

    def groups(self) -> list[tuple[str | Promise, list[forms.BoundField]]]:
        """The parameters' fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def closing_fields(self) -> list[forms.BoundField]:
        """From when, source and reason."""
        return [self[name] for name in ("valid_from", "source", "reason")]


def field_of(kind: Kind, *, label: Any, help_text: str, initial: Any) -> forms.Field:
    """The control for a kind of parameter. Text is passed on as it is: the kind says what is wrong with it."""
    common: dict[str, Any] = {"label": label, "help_text": help_text, "initial": initial}
    optional = kind.name.startswith("optional_")
    if kind.name == "flag":
        return govuk.YesNoField(**common)
    if kind.choices:
        return forms.ChoiceField(choices=kind.choices, required=not optional, **common)
    if kind.name == "notice":
        return govuk.LongTextField(rows=4, **common)
    if kind.name == "codes":
        return forms.CharField(required=False, **common)
    if kind.name.endswith("money"):
        return forms.CharField(
            required=not optional, widget=govuk.Text(prefix="£", width=10, attrs={"inputmode": "decimal"}), **common
        )
    suffix = "%" if kind.name == "percent" else ""
    mode = "numeric" if kind.name.endswith("whole") else "decimal"
    return forms.CharField(
        required=not optional, widget=govuk.Text(suffix=suffix, width=5, attrs={"inputmode": mode}), **common
    )


def _hint(kind: Kind, source: str) -> str:
    parts = []
    if kind.name == "notice":
        parts.append(_("One step a line: side, from day, days of notice. For example: provider, 0, 28"))
    if kind.name == "codes":
        parts.append(_("Codes with commas between them."))
    if kind.name.startswith("optional_"):
        parts.append(_("Leave empty for none."))
    if source:
        parts.append(_("Source: %(source)s") % {"source": source})
    return " ".join(parts)


def _shown(kind: Kind, written: Any) -> Any:
    if written is None:
        return ""
    if kind.name == "codes":
        return ", ".join(written)
    if kind.name == "notice":
        return "\n".join(f"{step['given_by']}, {step['from_day']}, {step['days']}" for step in written)
    return written


def _as_json(kind: Kind, value: Any) -> Any:
    if value in ("", None) and kind.name.startswith("optional_"):
        return None
    if kind.name.endswith("whole"):
        return int(value) if value.isascii() and value.isdigit() else value
    if kind.name == "codes":
        return [code.strip() for code in value.split(",") if code.strip()]
    if kind.name == "notice":
        return [_notice_step(line) for line in value.splitlines() if line.strip()]
    return value


def _notice_step(line: str) -> dict[str, Any]:
    """A line as a step; a line that is none keeps its text, which the kind then refuses."""
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts[1:]):
        return {"given_by": line.strip()}
    return {"given_by": parts[0].lower(), "from_day": int(parts[1]), "days": int(parts[2])}
