"""Row-level security as data: which role may read and write which rows of which table.

Each app declares its tables in its `row_security.py`; `migrate` brings the database in line with them, and a system
check and a test hold the two together. One policy per role, table and command, never OR-ed (an OR in a policy cost
2,000 times on a list); the settings are read once per statement through a sub-select.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module, util

from django.apps import apps

from brokerage.core.clock import HERE
from brokerage.core.lifecycle import Lifecycle

#: The organisation acted for. Settings used earlier in a session read back as '', so both mean "none".
ORGANISATION = "(SELECT nullif(current_setting('app.organisation_id', true), '')::uuid)"
USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
#: The kinds of referral that a delegation covers; null when nothing narrows them.
CATEGORIES = "(SELECT string_to_array(nullif(current_setting('app.categories', true), ''), ','))::text[]"
#: The day where the service is (`settings.TIME_ZONE`), whatever the session's time zone.
TODAY = f"(SELECT (clock_timestamp() {HERE})::date)"
#: The regions that the organisation acted for belongs to today.
REGIONS = (
    f"ANY (ARRAY(SELECT m.region_id FROM tenants_regionmember m WHERE m.organisation_id = {ORGANISATION}"
    f" AND (m.ends_on IS NULL OR m.ends_on >= {TODAY})))"
)

LOGIN = "brokerage_login"
AUTHORITY = "brokerage_authority"
ASSOCIATE = "brokerage_associate"
PROVIDER = "brokerage_provider"
CENTRAL = "brokerage_central"
OPERATOR = "brokerage_operator"
PUBLIC = "brokerage_public"
WORKER = "brokerage_worker"
MIGRATOR = "brokerage_migrator"
DEFINER = "brokerage_definer"
LOADER = "brokerage_loader"
BACKUP = "brokerage_backup"

ACTORS = (AUTHORITY, ASSOCIATE, PROVIDER, CENTRAL, OPERATOR)
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
ALL = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True)
class Allow:
    """`role` may run `commands` on the rows where `rows` holds (true: every row); `columns` narrows a SELECT or an
    UPDATE, and `written` says what must hold of a row that was written, where that is not `rows`."""

    role: str
    commands: str
    rows: str = "true"
    columns: tuple[str, ...] = ()
    written: str = ""

    def command_list(self) -> list[str]:
        return [command.strip() for command in self.commands.split(",")]


@dataclass(frozen=True)
class Table:
    """A table and who may do what on it. `scope` is one word: tenant, two-party, provider, regional, identity,
    reference or system."""

    name: str
    scope: str
    allow: tuple[Allow, ...]


def tenant(name: str, column: str = "authority_id", commands: str = ALL, extra: Sequence[Allow] = ()) -> Table:
    """Rows of one authority, seen by nobody else."""
    return Table(name, "tenant", (Allow(AUTHORITY, commands, f"{column} = {ORGANISATION}"), *extra))


def two_party(
    name: str,
    *,
    authority: str = "SELECT, INSERT, UPDATE",
    provider: str = "SELECT",
    authority_rows: str = "",
    provider_rows: str = "",
    extra: Sequence[Allow] = (),
) -> Table:
    """Rows carrying both `authority_id` and `provider_id`: each side sees its own."""
    allow = []
    if authority:
        rows = f"authority_id = {ORGANISATION}" + (f" AND {authority_rows}" if authority_rows else "")
        allow.append(Allow(AUTHORITY, authority, rows))
    if provider:
        rows = f"provider_id = {ORGANISATION}" + (f" AND {provider_rows}" if provider_rows else "")
        allow.append(Allow(PROVIDER, provider, rows))
    return Table(name, "two-party", (*allow, *extra))


def regional(name: str, column: str = "region_id", provider_rows: str = "true", extra: Sequence[Allow] = ()) -> Table:
    """Rows a region's central team keeps and its members read; `provider_rows` says which a provider reads."""
    rows = f"{column} = {REGIONS}"
    return Table(
        name,
        "regional",
        (
            Allow(CENTRAL, ALL, rows),
            Allow(AUTHORITY, "SELECT", rows),
            Allow(ASSOCIATE, "SELECT", rows),
            Allow(PROVIDER, "SELECT", provider_rows),
            *extra,
        ),
    )


