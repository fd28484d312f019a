"""Sealing and checking: what we sealed is genuine, what anybody touched is not, and no file is too strange."""

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pypdf import PdfReader, PdfWriter
from weasyprint import HTML

from contracts import sealing_check
from contracts.sealing import (
    SealingFailed,
    SealingKey,
    load_sealing_key,
    load_trusted_certificates,
    rotate_demo_key,
    seal_pdf,
    verify_pdf,
)
from tests.contracts.own_key import own_key

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def paper() -> bytes:
    html = '<html lang="en"><title>Agreement</title><h1>Agreement</h1><p>£4,560.50 a week</p>'
    return bytes(HTML(string=html).write_pdf(pdf_variant="pdf/a-2a"))


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def key(var_dir: Path) -> SealingKey:
    return load_sealing_key({}, var_dir)


@pytest.fixture(scope="module")
def trusted(var_dir: Path, key: SealingKey) -> tuple[bytes, ...]:
    return load_trusted_certificates({}, var_dir)


@pytest.fixture(scope="module")
def sealed(paper: bytes, key: SealingKey) -> bytes:
    return seal_pdf(paper, key=key, reason="Both sides signed", location="England", moment=NOW)


def test_a_sealed_file_is_genuine(sealed: bytes, trusted: tuple[bytes, ...], key: SealingKey) -> None:
    answer = verify_pdf(sealed, trusted)
    assert (answer.verdict, answer.sealed_at) == ("genuine", NOW)
    assert answer.is_genuine
    assert answer.certificate_fingerprint == key.fingerprint


def test_sealing_keeps_the_pages_and_puts_nothing_on_them(paper: bytes, sealed: bytes) -> None:
    assert sealed.startswith(paper)
    before, after = PdfReader(io.BytesIO(paper)), PdfReader(io.BytesIO(sealed))
    assert after.pages[0].extract_text() == before.pages[0].extract_text()
    widget = after.pages[0]["/Annots"][0].get_object()
    assert [float(side) for side in widget["/Rect"]] == [0, 0, 0, 0]


def test_a_file_without_a_seal(paper: bytes, trusted: tuple[bytes, ...]) -> None:
    assert verify_pdf(paper, trusted).verdict == "not_sealed"


def test_one_byte_anywhere_is_noticed(sealed: bytes, trusted: tuple[bytes, ...]) -> None:
    signature = sealed.index(b"/Contents <3") + len("/Contents <")
    digits = len(sealed[signature : sealed.index(b">", signature)].rstrip(b"0"))
    places = random.Random(7).sample(range(20, len(sealed)), 150)
    for place in [*places, *range(signature, signature + digits, 7)]:
        changed = bytearray(sealed)
        changed[place] ^= 0x01
        assert not verify_pdf(bytes(changed), trusted).is_genuine, place


def test_a_changed_page_is_altered(sealed: bytes, trusted: tuple[bytes, ...]) -> None:
    changed = sealed.replace(b"/MediaBox", b"/mediaBox", 1)
    assert changed != sealed
    assert verify_pdf(changed, trusted).verdict == "altered"


@pytest.mark.parametrize("tail", [b"\n", b"\0", b"%%EOF\n", b"1 0 obj <<>> endobj\n"])
def test_appended_bytes_are_altered(sealed: bytes, trusted: tuple[bytes, ...], tail: bytes) -> None:
    assert verify_pdf(sealed + tail, trusted).verdict == "altered"
    assert verify_pdf(tail + sealed, trusted).verdict == "altered"


def test_an_appended_revision_is_altered_although_the_signature_is_still_intact(
    sealed: bytes, trusted: tuple[bytes, ...]
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/PageLayout"] = writer.root.raw_get("/Type")
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    assert output.getvalue().startswith(sealed)
    assert verify_pdf(output.getvalue(), trusted).verdict == "altered"


def test_a_stranger_signing_after_us_is_altered(sealed: bytes, trusted: tuple[bytes, ...], tmp_path: Path) -> None:
    # pyHanko respects the certification, so hide it from pyHanko, sign, and bring it back.
    hidden = sealed.replace(b"/ByteRange", b"/ByteRanqe").replace(b"/DocMDP", b"/DocMDQ")
    load_sealing_key({}, tmp_path)
    again = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(hidden)),
        signers.PdfSignatureMetadata(field_name="Theirs"),
        signer=signers.SimpleSigner.load(tmp_path / "sealing" / "signer.pem", tmp_path / "sealing" / "signer.pem"),
    ).getvalue()
    assert verify_pdf(again, trusted).verdict == "not_ours"
    assert verify_pdf(sealed + again[len(sealed) :], trusted).verdict == "altered"


def test_a_strangers_seal_is_not_ours(paper: bytes, trusted: tuple[bytes, ...], tmp_path: Path) -> None:
    stranger = load_sealing_key({}, tmp_path)
    theirs = seal_pdf(paper, key=stranger, reason="", location="", moment=NOW)
    answer = verify_pdf(theirs, trusted)
    assert (answer.verdict, answer.certificate_fingerprint) == ("not_ours", "")


