"""Whether an answer without rows is to be believed: rights too narrow answer an empty list, and no error."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import gateway as gw
from gateway_recman.client import candidates, read
from gateway_recman.records import CANDIDATE, Row, id_of, rows_of

SEEN = "candidates seen"
MOST = 20  # so many are asked for along with others; it takes no call of its own
FOR_A_DAY = timedelta(days=1)


def remember(account: gw.Account, ids: Sequence[str]) -> None:
    """Keep in memory some candidates the key was shown, the newest among them."""
    account.forget(SEEN, _seen(account))
    account.recall(SEEN, lambda: (tuple(ids[:MOST]), account.now() + FOR_A_DAY))


def still_there(account: gw.Account, ids: Collection[str]) -> dict[str, Row]:
    """The rows of those of these candidates that are there, with when they were made."""
    along = [each for each in _seen(account) if each not in ids]
    rows = candidates(account, [*ids, *along], "created") if ids else {}
    if ids and not rows:
        see_somebody(account)
    return {each: row for each, row in rows.items() if each in ids}


def see_somebody(account: gw.Account) -> None:
    """Raise unless the key is shown any candidate, or none may be there."""
    rows = rows_of(read(account, CANDIDATE, page=1, fields="created").get("data"))
    if rows:
        remember(account, [id_of(row) for row in (rows[-1], rows[0])])
    elif not account.settings["may_be_empty"]:
        raise gw.RefusedError(
            "Recman shows no candidate at all: the key has lost its rights; or, if nobody is held there, set "
            f"processors.{account.name}.settings.may_be_empty"
        )


def _seen(account: gw.Account) -> Iterable[str]:
    """What `remember` kept; nothing where its time is over."""
    nobody: tuple[str, ...] = ()
    return account.recall(SEEN, lambda: (nobody, account.now()))
