"""How forms are drawn (`FORM_RENDERER`): GOV.UK markup, error links that land on a control, `aria` wiring.

The templates are in templates/django/forms. `add_refusal` places a refusal from an action beside its field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import widgets
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from brokerage.core.errors import ActionRefused
from brokerage.core.forms.dates import DateBoxes
from brokerage.core.forms.widgets import AutocompleteSelect, width_class


def add_refusal(form: forms.BaseForm, refused: ActionRefused) -> None:
    """Put an action's refusal beside its field, or at the top when the form has no such field."""
    field = getattr(refused, "field", None)
    form.add_error(field if field in form.fields else None, ValidationError(str(refused.message), code=refused.code))


class GovukBoundField(BoundField):
    """A field in its form: which control it is, where its error link lands, and what its error says."""

    @cached_property
    def kind(self) -> str:
        """The shape of the control: which part of `django/forms/field.html` draws it."""
        widget = self.field.widget
        kinds: Sequence[tuple[type[widgets.Widget], str]] = (
            (widgets.CheckboxSelectMultiple, "checkboxes"),
            (widgets.RadioSelect, "radios"),
            (DateBoxes, "date"),
            (AutocompleteSelect, "autocomplete"),
            (widgets.Select, "select"),
            (widgets.Textarea, "textarea"),
            (widgets.CheckboxInput, "checkbox"),
            (widgets.PasswordInput, "password"),
            (widgets.FileInput, "file"),
            (widgets.MultiWidget, "several"),
        )
        return next((kind for cls, kind in kinds if isinstance(widget, cls)), "text")

    @property
    def use_fieldset(self) -> bool:
        return self.kind in ("radios", "checkboxes", "date", "several")

    @property
    def widget_class(self) -> str:
        """The control's own classes."""
        base = {
            "text": "govuk-input",
            "several": "govuk-input",
            "password": "govuk-input govuk-password-input__input govuk-js-password-input-input",
            "textarea": "govuk-textarea",
            "select": "govuk-select",
            "autocomplete": "govuk-select",
            "file": "govuk-file-upload",
            "radios": "govuk-radios__input",
            "checkboxes": "govuk-checkboxes__input",
            "checkbox": "govuk-checkboxes__input",
        }.get(self.kind, "")
        names = [base, width_class(getattr(self.field.widget, "width", ""))]
        if self.errors and self.kind in ("text", "password", "textarea", "select", "file", "several"):
            names.append(f"{base.split()[0]}--error")
        if self.max_length is not None:
            names.append("govuk-js-character-count")
        return " ".join(name for name in names if name)

    @property
    def max_length(self) -> int | None:
        """The count shown under a textarea, if it is limited."""
        limit = getattr(self.field, "max_length", None)
        return limit if self.kind == "textarea" else None

    @property
    def has_reveals(self) -> bool:
        return bool(getattr(self.field.widget, "reveals", None))

    def build_widget_attrs(self, attrs: dict[str, Any], widget: widgets.Widget | None = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        built.pop("required", None)
        if widget.attrs.get("placeholder"):
            # A placeholder vanishes on typing and is too faint to read: the label and hint say it.
            built["placeholder"] = False
        if widget.is_hidden:
            return built
        own = widget.attrs.get("class", "")
        if names := " ".join(name for name in (self.widget_class, own) if name):
            built["class"] = names
        if self.use_fieldset:
            # The group carries the description; repeating "invalid" on every option says nothing.
            built.pop("aria-invalid", None)
        if self.kind == "textarea" and self.max_length is not None:
            built["maxlength"] = False
        if self.kind == "password":
            built.setdefault("autocomplete", widget.attrs.get("autocomplete", "current-password"))
            built.update({"spellcheck": "false", "autocapitalize": "none"})
        if self.kind == "date" and self.errors:
            built["data-wrong-parts"] = " ".join(self.wrong_parts)
        return built

    @property
    def aria_describedby(self) -> str | None:
        ids = [self.field.widget.attrs.get("aria-describedby", "")]
        if self.auto_id and not self.is_hidden:
            ids += [
                f"{self.auto_id}-info" if self.max_length is not None else "",
                f"{self.auto_id}_helptext" if self.help_text else "",
                f"{self.auto_id}_error" if self.errors else "",
            ]
        return " ".join(name for name in ids if name) or None

    @property
    def wrong_parts(self) -> tuple[str, ...]:
        """The boxes of a date that its errors are about (all, when the error does not say)."""
        parts: list[str] = []
        for error in self.form.errors.as_data().get(self.name, []):
            parts += (error.params or {}).get("parts", ()) if isinstance(error.params, dict) else ()
        return tuple(dict.fromkeys(parts)) or getattr(self.field.widget, "parts", ())

    @property
    def error_target(self) -> str:
        """The id of the control that an error link must focus; empty when nothing can take the focus."""
        if self.is_hidden or not self.auto_id:
            return ""
        if self.kind == "date":
            return f"{self.auto_id}_{self.wrong_parts[0]}"
        if self.kind == "several":
            return f"{self.auto_id}_0"
        if self.kind in ("radios", "checkboxes"):
            return self.options[0]["id"] if self.options else ""
        return str(self.field.widget.attrs.get("id") or self.auto_id)

    @property
    def error_texts(self) -> list[str]:
        """What each error says, in a sentence that also makes sense in the summary at the top."""
        if self.name not in self.form.errors:
            return []
        stock = forms.Field.default_error_messages["required"]
        texts = []
        errors = self.form.errors[self.name].as_data()
        for error, shown in zip(errors, self.form.errors[self.name], strict=True):
            own = error.code != "required" or str(error.message) != str(stock)
            texts.append(str(shown) if own else self.required_text)
        return texts

    @property
    def required_text(self) -> str:
        """What to do about an unanswered field, made of its label."""
        label = str(self.label).strip().rstrip(":")
        if label.endswith("?"):
            return gettext("Answer the question: %(label)s") % {"label": label}
        if self.kind == "checkbox":
            return gettext("Tick “%(label)s”") % {"label": label}
        if self.kind == "file":
            return gettext("Choose a file for “%(label)s”") % {"label": label}
        if self.kind == "textarea":
            return gettext("Enter an answer for “%(label)s”") % {"label": label}
        if self.kind in ("radios", "checkboxes", "select", "autocomplete"):
            return gettext("Select an answer for “%(label)s”") % {"label": label}
        if (get_language() or "en").startswith("en") and label[1:2].islower():
            label = label[:1].lower() + label[1:]
        return gettext("Enter %(label)s") % {"label": label}

    @cached_property
    def options(self) -> list[dict[str, Any]]:
        """Radio buttons or checkboxes ready to draw: each with hint, revealed field and its group's name."""
        widget = self.field.widget
        hints, reveals = getattr(widget, "hints", {}), getattr(widget, "reveals", {})
        value = widget.format_value(self.value())
        drawn = []
        attrs = self.build_widget_attrs({"id": self.auto_id} if self.auto_id else {})
        for group, options, _index in widget.optgroups(self.html_name, value or [], {**widget.attrs, **attrs}):
            for position, option in enumerate(options):
                key = str(option["value"])
                name = reveals.get(key)
                drawn.append(
                    {
                        **option,
                        "id": option["attrs"].get("id", ""),
                        "group": group if position == 0 else None,
                        "hint": hints.get(key, ""),
                        "reveal": self.form[name] if name else None,
                        "exclusive": key == getattr(widget, "exclusive", "") != "",
                    }
                )
        return drawn

    def as_group(self, *, size: str = "", heading: bool = False, hint: str = "") -> SafeString:
        """The whole field with a label of `size` (s, m, l, xl), as the page's heading if asked."""
        if hint:
            self.help_text = hint
        context = {"field": self, "size": size, "heading": heading}
        return self.form.render(self.template_name, context)


class GovukRenderer(TemplatesSetting):
    """Draws every form with templates/django/forms."""

    form_template_name = "django/forms/form.html"
    field_template_name = "django/forms/field.html"
    bound_field_class = GovukBoundField


def revealed_names(form: forms.BaseForm) -> set[str]:
    """Names of the fields that another field of the form draws under one of its options."""
    names: set[str] = set()
    for field in form.fields.values():
        names.update(getattr(field.widget, "reveals", {}).values())
    return names
