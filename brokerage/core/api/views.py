"""The view behind every address of the API: DRF's dispatch, our refusals."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from brokerage.core.api import problems
from brokerage.core.api.calls import ApiRequest


class DoorAuthentication(BaseAuthentication):
    """Reads what the door found out: the API takes a bearer token and nothing else."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        actor = getattr(request._request, "actor", None)
        return None if actor is None else (actor, request._request.api_scopes)

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class OneFormat(BaseContentNegotiation):
    """Answers are JSON, or the file asked for."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class OperationView(APIView):
    """One address; `operations` by method."""

    authentication_classes = [DoorAuthentication]
    permission_classes: ClassVar[list[Any]] = []
    throttle_classes: ClassVar[list[Any]] = []
    content_negotiation_class = OneFormat
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    operations: ClassVar[dict[str, Any]] = {}

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        answer = problems.of(exc)
        if answer is None:
            raise exc
        if answer.status_code == 405:
            answer["Allow"] = ", ".join(sorted(method.upper() for method in self.operations))
        return answer

    def run(self, method: str, request: Any, **kwargs: Any) -> HttpResponseBase:
        """Hand over to the operation; `request` is DRF's, the operation gets Django's."""
        plain: ApiRequest = request._request
        answer: HttpResponseBase = self.operations[method].run(plain, plain.actor, **kwargs)
        return answer
