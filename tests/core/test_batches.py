"""How many people are handed to one call: as many as the vendor says are worth it, and no more."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.ledger import tables as t
from tests.core.firm import Firm


@pytest.mark.parametrize(("batch", "calls"), [(60, [60]), (25, [10, 25, 25])])
def test_deletions_go_out_in_batches_of_the_vendors_size(firm: Firm, batch: int, calls: list[int]) -> None:
    recman = firm.vendor("recman", delete_batch=batch)
    for number in range(1, 61):
        recman.add(number, f"person{number}@example.org", f"Person {number}", over=date(2026, 1, 1))
    firm.sync()
    for row in firm.rows(t.plans):
        if row.state == "waiting":
            firm.desk.approve(row.id)
    firm.sync()
    assert sorted(len(each.about) for each in recman.calls("delete")) == calls
