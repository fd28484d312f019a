"""The API attacked by its own document: generated requests through the WSGI application, as each kind of client.

Requests are made by schemathesis (right and wrong ones); half of them name things of the world, so that they get past
"not found". Every answer must have a documented status, media type, shape and code, and none may be a fault of ours.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import schemathesis
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.http import HttpResponse
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from brokerage.core.api.scopes import SCOPES
from tests.api.table import Route, document, faults_of, routes
from tests.isolation.api_world import OWN, ApiWorld

#: What schemathesis itself looks at; our own look is stricter (`tests.api.table.faults_of`).
LOOKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@dataclass
class Found:
    """What an attack came to: requests sent, by status; faults (5xx) and violations of the document."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.cases > 0 and not self.faults and not self.violations

    def add(self, other: Found) -> None:
        self.cases += other.cases
        self.statuses += other.statuses
        self.faults += other.faults
        self.violations += other.violations


@cache
def _schema() -> Any:
    loaded = schemathesis.openapi.from_dict(json.loads(json.dumps(document(), default=str)))
    application = get_wsgi_application()

    def whole(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """The answer read to its end and closed, as servers do."""
        answer = application(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    loaded.app = whole
    return loaded


@contextmanager
def in_process() -> Iterator[list[str]]:
    """The application in this process and on its connection; yields what faults said, newest last."""
    told: list[str] = []

    def tell(**_given: Any) -> None:
        told.append(traceback.format_exc())

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    got_request_exception.connect(tell)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield told
    finally:
        logging.disable(before)
        got_request_exception.disconnect(tell)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def pairs() -> list[tuple[Route, str]]:
    """Every operation with every kind of client."""
    return [(route, kind) for route in routes() for kind in OWN]


def attack(world: ApiWorld, route: Route, kind: str, *, cases: int, number: int = 0, told: list[str]) -> Found:
    """Send up to `cases` requests of one operation as this kind of client, and leave the world as it was.

    `number` names the series: the same one gives the same requests.
    """
    found = Found()
    machine = world.own(route, kind)
    headers = {"Authorization": f"Bearer {machine.token}"}
    is_theirs = kind in SCOPES[route.operation.scope].kinds

    def send(case: Case) -> None:
        found.cases += 1
        faults = len(told)
        response = case.call(headers=headers)
        found.statuses[response.status_code] += 1
        if response.status_code >= 500:
            cause = told[-1] if len(told) > faults else "no exception was told"
            found.faults.append(f"{kind}: {route}: {response.status_code}\n{_curl(case)}\n{cause}")
            return
        plain = HttpResponse(response.content, status=response.status_code)
        for name, values in response.headers.items():
            plain[name] = values[0]
        wrong = faults_of(route, plain) + _disagreements(case, response)
        if not is_theirs and response.status_code not in (403, 404, 405):
            wrong.append(f"{route}: {response.status_code} without the scope")
        found.violations += [f"{kind}: {each}\n{_curl(case)}" for each in wrong]

    try:
        with transaction.atomic():
            _series(_requests(world, route, kind), send, cases if is_theirs else 1, number)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except InvalidSchema as error:
        found.violations.append(f"{route}: {error}")
    return found


def _series(requests: st.SearchStrategy[Case], send: Callable[[Case], None], cases: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(requests)
    def run(case: Case) -> None:
        send(case)

    run()


def _disagreements(case: Case, response: Any) -> list[str]:
    try:
        case.validate_response(response, checks=CHECKS.get_by_names(LOOKS))
    except FailureGroup as failure:
        return [f"schemathesis: {failure}"]
    return []


def _curl(case: Case) -> str:
    return str(case.as_curl_command())[:1500]


def _requests(world: ApiWorld, route: Route, kind: str) -> st.SearchStrategy[Case]:
    """Requests of the operation: right and wrong by its document, of any thing and of things of the world."""
    operation = _schema()[route.template][route.method.upper()]
    values = world.values_for(route, kind)
    ours = {name: str(values[name]) for name in route.parameters}
    standing = world.body(route)
    is_json = route.operation.body is not None

    @st.composite
    def request(draw: st.DrawFn) -> Case:
        mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        names = {"path_parameters": ours} if ours and draw(st.integers(0, 4)) else {}
        case: Case = draw(_strategy(operation, mode, names))
        if is_json and isinstance(case.body, dict) and draw(st.booleans()):
            changed = draw(st.lists(st.sampled_from(sorted(case.body)), max_size=2)) if case.body else []
            case.body = {**standing, **{name: case.body[name] for name in changed}}
        if route.operation.upload and draw(st.booleans()):
            case.body = standing
            case.headers = {**(case.headers or {}), "Content-Disposition": 'attachment; filename="note.txt"'}
        for name in list(case.headers or {}):
            if name.lower() in ("authorization", "host", "content-length"):
                del case.headers[name]
        return case

    return request()


def _strategy(operation: Any, mode: GenerationMode, names: dict[str, Any]) -> st.SearchStrategy[Case]:
    from schemathesis.core.errors import SchemathesisError

    try:
        made: st.SearchStrategy[Case] = operation.as_strategy(generation_mode=mode, **names)
        made.validate()
    except SchemathesisError:
        made = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, **names)
    return made
