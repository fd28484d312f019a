"""Operations of this part: none. A machine that could write here would have to be named and its calls recorded, and
one that could read would copy people's words into systems that promised them nothing (docs/guides/safeguarding.md)."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
