"""The sealing key: made once, private, and a wrong configuration is a sentence, not a surprise."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.sealing import SealingNotConfigured, load_sealing_key, rotate_demo_key
from tests.contracts.own_key import own_key

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


def test_the_demonstration_key_is_made_once_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    first, second = load_sealing_key({}, tmp_path), load_sealing_key({}, tmp_path)
    assert first.is_demonstration
    assert first.fingerprint == second.fingerprint
    rotate_demo_key(tmp_path, NOW)
    folder = tmp_path / "sealing"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize(
    "wrong",
    [
        {"SEALING_KEY_FILE": ""},
        {"SEALING_CERT_FILE": ""},
        {"SEALING_KEY_FILE": "/nowhere.pem"},
        {"SEALING_CERT_FILE": "/nowhere.pem"},
        {"SEALING_KEY_PASSPHRASE": "guess"},
        {"SEALING_KEY_PASSPHRASE": ""},
        {"SEALING_CERT_FILE": os.devnull},
    ],
)
def test_a_wrong_configuration_says_so(tmp_path: Path, wrong: dict[str, str]) -> None:
    environ = own_key(tmp_path, ec.generate_private_key(ec.SECP256R1())) | wrong
    with pytest.raises(SealingNotConfigured):
        load_sealing_key(environ, tmp_path)


def test_a_key_that_is_not_the_certificates_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    environ = own_key(first, ec.generate_private_key(ec.SECP256R1()))
    other = own_key(second, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SealingNotConfigured, match="is not the key of"):
        load_sealing_key(environ | {"SEALING_CERT_FILE": other["SEALING_CERT_FILE"]}, tmp_path)
