"""Managers that refuse to answer outside a tenancy context: the second of the three locks."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from brokerage.core.tenants.context import current, require_context

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """Like `models.Manager`, but raises `OutsideContext` when no context is entered."""

    def get_queryset(self) -> models.QuerySet[M]:
        require_context()
        return super().get_queryset()


class NarrowedManager(ScopedManager[M]):
    """Like `ScopedManager`, for a table of which a provider's database role reads some columns only: the model's
    `NOT_FOR_PROVIDERS` are left out of what a provider's people ask for."""

    def get_queryset(self) -> models.QuerySet[M]:
        rows = super().get_queryset()
        context = current()
        if context is None or context.actor is None or not context.actor.is_provider:
            return rows
        return rows.defer(*getattr(self.model, "NOT_FOR_PROVIDERS", ()))
