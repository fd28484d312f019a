"""Every act that the product records has words on the audit page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokerage.core.audit import labels
from brokerage.core.notifications import texts
from brokerage.core.tenants.permissions import ROLES_BY_KIND, permissions_of
from dpv.states import ADMISSION

APPS = ("brokerage", "providers", "dpv", "placements", "contracts")
KIND = re.compile(r"[a-z_]+\.[a-z_]+")


def recorded_in(source: str) -> Iterator[str]:
    """The kinds a module records: the first argument of `record(…)`, or, where that is a name, every text of the
    module that reads like a kind and is neither a permission nor a message."""
    tree = ast.parse(source)
    refusals = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotPermitted"
        for argument in node.args
    }
    texts_of = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in refusals
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tell_officer":
            # Records what it is given.
            said = {keyword.arg: keyword.value for keyword in node.keywords}["kind"]
            if isinstance(said, ast.Constant):
                yield str(said.value)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_everywhere":
            yield str(ast.literal_eval(node.args[1]))
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and node.args):
            continue
        kind = node.args[0]
        if isinstance(kind, ast.Name):
            others = PERMISSIONS | set(texts.names())
            known = {text for text in texts_of if KIND.fullmatch(text)} - others
            yield from (text for text in known if text.partition(".")[0] not in APPS)
        elif isinstance(kind, ast.JoinedStr):
            assert ast.unparse(kind) == "f'admission.{admission.status}'"
            yield from (f"admission.{ADMISSION.after('suspended', move)}" for move in ("bar", "end"))
        else:
            branches = (kind.body, kind.orelse) if isinstance(kind, ast.IfExp) else (kind,)
            yield from (str(ast.literal_eval(branch)) for branch in branches)


PERMISSIONS = {permission for roles in ROLES_BY_KIND.values() for permission in permissions_of(roles)}
MODULES = [
    path
    for app in APPS
    for path in sorted(Path(app).rglob("*.py"))
    if re.search(r"audit\.record|import .*\b(?:tell_officer|record_everywhere)\b", path.read_text())
]


def test_every_recorded_act_has_words() -> None:
    found = {kind for path in MODULES for kind in recorded_in(path.read_text())}
    assert {"import.rows", "admission.barred", "award.refused", "offer.saved", "household.held"} <= found
    assert found - labels.kinds() == set()


def test_every_name_is_of_an_act_that_is_recorded() -> None:
    found = {kind for path in MODULES for kind in recorded_in(path.read_text())}
    assert labels.kinds() - found == set()


def test_an_unknown_act_is_shown_by_its_code_and_none_has_two_names() -> None:
    assert labels.label_of("import.rows") == "Rows imported"
    assert labels.label_of("referral.forgotten_long_ago") == "referral.forgotten_long_ago"
    with pytest.raises(ValueError, match=r"import\.rows"):
        labels.register({"import.rows": "Twice"})
