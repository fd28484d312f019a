"""The look of every page: template tags, charts, maps, theme and the few public static pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "brokerage.core.pages"
    label = "pages"
