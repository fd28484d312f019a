"""Queries whose plan PostgreSQL keeps, for what is asked at almost every click: planning a row of a few tables, each
with its row policy, takes several times as long as reading it.

Each is a function in the database, which its app names among the `FUNCTIONS` of its `row_security`: PL/pgSQL plans the
query once in a connection, for whatever values come. The plan is there behind whatever pooler, where a prepared
statement would belong to one client. The function runs as whoever asks, so it reveals what the query would; the
settings that policies read are read at each asking.
"""

from __future__ import annotations

from dataclasses import dataclass

#: By name, all that were made: where statements are explained, a call of one tells nothing.
KEPT: dict[str, KeptPlan] = {}


@dataclass(frozen=True)
class KeptPlan:
    """A query, and the function that asks it. What takes, gives or means something else needs another name: for some
    seconds of an upgrade the version before still calls the old one, which the release after that drops."""

    name: str
    #: SQL types of `$1`, `$2` and so on.
    takes: tuple[str, ...]
    #: Names and SQL types of the columns, as RETURNS TABLE has them. Names of tables' columns within the query are said
    #: with their table, as these would be meant otherwise.
    gives: str
    #: Who may ask it. One: a plan that was made for one role is made anew for another.
    role: str
    query: str

    def __post_init__(self) -> None:
        KEPT[self.name] = self

    @property
    def signature(self) -> str:
        """The function, among others of its name."""
        return f"{self.name}({', '.join(self.takes)})"

    @property
    def asked(self) -> str:
        """The call, to select from: the values of `takes` are its parameters, in their order."""
        return f"{self.name}({', '.join(f'%s::{kind}' for kind in self.takes)})"

    @property
    def body(self) -> str:
        """The function's text, as PostgreSQL keeps it."""
        return f" BEGIN RETURN QUERY {self.query}; END "

    def statements(self) -> list[str]:
        """What makes the function, or brings it in line. VOLATILE: the query sees what is there once its tables are
        locked, as it would by itself, not before a migration that it waited for."""
        return [
            f"CREATE OR REPLACE FUNCTION {self.signature} RETURNS TABLE ({self.gives}) LANGUAGE plpgsql VOLATILE"
            " SECURITY INVOKER SET plan_cache_mode = force_generic_plan"
            f" AS $${self.body}$$",
            f"REVOKE ALL ON FUNCTION {self.signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {self.signature} TO {self.role}",
        ]
