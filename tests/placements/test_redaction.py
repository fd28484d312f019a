"""The disclosure check: what officers really write, in English and Welsh, and what must be left alone."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placements.redaction import KINDS, Finding, age_on, find_disclosures, find_known_names, redact
from placements.redaction_patterns import is_nhs_number

BORN = date(2012, 4, 3)
ON = date(2026, 10, 2)


def found(text: str, **known: object) -> list[tuple[str, str]]:
    return [(finding.kind, finding.text) for finding in find_disclosures(text, **known)]


# -- names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "Siân Llewellyn",
        "sian llewellyn",
        "SIÂN LLEWELLYN",
        "Llewellyn",
        "siân",
        "Sian-Llewellyn",
        unicodedata.normalize("NFD", "Siân"),
        "Llewellyn, Siân",
        "Sian_Llewellyn",
    ],
)
def test_known_names_whatever_their_case_accents_or_order(written: str) -> None:
    findings = find_disclosures(f"We met {written} at home.", known_names=["Siân Llewellyn"])
    assert findings
    assert {finding.kind for finding in findings} == {"name"}
    covered = "".join(finding.text for finding in findings)
    assert [c for c in covered if c.isalpha()] == [c for c in written if c.isalpha()]
    assert not found(redact(f"We met {written} at home.", findings), known_names=["Siân Llewellyn"])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Tŷ Ŵyn", "ty wyn"),
        ("Łukasz Sørensen", "lukasz sorensen"),
        ("Zoë O’Brien", "zoe o'brien"),
        ("Małgorzata", "MALGORZATA"),
        ("Straße", "STRASSE"),
        ("Jones-Smith", "jones smith"),
    ],
)
def test_letters_of_other_languages(name: str, written: str) -> None:
    assert found(f"x {written} x", known_names=[name]) == [("name", written)]


def test_each_part_of_a_name_and_every_nickname() -> None:
    text = "Bobby's behaviour improved. Robert saw Mr Davies; Davies left. Bob2 is no name, nor bobbysox."
    assert found(text, known_names=["Robert Davies", "Bobby"]) == [
        ("name", "Bobby"),
        ("name", "Robert"),
        ("name", "Davies"),
        ("name", "Davies"),
    ]


def test_an_underscore_hides_nothing() -> None:
    assert found("see amber_notes_2026 and Hill_School", known_names=["Amber Quill"], schools=["Hill School"]) == [
        ("name", "amber"),
        ("school", "Hill_School"),
    ]
    assert find_known_names("Amber_Quill left", ["Amber Quill"]) == ["Amber_Quill"]
    assert find_known_names("The ambers of Quillet", ["Amber Quill"]) == []


def test_names_that_are_everyday_words_need_a_capital() -> None:
    text = "Will may go if he will. In May, WILL asked. willing"
    assert found(text, known_names=["Will May"]) == [
        ("name", "Will may"),
        ("name", "May"),
        ("name", "WILL"),
    ]


def test_small_words_of_a_name_are_not_looked_for() -> None:
    text = "The van of the son."
    assert found(text, known_names=["Rhys ap Owain", "Anna van der Berg", "Son of the East"]) == [("name", "son")]
    assert found("met rhys ap owain", known_names=["Rhys ap Owain"]) == [("name", "rhys ap owain")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Her brother Tomos lives near.", "Tomos"),
        ("Social worker: Jane Smith.", "Jane Smith"),
        ("Mrs Patel and the class.", "Patel"),
        ("Dr. O'Neill prescribed", "O'Neill"),
        ("a friend called Amy. She", "Amy"),
        ("his chwaer Ffion", "Ffion"),
        ("Uncle Dai-Bach visits", "Dai-Bach"),
    ],
)
def test_names_that_the_text_introduces(text: str, name: str) -> None:
    assert found(text) == [("name", name)]


@pytest.mark.parametrize(
    "text",
    [
        "Her mother is supportive. Dad is abroad.",
        "The carer Has a dog.",
        "Contact with mum Monday and Friday.",
        "Her social worker She trusts.",
        "He is 14 and likes football; needs a 2:1 ratio.",
    ],
)
def test_sentences_without_names_are_left_alone(text: str) -> None:
    assert found(text) == []


# -- places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["HA1 2AA", "ha12aa", "Ha1  2aA", "SW1A 1AA", "cf103at", "W1A\u00a00AX"])
def test_full_postcodes(written: str) -> None:
    assert found(f"near {written}.") == [("postcode", written)]


@pytest.mark.parametrize("text", ["lives in HA1", "HA1 area, CF10", "ratio 2A 3B", "code SHA12AAB", "B1 group 2 be"])
def test_outward_codes_may_stay(text: str) -> None:
    assert found(text) == []


def test_a_postcode_is_cut_to_its_outward_code() -> None:
    text = "Grandparents at ha12aa."
    assert redact(text, find_disclosures(text)) == "Grandparents at HA1."


def test_a_known_postcode_in_disguise() -> None:
    assert found("at H A 1 - 2 A A now", known_postcodes=["HA1 2AA"]) == [("postcode", "H A 1 - 2 A A")]


@pytest.mark.parametrize(
    "written",
    [
        "14 Rose Lane",
        "Flat 2, 14 High Street",
        "221b Baker Street",
        "7 St. John's Road",
        "12 Heol y Bont",
        "3 Ffordd Caerdydd",
        "5 Maes Yr Haf",
        "9 Stryd Fawr",
        "12 acacia avenue",
        "27 harrow road",
    ],
)
def test_street_addresses(written: str) -> None:
    assert found(f"She lives at {written}, with her aunt.") == [("address", written)]


@pytest.mark.parametrize(
    "text",
    [
        "within 5 miles of the road",
        "about 20 minutes down the road",
        "has 2 close friends in 1 place",
        "crossed 3 busy road junctions",
        "2 Way radio",
    ],
)
def test_distances_are_no_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "written",
    [
        "St Mary's Primary School",
        "st. joseph's rc primary school",
        "Our Lady of Lourdes Catholic Primary School",
        "Oakfield Academy",
        "Harrow High School",
        "Bishop of Llandaff Church in Wales High School",
        "King Edward VI Grammar School",
        "Ysgol Gyfun Bro Edern",
        "Ysgol y Wern",
        "Westminster Pupil Referral Unit",
    ],
)
def test_schools(written: str) -> None:
    assert found(f"She attends {written}.") == [("school", written)]


@pytest.mark.parametrize(
    "text",
    [
        "She attends primary school.",
        "Attends Primary School daily.",
        "A Special School is needed. The School said so.",
        "Her Secondary School place is at risk.",
        "mae hi yn yr ysgol",
    ],
)
def test_kinds_of_school_may_stay(text: str) -> None:
    assert found(text) == []


def test_known_schools_by_any_spelling() -> None:
    schools = ["St. Mary's (Harrow)", "The Elms"]
    assert found("at ST MARYS HARROW and the elms", schools=schools) == [
        ("school", "ST MARYS HARROW"),
        ("school", "the elms"),
    ]


# -- dates of birth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2012",
        "3/4/12",
        "3.4.2012",
        "03-04-2012",
        "2012-04-03",
        "2012/4/3",
        "03042012",
        "20120403",
        "04/03/2012",
        "3 April 2012",
        "3rd of April, 2012",
        "3rd Apr 2012",
        "3 APR. 2012",
        "April 3, 2012",
        "April 3rd 2012",
        "3 Ebrill 2012",
        "3ydd o Ebrill 2012",
        "3 April",
    ],
)
def test_their_date_of_birth_however_written(written: str) -> None:
    text = f"Admitted 12 March 2026; {written}, then moved on 1/9/2025."
    findings = find_disclosures(text, dob=BORN, on=ON)
    assert [(finding.kind, finding.text) for finding in findings] == [("date_of_birth", written)]
    assert redact(text, findings) == "Admitted 12 March 2026; [aged 14], then moved on 1/9/2025."


@pytest.mark.parametrize(
    "text",
    [
        "DOB 12/05/2013",
        "D.O.B: 12/05/2013",
        "date of birth is 12 May 2013",
        "born on 12 May 2013",
        "birthday: 12 May",
        "ganwyd ar 12 Mai 2013",
        "dyddiad geni 12/05/2013",
    ],
)
def test_any_date_of_birth_that_is_called_one(text: str) -> None:
    assert [kind for kind, _text in found(text)] == ["date_of_birth"]


def test_other_dates_may_stay() -> None:
    assert found("Reviewed 12/05/2026. Court on 3 May. Born in Wales; moved 12 May 2026.", dob=BORN) == []
    assert found("Scores 3/4 and 30/40, version 1.2.30, room 2012", dob=BORN) == []


def test_the_age_is_suggested_only_where_it_is_known() -> None:
    (finding,) = find_disclosures("born 3/4/2012")
    assert finding.suggestion == "[date of birth]"
    (early,) = find_disclosures("born 3/4/2012", dob=BORN, on=date(2011, 1, 1))
    assert early.suggestion == "[date of birth]"
    assert age_on(BORN, ON) == 14


# -- numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["943 476 5919", "9434765919", "943-476-5919"])
def test_nhs_numbers_by_their_check_digit(written: str) -> None:
    assert found(f"ref {written}.") == [("nhs_number", written)]


def test_a_mistyped_nhs_number_is_found_where_it_is_called_one() -> None:
    assert found("NHS no. 943 476 5910") == [("nhs_number", "943 476 5910")]
    assert found("order 943 476 5910") == []
    assert not is_nhs_number("9434765910")
    # A remainder of 1 would need the check digit 10: no such number is issued.
    assert not any(is_nhs_number(f"100000001{digit}") for digit in range(10))


@pytest.mark.parametrize(
    "written",
    ["07700 900123", "+44 7700 900123", "(020) 7946 0018", "020 7946 0018", "0044 20 7946 0018", "029-2018-0000"],
)
def test_telephone_numbers(written: str) -> None:
    assert found(f"ring {written}!") == [("phone", written)]


def test_other_personal_numbers_and_e_mail() -> None:
    text = "QQ 12 34 56 C is no prefix; AB 12 34 56 C is. UPN A123456789012, mum.llew+x@example.co.uk"
    assert found(text) == [
        ("identifier", "AB 12 34 56 C"),
        ("identifier", "A123456789012"),
        ("email", "mum.llew+x@example.co.uk"),
    ]


def test_amounts_and_references_may_stay() -> None:
    assert found("£3,966.67 a week for 52 weeks; R-2026-000123; 0.5 FTE; 10,000 steps; 1/2 day") == []


# -- the whole ------------------------------------------------------------------------------------------------

LETTER = """Siân (Shani) was born on 3 April 2012 and lives with Mrs Llewellyn at 14 Rose Lane, HA1 2AA.
She attends St Mary's Primary School. Mum: 07700 900123, mum@example.org. NHS 943 476 5919."""


