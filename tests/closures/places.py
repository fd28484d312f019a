"""Closures, and what is kept with an alert, for the world that every operation of the API is knocked at in."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions.files import add_alert_file
from brokerage.safeguarding.actions.meetings import record_meeting
from brokerage.safeguarding.closures.models import ClosureResident
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import announced
from tests.safeguarding.alerting import CANARY


def closures_of_birch() -> tuple[list[str], Any]:
    """Birch's announcements: of the lodge, where somebody of Harrow's is to move in, of the whole provider and of
    another home; and that person's row."""
    homes = (ident("birch-lodge"), None, ident("birch-house"))
    closures = [announced("bob", establishment_id=home).reference for home in homes]
    with acting(actor_of("oscar")):
        row = ClosureResident.objects.filter(closure__reference=closures[0]).first()
    assert row is not None
    return closures, row.pk


def closure_places(followed: str, to_withdraw: str, to_close: str) -> dict[str, dict[str, Any]]:
    """References by the beginning of the address."""
    return {
        "closures/": {"reference": followed},
        "closures/<str:reference>/withdraw": {"reference": to_withdraw},
        "closures/<str:reference>/close": {"reference": to_close},
    }


def kept_with(reference: str) -> Any:
    """A meeting about the alert, and a file of it."""
    with acting(actor_of("oscar")) as oscar:
        record_meeting(
            oscar,
            reference=reference,
            held_on=TODAY,
            chaired_by="head of safeguarding",
            attended="the police",
            notes=f"Seen in {CANARY}.",
            decisions="Two adults on every shift.",
            is_checked=True,
        )
        paper = SimpleUploadedFile("rota.txt", b"Two adults.", "text/plain")
        return add_alert_file(oscar, reference=reference, upload=paper).pk