def test_a_stranger_with_our_certificate_and_another_key_is_altered(
    paper: bytes, key: SealingKey, trusted: tuple[bytes, ...]
) -> None:
    forged = SealingKey(ec.generate_private_key(ec.SECP256R1()), key.certificate, key.chain)
    file = seal_pdf(paper, key=forged, reason="", location="", moment=NOW)
    assert verify_pdf(file, trusted).verdict == "altered"


def test_our_signature_cut_from_another_file_is_altered(
    paper: bytes, sealed: bytes, trusted: tuple[bytes, ...]
) -> None:
    other = bytes(HTML(string='<html lang="en"><title>x</title><p>£9').write_pdf(pdf_variant="pdf/a-2a"))
    hole = sealed[sealed.index(b"/Contents <3") :]
    signature = hole[: hole.index(b">") + 1]
    start = len(other) + 40
    forged = other + b"\n%%EOF /ByteRange [0 %d %d 6] " % (start, start + len(signature))
    forged = forged.ljust(start) + signature + b" %%EOF"
    assert verify_pdf(forged, trusted).verdict == "altered"


def test_something_hidden_behind_the_signature_in_its_hole_is_noticed(
    sealed: bytes, trusted: tuple[bytes, ...]
) -> None:
    padding = sealed.index(b"0000000000>")
    hidden = sealed[:padding] + b"68656c6c6f" + sealed[padding + 10 :]
    assert not verify_pdf(hidden, trusted).is_genuine
    loose = sealed[:padding] + b"/Type/Foo " + sealed[padding + 10 :]
    assert not verify_pdf(loose, trusted).is_genuine


def test_after_rotation_old_seals_are_still_genuine(paper: bytes, tmp_path: Path) -> None:
    old_key = load_sealing_key({}, tmp_path)
    old = seal_pdf(paper, key=old_key, reason="", location="", moment=NOW)
    new_key = rotate_demo_key(tmp_path, NOW)
    new = seal_pdf(paper, key=new_key, reason="", location="", moment=NOW)
    assert new_key.fingerprint != old_key.fingerprint
    certificates = load_trusted_certificates({}, tmp_path)
    assert len(certificates) == 2
    assert verify_pdf(old, certificates).certificate_fingerprint == old_key.fingerprint
    assert verify_pdf(new, certificates).certificate_fingerprint == new_key.fingerprint
    assert verify_pdf(old, certificates[:1]).verdict == "not_ours"


def test_a_pinned_authority_vouches_for_what_it_issued(paper: bytes, tmp_path: Path) -> None:
    issued = load_sealing_key({}, tmp_path)
    root = issued.chain[0].public_bytes(serialization.Encoding.DER)
    file = seal_pdf(paper, key=issued, reason="", location="", moment=NOW)
    assert verify_pdf(file, [root]).is_genuine


def test_nobody_is_trusted_by_default(sealed: bytes) -> None:
    assert verify_pdf(sealed, []).verdict == "not_ours"


