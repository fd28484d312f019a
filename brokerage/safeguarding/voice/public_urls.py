"""Addresses of people who do not sign in, outside every organisation: `/speak/` in English, `/siarad/` in Welsh."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.voice import public_views as views

app_name = "speak"
urlpatterns: list[URLPattern] = [
    path("speak/", views.start, {"language": "en"}, name="start"),
    path("speak/answer/", views.answer, {"language": "en"}, name="answer"),
    path("speak/no-code/", views.say, {"language": "en"}, name="no_code"),
    path("speak/<str:code>/", views.say, {"language": "en"}, name="say"),
    path("siarad/", views.start, {"language": "cy"}, name="start_cy"),
    path("siarad/ateb/", views.answer, {"language": "cy"}, name="answer_cy"),
    path("siarad/dim-cod/", views.say, {"language": "cy"}, name="no_code_cy"),
    path("siarad/<str:code>/", views.say, {"language": "cy"}, name="say_cy"),
]
