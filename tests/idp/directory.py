"""Starting the identity provider beside a test, and a browser of few wits that walks between it and us."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "amber grove islet 77"
SECRET = "client-secret-of-the-tests"
CLIENTS = [
    {
        "id": f"{slug}-client",
        "secret": SECRET,
        "redirect_uri": f"http://testserver/accounts/oidc/{slug}/login/callback/",
    }
    for slug in ("harrow", "west-london-central")
]


@contextmanager
def running(place: Path, people: list[dict[str, Any]]) -> Iterator[str]:
    """The provider's address; its process ends with the block."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    environment = {**os.environ, "IDP_DATABASE": str(place / "idp.sqlite3"), "IDP_KEY": pem.decode()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.idp.serve"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    with process:
        try:
            world = {"people": people, "clients": CLIENTS, "password": PASSWORD}
            process.stdin.write(json.dumps(world) + "\n")
            process.stdin.flush()
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), "the identity provider did not start"
            yield address
        finally:
            process.stdin.close()
            process.wait(timeout=20)


class Walker:
    """One browser: our pages through Django's client, the provider's over the network, each with its cookies."""

    def __init__(self, client: Client, provider: str) -> None:
        self.ours = client
        self.provider = provider
        self.theirs = requests.Session()
        self.asked_for: dict[str, str] = {}

    def close(self) -> None:
        self.theirs.close()

    def start(self, slug: str = "harrow", **fields: str) -> str:
        """Press our button; the address at the provider that we send the browser to."""
        response = self.ours.post(f"/accounts/oidc/{slug}/login/", fields)
        assert response.status_code == 302, response.content
        address = response["Location"]
        assert address.startswith(self.provider)
        self.asked_for = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return address

    def at_provider(self, address: str, name: str) -> str:
        """Sign in there as often as asked; the address back to us that the provider sends the browser to."""
        response = self.theirs.get(address, allow_redirects=False)
        for _step in range(12):
            if response.status_code in (301, 302, 303):
                address = requests.compat.urljoin(response.url, response.headers["Location"])
                if address.startswith("http://testserver/"):
                    return address
                response = self.theirs.get(address, allow_redirects=False)
                continue
            assert response.status_code == 200, response.text
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text))
            if "next" in parse_qs(urlsplit(response.url).query):
                fields["next"] = parse_qs(urlsplit(response.url).query)["next"][0]
            fields |= {"login": name, "password": PASSWORD}
            response = self.theirs.post(response.url, fields, allow_redirects=False)
        raise AssertionError("the provider goes round in circles")

    def back(self, address: str) -> Any:
        """Our answer to the provider's."""
        return self.ours.get(address.removeprefix("http://testserver"))

    def sign_in(self, name: str, slug: str = "harrow", **fields: str) -> Any:
        """The whole dance."""
        return self.back(self.at_provider(self.start(slug, **fields), name))
