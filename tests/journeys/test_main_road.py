"""From a blank page to a sealed agreement that anyone can check: every step in a browser, nothing done for anybody."""

from __future__ import annotations

from pathlib import Path

from brokerage.core.audit import outbox
from brokerage.core.notifications.tasks import deliver_messages
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from placements.models import Award, Offer, Referral
from tests.cast import actor_of
from tests.journeys import steps
from tests.journeys.conftest import WalkIn
from tests.journeys.filling import fill
from tests.journeys.visitors import Visitor, give_password, off_loop


def _work() -> None:
    """What the workers do meanwhile."""
    off_loop(lambda: [outbox.drain("events"), outbox.drain("documents"), deliver_messages()])


def _drafted(officer: Visitor) -> str:
    reference = steps.start_draft(officer)
    steps.write_sections(officer, slip=steps.NAME)
    assert officer.sees("First complete the sections and the check."), "a name is still in the text"
    officer.follow("Check for disclosures")
    assert officer.page.locator("mark").all_inner_texts() == [steps.NAME]
    officer.page.get_by_role("link", name="Correct").click()
    officer.page.wait_for_load_state()
    fill(officer.page, {"voice": "To stay near friends and play football."})
    officer.press("Save and continue")
    return reference


def _asked_and_answered(writer: Visitor, officer: Visitor, reference: str) -> None:
    writer.go(f"/o/cedar/inbox/{reference}/")
    fill(writer.page, {"question": "Could he keep his bicycle here?"})
    writer.press("Ask the council")
    officer.go(f"/o/harrow/referrals/{reference}/questions/")
    officer.page.locator('textarea[name$="-answer"]').fill("Yes, there is a shed.")
    officer.press("Answer everyone invited")
    writer.go(f"/o/cedar/inbox/{reference}/")
    assert writer.sees("Yes, there is a shed.")


def _refused_above_the_ceiling(writer: Visitor, reference: str) -> None:
    writer.allowed.add(422)
    steps.write_offer(writer, "cedar", reference, "Cedar House", "4600")
    beside = writer.page.locator("#id_weekly_core-error, #id_weekly_core_error").first
    assert "£4,500.00" in beside.inner_text(), writer.page.locator("main").inner_text()
    assert writer.page.locator('[name="weekly_core"]').input_value() == "4600", "what was typed stays"
    with acting(actor_of("cecil")):
        assert Offer.objects.get().weekly_core is None, "nothing above the ceiling is stored"
    fill(writer.page, {"weekly_core": "4,100.00"})
    writer.press("Check your offer")
    writer.press("Submit offer")
    assert writer.sees("Your offer is submitted."), writer.page.locator("main").inner_text()


def test_from_referral_to_sealed_agreement(walk_in: WalkIn, tmp_path: Path) -> None:
    give_password("sam", "bob")
    officer, writer, bob = walk_in("oscar"), walk_in("cecil"), walk_in("bob")
    reference = _drafted(officer)
    steps.publish(officer)
    _work()
    _asked_and_answered(writer, officer, reference)

    bob.go(f"/o/birch/inbox/{reference}/")
    bob.page.get_by_role("link", name="Decline Birch Lodge").click()
    fill(bob.page, {"reason": bob.page.locator('[name="reason"]').first.get_attribute("value")})
    bob.press("Decline")
    steps.write_offer(bob, "birch", reference, "Birch House", "3,800.00")
    bob.press("Submit offer")
    _refused_above_the_ceiling(writer, reference)

    steps.choose(officer, reference, "Birch House")
    assert officer.heading == "Check before you award"
    with acting(actor_of("oscar")):
        assert not Award.objects.exists()
    officer.press("Award")
    assert officer.sees("The offer is accepted"), officer.page.locator("main").inner_text()
    writer.go(f"/o/cedar/inbox/{reference}/")
    assert writer.sees("This referral has closed.") and not writer.page.get_by_text("Birch").count()

    with acting(actor_of("oscar")):
        agreement = Agreement.objects.get(referral_reference=reference).reference
    _work()
    steps.sign(walk_in("sam"), "harrow", agreement)
    steps.sign(bob, "birch", agreement)
    _work()
    document = _downloaded(bob, agreement, tmp_path)
    _checked_by_anyone(walk_in(), document, tmp_path)


def _downloaded(signatory: Visitor, agreement: str, folder: Path) -> Path:
    signatory.go(f"/o/birch/agreements/{agreement}/")
    with signatory.page.expect_download() as waiting:
        signatory.page.get_by_role("button", name="Download the sealed agreement (PDF)").click()
    found = folder / waiting.value.suggested_filename
    waiting.value.save_as(found)
    assert found.read_bytes().startswith(b"%PDF-") and found.name == f"{agreement}-v1.pdf"
    return found


def _checked_by_anyone(anyone: Visitor, document: Path, folder: Path) -> None:
    altered = folder / "altered.pdf"
    content = bytearray(document.read_bytes())
    content[len(content) // 2] ^= 0xFF
    altered.write_bytes(bytes(content))
    for file, says in ((document, "genuine"), (altered, "not genuine|altered|changed|not one of ours")):
        anyone.go("/verify/")
        anyone.page.set_input_files('input[type="file"]', file)
        anyone.press("Check")
        answer = anyone.page.locator(".govuk-panel, .govuk-error-summary").first.inner_text().lower()
        assert any(word in answer for word in says.split("|")), answer
        is_praised = anyone.page.locator(".govuk-panel").count() == 1
        assert is_praised == (file is document), answer
        assert steps.FAMILY not in anyone.page.content()


def test_without_scripts_from_draft_to_award(walk_in: WalkIn) -> None:
    officer, bob = walk_in("oscar", javascript=False), walk_in("bob", javascript=False)
    reference = steps.start_draft(officer)
    steps.write_sections(officer)
    steps.publish(officer)
    steps.write_offer(bob, "birch", reference, "Birch House", "3,800.00")
    bob.press("Submit offer")
    assert bob.sees("Your offer is submitted.")
    steps.choose(officer, reference, "Birch House")
    officer.press("Award")
    assert officer.sees("The offer is accepted")
    with acting(actor_of("oscar")):
        assert Referral.objects.get(reference=reference).status == "awarded"
