"""No log keeps a secret that stands in an address, and nothing long-lived starts on the key everybody knows."""

from __future__ import annotations

import logging
import os
import subprocess

import pytest
from django.core.exceptions import ImproperlyConfigured

from brokerage.access_log import WithoutSecrets, without_secrets
from brokerage.embedded.places import ROOT
from brokerage.embedded.serve import worker_command
from brokerage.startup import refuse_unsafe_start

LINK = "/accounts/invitation/1f3a:abcDEF-_9/"


def test_an_invitation_s_link_is_cut() -> None:
    assert without_secrets(f"GET {LINK} 200") == "GET /accounts/invitation/…/ 200"
    assert without_secrets("GET /o/harrow/referrals/R-7K3M-9QX2/ 200") == "GET /o/harrow/referrals/R-7K3M-9QX2/ 200"


def test_every_handler_cuts_it() -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (LINK,), None)
    assert WithoutSecrets().filter(record)
    assert record.getMessage() == "Not Found: /accounts/invitation/…/"


def test_a_server_without_a_secret_key_refuses_to_start(settings: pytest.FixtureRequest) -> None:
    refuse_unsafe_start()
    settings.SECRET_KEY_IS_UNSET = True
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        refuse_unsafe_start()


def test_a_worker_without_a_secret_key_ends_and_says_why() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    command = [*worker_command("keyless", ["default"]), "--pool", "solo"]
    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert started.returncode == 1
    assert "Set SECRET_KEY" in started.stderr
