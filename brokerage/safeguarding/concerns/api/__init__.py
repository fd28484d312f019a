"""Concerns, the patterns they make, and complaints, through the API."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.core.api.operations import resource
from brokerage.safeguarding.concerns.api import complaints, concerns

urlpatterns: list[URLPattern] = [
    path("concerns", resource(get=concerns.list_concerns, post=concerns.create_concern), name="concerns"),
    path("concerns/<str:reference>", resource(get=concerns.get_concern), name="concern"),
    path("concerns/<str:reference>/decide", resource(post=concerns.decide_on_concern), name="concern-decide"),
    path("suggestions", resource(get=concerns.list_suggestions), name="suggestions"),
    path("suggestions/<str:reference>", resource(get=concerns.get_suggestion), name="suggestion"),
    path("suggestions/<str:reference>/decide", resource(post=concerns.decide_on_suggestion), name="suggestion-decide"),
    path("complaints", resource(get=complaints.list_complaints, post=complaints.create_complaint), name="complaints"),
    path("complaints/<str:reference>", resource(get=complaints.get_complaint), name="complaint"),
    path(
        "complaints/<str:reference>/acknowledge",
        resource(post=complaints.acknowledge_received_complaint),
        name="complaint-acknowledge",
    ),
    path(
        "complaints/<str:reference>/answer",
        resource(post=complaints.answer_received_complaint),
        name="complaint-answer",
    ),
    path(
        "complaints/<str:reference>/messages",
        resource(post=complaints.send_complaint_message),
        name="complaint-messages",
    ),
    path(
        "complaints/<str:reference>/ask-mediation",
        resource(post=complaints.ask_complaint_mediation),
        name="complaint-ask-mediation",
    ),
    path("complaints/<str:reference>/mediate", resource(post=complaints.mediate_complaint), name="complaint-mediate"),
    path("complaints/<str:reference>/settle", resource(post=complaints.settle_own_complaint), name="complaint-settle"),
    path("complaints/<str:reference>/close", resource(post=complaints.close_own_complaint), name="complaint-close"),
]
