"""Which addresses are refused, when they are entered and again when they are called."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from brokerage.core.errors import RuleBroken
from brokerage.core.webhooks import addresses, sending
from brokerage.core.webhooks.addresses import checked_url, is_public
from tests.webhooks.receiver import receiving

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:a00:1::",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
]


@pytest.fixture(autouse=True)
def _no_loopback(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False


@pytest.mark.parametrize("text", PRIVATE)
def test_no_machine_inside_is_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_open_internet_is(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cases.example.gov.uk",
        "http://cases.example.gov.uk/x",
        "ftp://cases.example.gov.uk/x",
        "https://",
        "https://localhost/x",
        "https://intranet/x",
        "https://db.internal/x",
        "https://printer.local/x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://[fd00::1]/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://user:word@cases.example.gov.uk/x",
        "https://user@cases.example.gov.uk/x",
        "https://cases.example.gov.uk/x#y",
        "https://cases.example.gov.uk\\@10.0.0.1/",
        "https://cases.example.gov.uk:99999/",
        "https://cases.example.gov.uk/a b",
        "https://cases.example.gov.uk/\r\nX: y",
        "https://cäses.example.gov.uk/",
        "https://cases.example.gov.uk/" + "x" * 500,
    ],
)
def test_an_address_that_cannot_be_public_is_refused_when_it_is_entered(url: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked_url(url)
    assert (refused.value.code, refused.value.field) == ("url_invalid", "url")


def test_a_public_address_is_taken_as_it_is() -> None:
    url = "https://cases.example.gov.uk:8443/placements/events?from=brokerage"
    assert checked_url(f"  {url} ") == url


def _resolving(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["fe80::1%eth0"]])
def test_a_name_that_leads_inside_is_never_called(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        _resolving(monkeypatch, *found)
        answer = sending.post(f"https://cases.example.gov.uk:{port}/x", b"{}", {})
        assert answer == sending.Answer(None, "address_refused") and receiver.sent == []


def test_the_connection_is_made_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that says another thing the second time it is asked (rebinding) is asked once."""
    asked: list[str] = []
    called: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        text = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))]

    def connect(_self: Any, host: str, port: int, **_: Any) -> Any:
        called.append(host)
        raise sending.httpcore.ConnectError("stop here")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(sending.httpcore.SyncBackend, "connect_tcp", connect)
    assert sending.post("https://cases.example.gov.uk/x", b"{}", {}) == sending.Answer(None, "no_connection")
    assert (asked, called) == (["cases.example.gov.uk"], ["8.8.8.8"])


def test_an_unknown_name_and_a_look_up_that_hangs_are_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert sending.post("https://cases.example.gov.uk/x", b"{}", {}).error == "name_unknown"


def test_a_certificate_that_nobody_vouches_for_is_refused(settings: Any, tmp_path: Any) -> None:
    import datetime as dt
    import ssl
    import threading

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    settings.WEBHOOK_ALLOW_LOOPBACK = True
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(
        key, hashes.SHA256()
    )
    pem = tmp_path / "own.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        there, _ = server.accept()
        try:
            with context.wrap_socket(there, server_side=True):
                pass
        except OSError:
            there.close()

    serving = threading.Thread(target=serve)
    serving.start()
    answer = sending.post(f"https://localhost:{server.getsockname()[1]}/x", b"{}", {})
    serving.join(10)
    server.close()
    assert answer == sending.Answer(None, "certificate")


def test_the_settings_keep_loopback_shut() -> None:
    with pytest.raises(OSError):
        addresses.callable_addresses("127.0.0.1", 80, seconds=1)
