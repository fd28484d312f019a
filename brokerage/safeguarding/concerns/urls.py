"""Addresses of concerns, suggestions and complaints, under `/o/<organisation>/concerns/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.concerns.views import complaints, concerns, suggestions

app_name = "concerns"
urlpatterns: list[URLPattern] = [
    path("notes/", concerns.concern_list, name="concern_list"),
    path("notes/new/", concerns.concern_new, name="concern_new"),
    path("notes/<str:reference>/", concerns.concern, name="concern"),
    path("notes/<str:reference>/decide/", concerns.concern_decide, name="concern_decide"),
    path("suggestions/", suggestions.suggestion_list, name="suggestion_list"),
    path("suggestions/<str:reference>/", suggestions.suggestion, name="suggestion"),
    path("suggestions/<str:reference>/decide/", suggestions.suggestion_decide, name="suggestion_decide"),
    path("complaints/", complaints.complaint_list, name="complaint_list"),
    path("complaints/new/", complaints.complaint_new, name="complaint_new"),
    path("complaints/<str:reference>/", complaints.complaint, name="complaint"),
    *(
        path(f"complaints/<str:reference>/{act}/", complaints.complaint_act, {"act": act}, name=f"complaint_{move}")
        for act, (move, *_rest) in complaints.ACTS.items()
    ),
]
