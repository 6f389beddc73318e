"""Pages read from the last to the first: whatever goes meanwhile, nobody else is lost and nobody comes twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import Account, GarbledError, Ref, Subject, UnavailableError
from gateway.testing import mount, open_test_account

URL = "https://recman.example"
Open = Callable[..., Account]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    count=st.integers(0, 30),
    size=st.sampled_from([1, 2, 3, 7, 100]),
    num_rows=st.sampled_from(["page", "total"]),
    next_page=st.booleans(),
    going=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 29)), max_size=4),
    resumed=st.booleans(),
)
def test_nobody_is_lost_or_shown_twice_whoever_goes_between_pages(
    count: int, size: int, num_rows: Any, next_page: bool, going: list[tuple[int, int]], resumed: bool
) -> None:
    """People go after so many pages; a sweep that could not be read to its end raises, and begins anew."""
    vendor = Simulator(page_size=size, num_rows=num_rows, next_page=next_page, daily_quota=None)
    ids = [vendor.add_candidate() for _ in range(count)]
    shown: list[str] = []
    with mount(vendor, URL), open_test_account(gateway_recman, vendor.settings(URL)) as account:
        sweep, number, page = gateway_recman.fetch(account, None), 0, None
        while page is None or page.complete is None:
            try:
                page = next(sweep)
            except GarbledError:  # a page that was there is empty: as in the core, the next fetch begins anew
                sweep, page = gateway_recman.fetch(account, None), None
                shown.clear()
                continue
            shown += [each.ref.id for each in page.records]
            number += 1
            for who in [ids[who] for after, who in going if after == number and who < count]:
                if who in vendor.candidates:
                    vendor.remove_candidate(who)
            if resumed and page.complete is None:
                sweep = gateway_recman.fetch(account, page.cursor)
    assert set(vendor.candidate_ids()) <= set(shown)
    assert len(shown) == len(set(shown))
    assert page.complete is bool(shown)


def test_applications_that_move_while_they_are_read_prove_no_absence(
    open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Simulator(order="falling")
    gone, stays = vendor.add_candidate(), vendor.add_candidate()
    for _ in range(1001):
        vendor.add_application(stays)
    vendor.remove_candidate(gone)
    read = vendor.read

    def read_and_add(scope: str, args: Any) -> Any:
        if args.get("page") == "2":
            vendor.add_application(stays)
        return read(scope, args)

    account = open_at(vendor)
    subject = Subject("S1", records=(Ref("candidate", gone),))
    monkeypatch.setattr(vendor, "read", read_and_add)
    with pytest.raises(UnavailableError, match="rows of jobApplication moved"):
        list(gateway_recman.audit(account, [subject]))
    monkeypatch.undo()
    assert list(gateway_recman.audit(account, [subject])) == []
