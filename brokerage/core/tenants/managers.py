"""Managers that refuse to answer outside a tenancy context: the second of the three locks."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from brokerage.core.tenants.context import require_context

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """Like `models.Manager`, but raises `OutsideContext` when no context is entered."""

    def get_queryset(self) -> models.QuerySet[M]:
        require_context()
        return super().get_queryset()
