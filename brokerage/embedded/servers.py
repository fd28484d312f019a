"""Both embedded servers of one directory, and the environment that lets Django find them.

`environment` is the contract with the settings: SUPERUSER_DATABASE_URL (for `setup_roles` only),
DATABASE_URL (the application's login role), OWNER_DATABASE_URL (the role that owns the tables) and
REDIS_URL.
"""

from __future__ import annotations

from pathlib import Path

from brokerage.embedded.keys import load_keys
from brokerage.embedded.places import make_private_directory
from brokerage.embedded.postgres import EmbeddedPostgres
from brokerage.embedded.valkey import EmbeddedValkey

DATABASE = "brokerage"
LOGIN_ROLE = "brokerage_login"
OWNER_ROLE = "brokerage_migrator"


class EmbeddedServers:
    """PostgreSQL and Valkey with their data in `directory`."""

    def __init__(self, directory: Path, *, for_tests: bool = False) -> None:
        self.directory = make_private_directory(directory).resolve()
        self.keys = load_keys(self.directory)
        self.postgres = EmbeddedPostgres(self.directory, password=self.keys["SUPERUSER_PASSWORD"], for_tests=for_tests)
        self.valkey = EmbeddedValkey(self.directory, password=self.keys["REDIS_PASSWORD"], for_tests=for_tests)

    def start(self) -> None:
        """Start both unless they run. Raises EmbeddedError."""
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        """Stop both; what does not run is left alone."""
        self.valkey.stop()
        self.postgres.stop()

    def database_environment(self) -> dict[str, str]:
        """The three addresses of the database, each for one role."""
        login, owner = self.keys["LOGIN_PASSWORD"], self.keys["OWNER_PASSWORD"]
        return {
            "SUPERUSER_DATABASE_URL": self.postgres.url(),
            "DATABASE_URL": self.postgres.url(user=LOGIN_ROLE, password=login, database=DATABASE),
            "OWNER_DATABASE_URL": self.postgres.url(user=OWNER_ROLE, password=owner, database=DATABASE),
        }

    def environment(self) -> dict[str, str]:
        """Everything a process needs to reach both servers."""
        return self.database_environment() | {"REDIS_URL": self.valkey.url()}
