"""Agreements that run out are asked about in time, once for each date."""

from __future__ import annotations

from datetime import timedelta

from gateway.agreements import AHEAD, review
from tests.core.firm import Firm


def place(firm: Firm, days: int, more: str = "") -> None:
    until = (firm.now + timedelta(days=days)).date()
    firm.vendor("recman", f"agreement_until = {until}\n{more}")


def test_an_agreement_that_ends_soon_is_asked_about_once(firm: Firm) -> None:
    place(firm, AHEAD.days)
    assert review(firm.register(), "gateway") == 1
    assert review(firm.register(), "gateway") == 0
    assert "is noted" in firm.answer("agreement", "seen")
    assert review(firm.register(), "gateway") == 0
    assert [each["processor"] for each in firm.actions("agreement-ends")] == ["recman"]


def test_one_that_ends_later_is_not_and_a_new_date_is_asked_about_anew(firm: Firm) -> None:
    place(firm, AHEAD.days + 1)
    assert review(firm.register(), "gateway") == 0
    firm.later(days=1)
    assert review(firm.register(), "gateway") == 1
    place(firm, 30)
    assert review(firm.register(), "gateway") == 1


def test_what_lets_the_data_leave_is_asked_about_too_and_what_has_ended_already(firm: Firm) -> None:
    until = (firm.now - timedelta(days=3)).date()
    place(firm, 400, f'country = "US"\ntransfer_basis = "scc"\ntransfer_until = {until}\n')
    assert review(firm.register(), "gateway") == 1
    (question,) = firm.asked()
    assert "leave the EEA" in question.text
    assert f"{until}" in question.text
