"""What an action answers when it will not act.

Three questions, three answers: not visible is Django's `Http404`, not permitted is `NotPermitted`, not now is
`NotNow`. A broken rule of the field is `RuleBroken`; pages show it beside its field, the API as
`{code, message, field}`.
"""

from __future__ import annotations

from django.utils.functional import Promise


class ActionRefused(Exception):
    """An action's refusal: a stable `code`, a sentence for people, and the field it belongs to, if any."""

    status = 400
    #: Everything that is refused, where an action tells several refusals at once; it reads as the first.
    broken: tuple[ActionRefused, ...] = ()

    def __init__(self, code: str, message: str | Promise, field: str | None = None) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = message
        self.field = field


class RuleBroken(ActionRefused):
    """The request is understood but breaks a rule; changing the input can mend it."""

    status = 422


class NotNow(ActionRefused):
    """The thing is in a state in which this may not be done."""

    status = 409


class NotPermitted(ActionRefused):
    """The actor may not do this, whatever the state."""

    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__("not_permitted", f"Your role does not allow this ({permission}).")
        self.permission = permission