def providers_own(
    name: str,
    column: str = "provider_id",
    commands: str = ALL,
    extra: Sequence[Allow] = (),
) -> Table:
    """Rows a provider keeps about itself; authorities read them, rivals do not. A central team writes them, as it
    keeps the register, and deletes none."""
    return Table(
        name,
        "provider",
        (
            Allow(PROVIDER, commands, f"{column} = {ORGANISATION}"),
            Allow(CENTRAL, "SELECT, INSERT, UPDATE"),
            Allow(AUTHORITY, "SELECT"),
            *extra,
        ),
    )


def reference(name: str) -> Table:
    """Facts of the world (codes, adjacency): read by all, written by the loader only."""
    return Table(name, "reference", tuple(Allow(role, "SELECT") for role in (LOGIN, WORKER, PUBLIC, DEFINER, *ACTORS)))


def identity(name: str, extra: Sequence[Allow] = ()) -> Table:
    """What the login role needs to know who asks: users, sessions, second factors, tokens."""
    return Table(name, "identity", (Allow(LOGIN, ALL), *extra))


def declared_tables() -> list[Table]:
    """Every table declared by the apps' `row_security` modules."""
    tables: list[Table] = []
    for config in apps.get_app_configs():
        module_name = f"{config.name}.row_security"
        if util.find_spec(module_name) is not None:
            tables.extend(import_module(module_name).TABLES)
    return tables


def declared(name: str) -> list[str]:
    """The SQL texts (idempotent) in the apps' lists of that name.

    `FUNCTIONS` are run as the definer, who then owns them (those of `kept_plans` act as whoever asks); `TRIGGERS` as
    the owner of the tables.
    """
    texts: list[str] = []
    for config in apps.get_app_configs():
        module_name = f"{config.name}.row_security"
        if util.find_spec(module_name) is not None:
            texts.extend(getattr(import_module(module_name), name, ()))
    return texts


def policies(table: Table) -> Iterator[tuple[str, str]]:
    """(name, CREATE POLICY statement) for each role and command of the table."""
    for allow in table.allow:
        for command in allow.command_list():
            name = f"{allow.role.removeprefix('brokerage_')}_{command.lower()}"
            clauses = []
            if command in ("SELECT", "UPDATE", "DELETE"):
                clauses.append(f"USING ({allow.rows})")
            if command in ("INSERT", "UPDATE"):
                clauses.append(f"WITH CHECK ({allow.written or allow.rows})")
            yield (
                name,
                f'CREATE POLICY "{name}" ON "{table.name}" FOR {command} TO {allow.role} {" ".join(clauses)}',
            )


def statements() -> Iterator[str]:
    """Everything that brings an up-to-date schema's grants, policies and functions in line with the code."""
    every_role = ", ".join((LOGIN, WORKER, PUBLIC, DEFINER, *ACTORS))
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {every_role}"
    yield f"GRANT USAGE ON SCHEMA public TO {every_role}, {LOADER}, {BACKUP}"
    yield f"GRANT CREATE ON SCHEMA public TO {DEFINER}"
    yield f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {LOADER}"
    yield f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {LOADER}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP}"
    yield f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {BACKUP}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {every_role}"
    for table in declared_tables():
        yield f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY'
        yield f'ALTER TABLE "{table.name}" FORCE ROW LEVEL SECURITY'
        yield (
            "DO $$ DECLARE p record; BEGIN FOR p IN SELECT policyname FROM pg_policies"
            f" WHERE schemaname = 'public' AND tablename = '{table.name}'"
            f" LOOP EXECUTE format('DROP POLICY %I ON %I', p.policyname, '{table.name}'); END LOOP; END $$"
        )
        for allow in table.allow:
            for command in allow.command_list():
                narrowed = allow.columns and command in ("SELECT", "UPDATE")
                columns = f" ({', '.join(allow.columns)})" if narrowed else ""
                yield f'GRANT {command}{columns} ON "{table.name}" TO {allow.role}'
        # Data migrations run as the owner, which forced security would blind.
        yield (f'CREATE POLICY "migrator_all" ON "{table.name}" FOR ALL TO {MIGRATOR} USING (true) WITH CHECK (true)')
        for _name, statement in policies(table):
            yield statement
    yield f"SET LOCAL ROLE {DEFINER}"
    yield from declared("FUNCTIONS")
    yield "RESET ROLE"
    yield from declared("TRIGGERS")


def moves_of(lifecycle: Lifecycle) -> str:
    """The moves that a lifecycle allows, as SQL pairs of states: what a trigger holds rows to."""
    pairs = {(source, target) for sources, target in lifecycle.moves.values() for source in sources}
    return ", ".join(f"('{source}', '{target}')" for source, target in sorted(pairs))
