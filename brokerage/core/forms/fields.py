"""Fields Django has not: money, long text, yes or no, several files. Shapes of input only, no rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import widgets
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.errors import RuleBroken
from brokerage.core.forms.widgets import MultipleFileInput, Radios, Text
from brokerage.core.money import money_text, parse_money


class MoneyField(forms.CharField):
    """Pounds and pence as Decimal, read by `money.parse_money`; `per` ("per week") stands after the box."""

    def __init__(self, *, per: str | Promise = "", width: int = 10, **kwargs: Any) -> None:
        kwargs.setdefault("widget", Text(prefix="£", suffix=per, width=width, attrs={"inputmode": "decimal"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return money_text(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return value
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return parse_money(str(value))
        except RuleBroken as refused:
            raise ValidationError(str(refused.message), code=refused.code) from refused

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != self.to_python(initial))
        except ValidationError:
            return True


class LongTextField(forms.CharField):
    """Several lines of text; a line end counts as one character, as in the live count."""

    def __init__(self, *, rows: int = 5, **kwargs: Any) -> None:
        kwargs.setdefault("widget", widgets.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if text else text


class YesNoField(forms.TypedChoiceField):
    """A question answered Yes or No: True, False, or None when optional and unanswered."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", Radios(inline=True))
        kwargs.setdefault("empty_value", None)
        super().__init__(
            choices=[("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda value: value in ("yes", True),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value

    def valid_value(self, value: Any) -> bool:
        return isinstance(value, bool) or super().valid_value(value)

    def to_python(self, value: Any) -> str:
        return super().to_python(self.prepare_value(value))


class MultipleFileField(forms.FileField):
    """A list of uploaded files (empty when optional and none was chosen)."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        one = super().clean
        if isinstance(data, (list, tuple)) and data:
            return [one(item, initial) for item in data]
        cleaned = one(data or None, initial)
        return [cleaned] if cleaned else []
