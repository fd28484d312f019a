"""Managers that refuse to answer outside a tenancy context: the second of the three locks."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

from brokerage.core.tenants.context import require_context

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """Like `models.Manager`, but raises `OutsideContext` when no context is entered."""

    def get_queryset(self) -> Any:
        require_context()
        return super().get_queryset()


def scoped(queryset_class: type[models.QuerySet[Any]]) -> Any:
    """A scoped manager carrying the queryset's methods."""
    return ScopedManager.from_queryset(queryset_class)()
