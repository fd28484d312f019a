"""Runs the provider on a port of this machine: `python -m tests.idp.serve` with its people and client as JSON on
standard input. Prints its address when it is ready, and ends when its standard input does."""

from __future__ import annotations

import json
import os
import sys
import threading
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class Server(ThreadingMixIn, WSGIServer):
    """Answers several at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def fill(world: dict[str, Any]) -> None:
    """The people of the directory and the one client."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User

    for person in world["people"]:
        user = User.objects.create_user(
            person["name"], person["email"], world["password"], first_name=person.get("sort", "")
        )
        EmailAddress.objects.create(
            user=user, email=person["email"], verified=person.get("verified", True), primary=True
        )
    for client in world["clients"]:
        Client.objects.create(
            id=client["id"],
            name=client["id"],
            secret=make_password(client["secret"]),
            redirect_uris=client["redirect_uri"],
            scopes="openid\nprofile\nemail",
            skip_consent=True,
        )


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.idp.settings"
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    fill(json.loads(sys.stdin.readline()))
    server = Server(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
