"""The whole product as a stranger starts it, with its demo, and the main road played on it by machines alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from brokerage.embedded import statics
from brokerage.embedded.places import wait_until
from brokerage.embedded.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
#: Seconds for a database made from nothing and the whole demo, on a loaded machine.
PATIENCE = 420


@dataclass
class Product:
    """A server of its own."""

    address: str
    environment: dict[str, str]

    def journey(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "script" / "journey"), *arguments],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    var = tmp_path_factory.mktemp("var")
    (var / "static").mkdir()
    ours = ("DATABASE_URL", "OWNER_DATABASE_URL", "SUPERUSER_DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | {
        "VAR_DIR": str(var),
        "STATIC_ROOT": str(var / "static"),
        "DEMO": "1",
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("VAR_DIR", str(var))
        patched.setenv("STATIC_ROOT", environment["STATIC_ROOT"])
        statics.remember_collected_statics()  # collecting them is slow and not what this is about
    port = free_port()
    output = var / "output"
    with output.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "brokerage.embedded.serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        started = wait_until(
            lambda: "Ctrl-C stops" in output.read_text() or process.poll() is not None, seconds=PATIENCE
        )
        assert started and process.poll() is None, output.read_text()[-3000:]
        yield Product(f"http://localhost:{port}", environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=90)


def test_machines_play_the_main_road(product: Product, tmp_path: Path) -> None:
    played = product.journey("--base-url", product.address, "--pdf", str(tmp_path / "agreement.pdf"))
    assert played.returncode == 0, played.stdout + played.stderr
    assert "above the ceiling, refused  [above_ceiling]" in played.stdout
    assert "declined: staffing" in played.stdout and "All held" in played.stdout
    assert (tmp_path / "agreement.pdf").read_bytes().startswith(b"%PDF-")


def test_it_says_what_is_wrong(product: Product, tmp_path: Path) -> None:
    nothing = product.journey("--demo", str(tmp_path / "none.json"))
    assert nothing.returncode == 2 and "start the demo first" in nothing.stderr
    nobody = product.journey("--base-url", f"http://localhost:{free_port()}")
    assert nobody.returncode == 1 and "does not answer" in nobody.stderr
