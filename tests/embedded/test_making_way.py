"""What a worker says to kernels that share processors among sessions."""

from __future__ import annotations

import logging
import os

import pytest

from brokerage import startup


class Autogroup:
    """The kernel's file: refuses so many times, then takes what is written."""

    def __init__(self, refusal: OSError, times: int) -> None:
        self.refusal, self.times = refusal, times
        self.written: list[str] = []

    def exists(self) -> bool:
        return True

    def write_text(self, text: str) -> None:
        if self.times:
            self.times -= 1
            raise self.refusal
        self.written.append(text)


def written(monkeypatch: pytest.MonkeyPatch, file: Autogroup, *, niceness: int = 10, leads: bool = True) -> list[str]:
    """What was written for a process of that niceness."""
    monkeypatch.setattr(startup, "AUTOGROUP", file)
    monkeypatch.setattr(startup.os, "nice", lambda _more: niceness)
    monkeypatch.setattr(startup.os, "getsid", lambda _pid: os.getpid() if leads else 1)
    monkeypatch.setattr(startup.time, "sleep", lambda _seconds: None)
    startup.make_way()
    return file.written


def test_the_niceness_is_the_session_s_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, Autogroup(OSError(), 0)) == ["10"]
    assert written(monkeypatch, Autogroup(OSError(), 0), niceness=0) == [], "nobody said that it makes way"
    assert written(monkeypatch, Autogroup(OSError(), 0), leads=False) == [], "the session is somebody else's"


def test_a_kernel_that_was_asked_too_often_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert written(monkeypatch, Autogroup(BlockingIOError(), 3)) == ["10"]
    assert not caplog.records
    for refusal in (BlockingIOError(), PermissionError()):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert written(monkeypatch, Autogroup(refusal, 1000)) == []
        assert len(caplog.records) == 1, "it starts all the same, and says so"
