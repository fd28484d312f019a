"""Runs of imports, with the errors of each row by line and column; a stopped run goes on where it was."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation


class ImportRun(models.Model):
    """One file being checked or imported for one organisation."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    file_name = models.CharField(max_length=200)
    stored_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    is_dry_run = models.BooleanField(default=True)
    #: The file names all there are of what it lists, not only what has changed.
    is_whole_list = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_updated = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=400, blank=True)
    #: What importing it triggers, as a check found out or an import counted (`providers.consequences`): counts and
    #: homes, never whose people live there.
    consequences: Any = models.JSONField(default=dict, blank=True)
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at"]


class ImportProblem(models.Model):
    """What is wrong in one cell of an imported file. `line` counts from 1, the header's line included."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=400)

    objects = ScopedManager()

    class Meta:
        ordering = ["line", "column"]
