"""Periods of the calendar: due dates and cut-off dates that never disagree."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.settings import Period, document
from gateway.settings.period import read_period

PERIODS = st.builds(Period, st.integers(1, 400), st.sampled_from(["days", "weeks", "months", "years"]))
DAYS = st.dates(date(1800, 1, 1), date(2600, 12, 31))


@given(PERIODS, DAYS, DAYS)
@example(Period(1, "months"), date(2026, 1, 31), date(2026, 2, 28))
@example(Period(1, "years"), date(2024, 2, 29), date(2025, 2, 28))
def test_what_began_by_the_cut_off_is_what_is_over(period: Period, start: date, today: date) -> None:
    assert (start <= period.before(today)) is (period.after(start) <= today)


@given(PERIODS, DAYS)
def test_cut_off_is_the_latest_day_that_is_over(period: Period, today: date) -> None:
    cutoff = period.before(today)
    assert period.after(cutoff) <= today < period.after(date.fromordinal(cutoff.toordinal() + 1))


@pytest.mark.parametrize(
    ("period", "today", "cutoff"),
    [
        (Period(24, "months"), date(2026, 3, 2), date(2024, 3, 2)),
        (Period(1, "months"), date(2026, 3, 30), date(2026, 2, 28)),
        (Period(1, "months"), date(2026, 4, 30), date(2026, 3, 31)),
        (Period(1, "years"), date(2024, 2, 29), date(2023, 2, 28)),
        (Period(4, "years"), date(2024, 2, 29), date(2020, 2, 29)),
        (Period(2, "weeks"), date(2026, 1, 1), date(2025, 12, 18)),
        (Period(400, "years"), date(200, 1, 1), date.min),
        (Period(999_999, "days"), date(200, 1, 1), date.min),
    ],
)
def test_cut_off_keeps_to_the_calendar(period: Period, today: date, cutoff: date) -> None:
    assert period.before(today) == cutoff


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period(1, "months"), date(2026, 1, 31), date(2026, 2, 28)),
        (Period(1, "years"), date(2024, 2, 29), date(2025, 2, 28)),
        (Period(18, "months"), date(2026, 8, 31), date(2028, 2, 29)),
        (Period(1, "days"), date.max, date.max),
        (Period(1, "months"), date.max, date.max),
    ],
)
def test_end_is_cut_to_the_last_day_of_the_month(period: Period, start: date, end: date) -> None:
    assert period.after(start) == end


@pytest.mark.parametrize(
    ("text", "shown"), [("24 months", "24 months"), (" 1  Year ", "1 year"), ("7days", "7 days")]
)
def test_period_is_read_and_shown(text: str, shown: str) -> None:
    assert str(read_period(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "months", "-1 days", "1.5 years", "٣ days", "1 month and 2 days", "1 hours"]
)
def test_period_is_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        read_period(text)


def test_document_names_every_key_with_what_is_right_for_it() -> None:
    keys = {key.path: key for key in document()}
    assert all(key.right and key.help and key.help.endswith((".", "…")) for key in keys.values())
    assert keys["gateway.master_key"].default == "required"
    assert keys["gateway.ledger"].default == '"sqlite:///gateway.db"'
    assert keys["processors.NAME.enabled"].default == "true"
    assert keys["processors.NAME.parallel"] == (
        "processors.NAME.parallel", "a whole number from 1 to 64", "1",
        "How many calls may run at once, where the vendor allows it.",
    )  # fmt: skip
