"""Addresses of dpv."""

from django.urls import URLPattern, URLResolver

app_name = "dpv"
urlpatterns: list[URLPattern | URLResolver] = []
