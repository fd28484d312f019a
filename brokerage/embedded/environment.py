"""The environment of `script/server`'s processes: what the caller set, else what this checkout made."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from brokerage.embedded.keys import write_private
from brokerage.embedded.places import EmbeddedError
from brokerage.embedded.servers import EmbeddedServers


def server_environment(directory: Path, *, base_url: str) -> tuple[dict[str, str], EmbeddedServers]:
    """The variables of every process, addresses of embedded servers excepted, and those servers.

    Raises EmbeddedError when an external database is named without the owner's address.
    """
    if os.environ.get("DATABASE_URL") and not os.environ.get("OWNER_DATABASE_URL"):
        raise EmbeddedError(
            "DATABASE_URL is set without OWNER_DATABASE_URL: the application's role may not change tables, "
            "so migrations need the owner's address too."
        )
    servers = EmbeddedServers(directory)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment.setdefault("DEMO", "1")
    environment["DEMO"] = "1" if environment["DEMO"].lower() in ("1", "true", "yes", "on") else "0"
    environment |= {
        "DJANGO_SETTINGS_MODULE": "brokerage.settings",
        "VAR_DIR": str(directory),
        "BASE_URL": os.environ.get("BASE_URL") or base_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY") or servers.keys["SECRET_KEY"],
        "IDP_OIDC_PRIVATE_KEY": os.environ.get("IDP_OIDC_PRIVATE_KEY") or identity_key(directory),
        "PYTHONUNBUFFERED": "1",
    }
    return environment, servers


def identity_key(directory: Path) -> str:
    """The key (PEM) that signs what this server says about API clients, made once."""
    path = directory / "identity-key.pem"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_private(path, key.private_bytes(*form).decode())
    return path.read_text()
