"""The promises between the core and a plugin: five hooks, plain functions, called by keyword.

Every call addresses one plugin and expects one answer. An implementation takes only the arguments it uses.
Adding an argument breaks no plugin; removing or renaming one is a major release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pluggy

from gateway.account import Account
from gateway.model import Holding, Item, Page, Receipt, Subject, Vendor

PROJECT = "gateway"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def describe() -> Vendor:  # type: ignore[empty-body]
    """Say what the vendor is, what it holds, what settings it takes, its limits, and what it cannot do.

    No call is made and nothing is read; the answer is the same at every call.
    """


@hookspec(firstresult=True)
def fetch(account: Account, kind: str, cursor: str | None) -> Iterator[Page]:  # type: ignore[empty-body]
    """Yield the records of one kind, page by page, in a stable order.

    `cursor` is None for everything, or the cursor of an earlier page: then all that comes after that page is
    yielded, nothing lost and nothing twice. The last page says whether the sweep was complete; a fetch that
    ends without such a page is a broken promise. A record that cannot be read in part is yielded with
    `flaws`; a page that cannot be read raises.
    """


@hookspec(firstresult=True)
def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:  # type: ignore[empty-body]
    """Delete the records in scope of each subject, and what hangs on them, children first.

    Yields one receipt per subject as soon as it is known, in any order. Idempotent: what is gone already
    is `done` or `nothing`, never an error. Where a subject has no records, it is looked for by the
    identities in `describe().finds_by`, exact matches only. Names what was kept and why. Touches nobody
    else and nothing in `subject.kept`. A person's deletion that is doubtful is not made.
    """


@hookspec(firstresult=True)
def export(account: Account, subject: Subject) -> Iterator[Item]:  # type: ignore[empty-body]
    """Yield everything held on the subject in full, files included, for handing over. Read-only."""


@hookspec(firstresult=True)
def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:  # type: ignore[empty-body]
    """Yield what is still held about these subjects, without its content, in as few calls as possible.

    Read-only. Looks for the records in scope, for what hangs on them, and for what is kept; where a subject
    has no records, by the identities in `describe().finds_by`. Ending without an error is the statement that
    all was looked at: a read that failed or was partial raises, and is never taken for absence.
    """
