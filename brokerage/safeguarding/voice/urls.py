"""Addresses of this part, under `/o/<organisation>/voice/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.voice import views

app_name = "voice"
urlpatterns: list[URLPattern] = [
    path("", views.message_list, name="message_list"),
    path("codes/", views.code_list, name="code_list"),
    path("codes/new/", views.code_new, name="code_new"),
    path("codes/<uuid:pk>/", views.code, name="code"),
    path("codes/<uuid:pk>/printed/", views.code_printed, name="code_printed"),
    path("codes/<uuid:pk>/replace/", views.code_replace, name="code_replace"),
    path("<str:reference>/", views.message, name="message"),
    path("<str:reference>/answer/", views.message_answer, name="message_answer"),
    path("<str:reference>/note/", views.message_note, name="message_note"),
    path("<str:reference>/pass-on/", views.message_pass_on, name="message_pass_on"),
    path("<str:reference>/home/", views.message_place, name="message_place"),
    path("<str:reference>/close/", views.message_close, name="message_close"),
]