def test_a_letter_loses_what_discloses_and_keeps_what_helps() -> None:
    findings = find_disclosures(LETTER, known_names=["Siân Llewellyn", "Shani"], dob=BORN, on=ON)
    assert redact(LETTER, findings) == (
        "[name] ([name]) was born on [aged 14] and lives with Mrs [name] at [address], HA1.\n"
        "She attends [school]. Mum: [telephone number], [e-mail address]. NHS [NHS number]."
    )
    assert {finding.kind for finding in findings} <= set(KINDS)


def test_an_officer_may_leave_a_find_standing() -> None:
    findings = find_disclosures("Ysgol y Wern, HA1 2AA")
    assert redact("Ysgol y Wern, HA1 2AA", findings[1:]) == "Ysgol y Wern, HA1"
    assert redact("Ysgol y Wern, HA1 2AA", []) == "Ysgol y Wern, HA1 2AA"


def test_a_text_edited_after_the_check_is_not_redacted_blindly() -> None:
    findings = find_disclosures("near HA1 2AA")
    with pytest.raises(ValueError, match="changed"):
        redact("very near HA1 2AA", findings)
    overlapping = [Finding("name", 0, 4, "near", "x"), Finding("name", 2, 6, "ar H", "y")]
    with pytest.raises(ValueError, match="changed"):
        redact("near HA1 2AA", overlapping)


def test_nothing_known_and_nothing_written() -> None:
    assert find_disclosures("") == []
    assert find_disclosures("All is well.", known_names=["", " ", "-"], known_postcodes=[""], schools=[""]) == []


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=200)
def test_a_known_name_is_always_found_and_finds_never_overlap(before: str, after: str) -> None:
    text = f"{before} Ffîon {after}"
    findings = find_disclosures(text, known_names=["Ffion Prydderch"], dob=BORN, on=ON)
    assert all(text[finding.start : finding.end] == finding.text for finding in findings)
    assert all(a.end <= b.start for a, b in zip(findings, findings[1:], strict=False))
    place = len(before) + 1
    assert any(finding.start <= place and place + 5 <= finding.end for finding in findings)
    assert "Ffîon" not in redact(text, findings) or "Ffîon" in before + after