def test_a_key_from_the_environment(paper: bytes, tmp_path: Path) -> None:
    environ = own_key(tmp_path, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    own = load_sealing_key(environ, tmp_path)
    assert (own.is_demonstration, own.name) == (False, "Harrow seal")
    file = seal_pdf(paper, key=own, reason="", location="", moment=NOW)
    assert verify_pdf(file, load_trusted_certificates(environ, tmp_path)).is_genuine
    assert not (tmp_path / "sealing").exists()


def test_retired_certificates_may_lie_elsewhere(paper: bytes, tmp_path: Path) -> None:
    old = load_sealing_key({}, tmp_path)
    file = seal_pdf(paper, key=old, reason="", location="", moment=NOW)
    retired = tmp_path / "old"
    retired.mkdir()
    (retired / "a.pem").write_bytes(old.certificate.public_bytes(serialization.Encoding.PEM))
    environ = own_key(tmp_path, ec.generate_private_key(ec.SECP384R1()))
    assert verify_pdf(file, load_trusted_certificates(environ, tmp_path)).verdict == "not_ours"
    environ["SEALING_RETIRED_DIR"] = str(retired)
    assert verify_pdf(file, load_trusted_certificates(environ, tmp_path)).is_genuine


def test_an_expired_certificate_seals_nothing_but_what_it_sealed_stays_genuine(paper: bytes, tmp_path: Path) -> None:
    environ = own_key(tmp_path, ec.generate_private_key(ec.SECP256R1()), first=-30, last=-10)
    own = load_sealing_key(environ, tmp_path)
    with pytest.raises(SealingFailed, match="not valid"):
        seal_pdf(paper, key=own, reason="", location="", moment=NOW)
    then = NOW - dt.timedelta(days=20)
    file = seal_pdf(paper, key=own, reason="", location="", moment=then)
    answer = verify_pdf(file, load_trusted_certificates(environ, tmp_path))
    assert (answer.verdict, answer.sealed_at) == ("genuine", then)


def test_a_seal_dated_after_its_certificates_life_is_not_ours(
    paper: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thief of a retired key would date the seal today; ours never would, so force it past our own check.
    environ = own_key(tmp_path, ec.generate_private_key(ec.SECP256R1()), first=-30, last=-10)
    own = load_sealing_key(environ, tmp_path)
    other_dates = own_key(tmp_path, own.private_key)
    longer = load_sealing_key(other_dates, tmp_path)
    file = seal_pdf(paper, key=longer, reason="", location="", moment=NOW)
    short_lived = own.certificate.public_bytes(serialization.Encoding.DER)
    assert verify_pdf(file, [short_lived]).verdict == "not_ours"


def test_nothing_is_sealed_twice_or_without_a_time_zone(paper: bytes, sealed: bytes, key: SealingKey) -> None:
    with pytest.raises(SealingFailed, match="already"):
        seal_pdf(sealed, key=key, reason="", location="", moment=NOW)
    with pytest.raises(SealingFailed, match="time zone"):
        seal_pdf(paper, key=key, reason="", location="", moment=NOW.replace(tzinfo=None))
    for rubbish in (b"", b"MZ\x90", paper[:200]):
        with pytest.raises(SealingFailed):
            seal_pdf(rubbish, key=key, reason="", location="", moment=NOW)


# --- files from anybody -----------------------------------------------------------------------------------


def _encrypted(paper: bytes) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(paper))
    writer.encrypt("secret")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_an_encrypted_file_gets_an_answer(paper: bytes, trusted: tuple[bytes, ...]) -> None:
    assert verify_pdf(_encrypted(paper), trusted).verdict == "not_sealed"


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"%PDF-",
        b"%PDF-1.7\n%%EOF",
        b"MZ\x90\x00" + b"\0" * 500,
        b"PK\x03\x04" * 100,
        b"\x89PNG\r\n\x1a\n",
        b"<html>%PDF-</html>",
        "Ω≈ç√".encode() * 99,
    ],
)
def test_what_is_no_pdf_is_unreadable(rubbish: bytes, trusted: tuple[bytes, ...]) -> None:
    assert verify_pdf(rubbish, trusted).verdict == "unreadable"


def test_a_file_too_large_is_not_looked_at(sealed: bytes, trusted: tuple[bytes, ...]) -> None:
    huge = sealed + b" " * sealing_check.LARGEST_FILE
    answer = verify_pdf(huge, trusted)
    assert answer.verdict == "unreadable"
    assert "too large" in answer.detail


@pytest.mark.parametrize(
    "ranges",
    [
        b"[0 0 0 0]",
        b"[0 10 5 10]",
        b"[9999999999 9999999999 9999999999 9999999999]",
        b"[0 1 2 3] /ByteRange [0 1 2 3]" * 500,
        b"[0 20 4000 1]",
        b"[-1 2 3 4]",
    ],
)
def test_strange_byte_ranges_are_never_genuine(ranges: bytes, trusted: tuple[bytes, ...]) -> None:
    file = b"%PDF-1.7\n/ByteRange " + ranges + b" <3080" + b"30" * 2000 + b"> startxref 0 %%EOF"
    assert not verify_pdf(file, trusted).is_genuine


def test_no_mutilation_of_a_sealed_file_raises_or_passes(sealed: bytes, trusted: tuple[bytes, ...]) -> None:
    chance = random.Random(20261203)
    for _ in range(200):
        changed = bytearray(sealed)
        kind = chance.randrange(5)
        if kind == 0:
            del changed[chance.randrange(len(changed)) :]
        elif kind == 1:
            del changed[: chance.randrange(1, len(changed))]
        elif kind == 2:
            place = chance.randrange(20, len(changed))
            changed[place:place] = chance.randbytes(chance.randrange(1, 40))
        elif kind == 3:
            start = chance.randrange(20, len(changed) - 60)
            changed[start : start + 50] = reversed(changed[start : start + 50])
        else:
            changed += changed[chance.randrange(len(changed)) :]
        if bytes(changed) != sealed:
            assert not verify_pdf(bytes(changed), trusted).is_genuine


def test_random_bytes_never_raise(trusted: tuple[bytes, ...]) -> None:
    chance = random.Random(1)
    for size in range(0, 4000, 40):
        for head in (b"", b"%PDF-1.7\n", b"%PDF-1.7 /ByteRange [0 30 90 9] <"):
            assert not verify_pdf(head + chance.randbytes(size), trusted).is_genuine


def test_a_fault_of_our_own_is_an_answer_too(
    sealed: bytes, trusted: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RecursionError

    monkeypatch.setattr(sealing_check, "_judge_as_viewer", broken)
    assert verify_pdf(sealed, trusted).verdict == "unreadable"
