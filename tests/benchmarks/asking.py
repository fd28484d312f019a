"""Whole requests through the WSGI application, as gunicorn would hand them over, without a network between."""

from __future__ import annotations

import io
import json
import sys
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4


class Asker:
    """Asks one application in the name of one person (a session) or one system (a token)."""

    def __init__(self, *, token: str = "", user: Any = None) -> None:
        from allauth.mfa.models import Authenticator
        from django.core.wsgi import get_wsgi_application
        from django.test import Client

        self.application = get_wsgi_application()
        self.environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if token:
            self.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        if user is not None:
            Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {}})
            browser = Client()
            browser.force_login(user)
            self.environ["HTTP_COOKIE"] = "; ".join(
                f"{name}={morsel.value}" for name, morsel in browser.cookies.items()
            )

    def get(self, path: str, *, status: int = 200) -> bytes:
        """The body of the answer. AssertionError for another status."""
        return self._ask({}, path, b"", status)

    def submit(self, path: str, *, status: int = 200, **fields: str) -> bytes:
        """Send a form, as a browser would that was shown it."""
        secret = "b" * 32
        cookie = f"{self.environ.get('HTTP_COOKIE', '')}; csrftoken={secret}"
        body = urlencode({**fields, "csrfmiddlewaretoken": secret}).encode()
        sent = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_COOKIE": cookie}
        return self._ask({"REQUEST_METHOD": "POST", **sent}, path, body, status)

    def post(self, path: str, said: Any, *, status: int = 201) -> Any:
        """Send JSON under a key of its own, as a careful system does, and read the JSON of the answer."""
        sent = {"CONTENT_TYPE": "application/json", "HTTP_IDEMPOTENCY_KEY": str(uuid4())}
        body = json.dumps(said).encode()
        return json.loads(self._ask({"REQUEST_METHOD": "POST", **sent}, path, body, status))

    def _ask(self, more: dict[str, str], path: str, sent: bytes, status: int) -> bytes:
        told: list[str] = []
        place, _mark, query = path.partition("?")
        environ = {**self.environ, **more, "PATH_INFO": place, "QUERY_STRING": query, "wsgi.input": io.BytesIO(sent)}
        environ["CONTENT_LENGTH"] = str(len(sent))
        answer = self.application(environ, lambda said, _headers: told.append(said))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        assert told[0].startswith(str(status)), f"{path}: {told[0]} {body[:300]!r}"
        return body
