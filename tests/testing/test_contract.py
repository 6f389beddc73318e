"""The contract can fail: each law goes red for a plugin that breaks it, and green for the one that does not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import gateway_example
import pytest
from gateway_example import client
from gateway_example.simulator import Simulator

from gateway import Account, GarbledError, Holding, Item, Outcome, Page, Receipt, Ref, Subject, hookimpl
from gateway.testing import PluginContract

Subjects = Sequence[Subject]
VENDOR = gateway_example.describe()


def twin(**hooks: Any) -> Any:
    """The example plugin with some hooks exchanged."""
    names = ("describe", "fetch", "delete", "export", "audit")
    own = {name: getattr(gateway_example, name) for name in names}
    return SimpleNamespace(**own | {name: hook and hookimpl(hook) for name, hook in hooks.items()})


def describing(**said: Any) -> Any:
    return twin(describe=lambda: replace(VENDOR, **said))


def fetching(change: Callable[[list[Page]], Iterable[Page]]) -> Any:
    def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
        yield from change(list(gateway_example.fetch(account, cursor)))

    return twin(fetch=fetch)


def fetching_records(**changed: Any) -> Any:
    def change(page: Page) -> Page:
        return replace(page, records=tuple(replace(each, **changed) for each in page.records))

    return fetching(lambda pages: map(change, pages))


def deleting(**said: Any) -> Any:
    def delete(account: Account, subjects: Subjects) -> Iterator[Receipt]:
        for receipt in gateway_example.delete(account, subjects):
            yield replace(receipt, **said)

    return twin(delete=delete)


def describe_otherwise() -> Any:
    numbers = count()
    return twin(describe=lambda: replace(VENDOR, title=f"Example {next(numbers)}"))


def fetch_in_another_order() -> Any:
    turns = count()

    def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
        backwards = -1 if next(turns) % 2 else 1
        for page in gateway_example.fetch(account, cursor):
            yield replace(page, records=page.records[::backwards])

    return twin(fetch=fetch)


def show_one_twice(pages: list[Page]) -> list[Page]:
    return [*pages[:-1], replace(pages[-1], records=pages[-1].records + pages[0].records[:1])]


def fetch_after_the_next(account: Account, cursor: str | None) -> Iterator[Page]:
    pages = list(gateway_example.fetch(account, cursor))
    yield from pages[1:] if cursor and len(pages) > 1 else pages


def fetch_from_the_start(account: Account) -> Iterator[Page]:
    yield from gateway_example.fetch(account, None)


def audit_nothing(account: Account, subjects: Subjects) -> Iterator[Holding]:
    yield from ()


def audit_each_for_all(account: Account, subjects: Subjects) -> Iterator[Holding]:
    for held in list(gateway_example.audit(account, subjects)):
        yield from (replace(held, subject=each.ref) for each in subjects)


def audit_a_stranger(account: Account, subjects: Subjects) -> Iterator[Holding]:
    yield Holding("somebody", Ref("person", "1"))


def audit_by_id_alone(account: Account, subjects: Subjects) -> Iterator[Holding]:
    yield from gateway_example.audit(account, [each for each in subjects if each.records])


def audit_and_erase(account: Account, subjects: Subjects) -> Iterator[Holding]:
    yield from list(gateway_example.audit(account, subjects))
    client.erase(account, "30")


def export_nothing(account: Account, subject: Subject) -> Iterator[Item]:
    yield from ()


def export_without_content(account: Account, subject: Subject) -> Iterator[Item]:
    for item in gateway_example.export(account, subject):
        yield replace(item, content=b"")


def export_cut_json(account: Account, subject: Subject) -> Iterator[Item]:
    for item in gateway_example.export(account, subject):
        yield replace(item, content=item.content[:-1])


def export_the_neighbour(account: Account, subject: Subject) -> Iterator[Item]:
    yield from gateway_example.export(account, replace(subject, kept=(Ref("person", "2"),)))


def export_and_erase(account: Account, subject: Subject) -> Iterator[Item]:
    yield from list(gateway_example.export(account, subject))
    client.erase(account, "30")


def delete_all_but_one(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    yield from gateway_example.delete(account, subjects[1:])


def delete_by_word(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    yield from (Receipt(each.ref, Outcome.DONE, deleted=each.records) for each in subjects)


def delete_without_a_word(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    yield from (Receipt(each.ref, Outcome.NOTHING) for each in subjects)


def delete_once(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    for receipt in gateway_example.delete(account, subjects):
        yield receipt if receipt.deleted else replace(receipt, outcome=Outcome.REFUSED)


def delete_the_neighbour(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    yield from gateway_example.delete(account, subjects)
    client.erase(account, "2")


def delete_the_neighbour_and_say_so(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    for receipt in gateway_example.delete(account, subjects):
        yield replace(receipt, deleted=(*receipt.deleted, Ref("person", "2")))


def delete_what_is_kept(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    yield from gateway_example.delete(account, [replace(each, records=each.kept) for each in subjects])


BROKEN: tuple[tuple[str, Any, str], ...] = (
    ("hooks_are_all_there", twin(export=None), "no function export"),
    ("hooks_are_all_there", twin(audit=lambda people: ()), "audit takes people; the hook has only account"),
    ("describe_is_pure", describe_otherwise(), "something else the second time"),
    ("describe_is_pure", describing(name="My vendor"), "is not like"),
    ("describe_is_pure", describing(kinds=VENDOR.kinds * 2), "names the kind person twice"),
    (
        "settings_are_secret_when_named_so",
        describing(settings=tuple(replace(each, secret=False) for each in VENDOR.settings)),
        "'key' is named like a secret",
    ),
    ("what_cannot_be_done_has_a_reason", describing(cannot={"export": "no"}), "is no sentence: 'no'"),
    (
        "what_cannot_be_done_has_a_reason",
        describing(cannot={"erase": "They say no."}),
        "'erase', which is none",
    ),
    ("simulator_is_large_enough", fetching(lambda pages: pages[:2]), "20 people, fewer than 25"),
    ("fetch_ends_with_the_last_page", fetching(lambda pages: []), "yielded no page"),
    (
        "fetch_ends_with_the_last_page",
        fetching(lambda pages: pages[:-1]),
        "last page of person says complete=None",
    ),
    (
        "fetch_ends_with_the_last_page",
        fetching(lambda pages: (replace(each, complete=True) for each in pages)),
        "page 1 of 3 of person says complete=True",
    ),
    (
        "fetch_ends_with_the_last_page",
        fetching(lambda pages: (replace(each, complete=None if each.cursor else False) for each in pages)),
        "says it is not complete",
    ),
    ("fetch_yields_each_record_once", fetching(show_one_twice), "record '1' 2 times"),
    ("fetch_yields_each_record_once", fetching_records(ref=Ref("person", " ")), "is not text"),
    ("fetch_yields_each_record_once", fetching_records(ref=Ref("dog", "1")), "of kind 'dog'"),
    ("fetch_is_stable", fetch_in_another_order(), "did not yield the same"),
    (
        "fetch_resumes_from_every_page",
        twin(fetch=fetch_after_the_next),
        "resumed after page 1 of 3, lost 10 records",
    ),
    ("fetch_resumes_from_every_page", twin(fetch=fetch_from_the_start), "yielded 10 records once more"),
    (
        "times_carry_their_zone",
        fetching_records(created=datetime(2026, 1, 1)),
        "created of the person '1' is not in",
    ),
    ("audit_shows_what_is_held", twin(audit=audit_nothing), "does not show person 1"),
    ("audit_shows_what_is_held", twin(audit=audit_each_for_all), "for a subject they are not about"),
    ("audit_shows_what_is_held", twin(audit=audit_a_stranger), "'somebody', who was not asked about"),
    ("audit_finds_by_identity", twin(audit=audit_by_id_alone), "by email alone does not find person 1"),
    ("audit_changes_nothing", twin(audit=audit_and_erase), "not the same after audit"),
    ("export_holds_what_audit_shows", twin(export=export_nothing), "does not hold person 1"),
    ("export_holds_what_audit_shows", twin(export=export_without_content), "has no content"),
    ("export_holds_what_audit_shows", twin(export=export_cut_json), "says it is JSON and is not"),
    (
        "export_holds_what_audit_shows",
        twin(export=export_the_neighbour),
        "person 2, which is about somebody else",
    ),
    ("export_changes_nothing", twin(export=export_and_erase), "not the same after export"),
    ("delete_gives_one_receipt_each", twin(delete=delete_all_but_one), "receipts for S13, S19, S25, S7"),
    ("delete_gives_one_receipt_each", deleting(outcome=Outcome.VERIFIED), "is no outcome of a receipt"),
    ("delete_gives_one_receipt_each", deleting(outcome=Outcome.ACCEPTED), "without look_again"),
    ("delete_gives_one_receipt_each", deleting(outcome=Outcome.REFUSED), "no subject could be deleted"),
    (
        "audit_after_delete_shows_only_what_was_kept",
        twin(delete=delete_by_word),
        "says deleted, and audit still",
    ),
    (
        "audit_after_delete_shows_only_what_was_kept",
        twin(delete=delete_without_a_word),
        "says nothing, and audit",
    ),
    ("delete_may_be_repeated", twin(delete=delete_once), "done at first is refused"),
    ("delete_touches_no_stranger", twin(delete=delete_the_neighbour), "person 2 went too"),
    ("delete_touches_no_stranger", twin(delete=delete_the_neighbour_and_say_so), "names person 2 as deleted"),
    ("delete_leaves_what_is_kept", twin(delete=delete_what_is_kept), "was to be kept, and is gone"),
    ("nobody_is_nothing", deleting(outcome=Outcome.DONE), "nobody knows is done"),
)


class Example(PluginContract):
    def simulator(self, now: Callable[[], datetime]) -> Simulator:
        vendor = Simulator(now=now, page=10)
        for number in range(1, 31):
            vendor.add_person(f"Fictional Person {number}", f"person{number}@example.org")
        return vendor


def try_law(plugin: Any, law: str, **given: Any) -> None:
    contract = type("Twin", (Example,), {"plugin": plugin})()
    with contract.staged(law):
        getattr(contract, law)(**given)


@pytest.mark.parametrize(
    ("law", "plugin", "said"), BROKEN, ids=lambda each: each if isinstance(each, str) else ""
)
def test_law_goes_red_for_a_plugin_that_breaks_it(law: str, plugin: Any, said: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=said):
        try_law(plugin, f"test_{law}")


def test_hook_without_its_mark_is_not_there() -> None:
    plugin = twin()
    plugin.export = lambda account, subject: iter(())
    with pytest.raises(pytest.fail.Exception, match="export is not marked with @hookimpl"):
        try_law(plugin, "test_hooks_are_all_there")


def test_error_that_is_swallowed_is_noticed() -> None:
    def audit(account: Account, subjects: Subjects) -> Iterator[Holding]:
        try:
            yield from gateway_example.audit(account, subjects)
        except GarbledError:
            return

    given: dict[str, Any] = {
        "law": "test_fault_has_its_right_name_and_passes",
        "hook": "audit",
        "kind": "html",
    }
    with pytest.raises(pytest.fail.Exception, match="audit did not notice that every answer was 'html'"):
        try_law(twin(audit=audit), **given)
    try_law(gateway_example, **given)


def test_error_with_a_wrong_name_is_noticed() -> None:
    def export(account: Account, subject: Subject) -> Iterator[Item]:
        try:
            yield from gateway_example.export(account, subject)
        except Exception as err:
            raise GarbledError("something went wrong") from err

    given: dict[str, Any] = {
        "law": "test_fault_has_its_right_name_and_passes",
        "hook": "export",
        "kind": "401",
    }
    with pytest.raises(pytest.fail.Exception, match="GarbledError on '401'; it has to be RefusedError"):
        try_law(twin(export=export), **given)
    try_law(gateway_example, **given)


def test_account_that_is_given_up_after_a_fault_is_noticed() -> None:
    failed: list[str] = []

    def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
        if failed:
            raise GarbledError("given up")
        try:
            yield from gateway_example.fetch(account, cursor)
        except GarbledError:
            failed.append("once")
            raise

    with pytest.raises(
        pytest.fail.Exception, match="still raises GarbledError after the fault has passed: given up"
    ):
        try_law(twin(fetch=fetch), "test_fault_has_its_right_name_and_passes", hook="fetch", kind="html")


def test_secret_in_the_query_is_the_vendors_way_and_no_leak(caplog: pytest.LogCaptureFixture) -> None:
    def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
        key = account.settings["key"].reveal()
        headers = {"Authorization": f"Bearer {key}"}
        account.http.request("GET", "/people", params={"key": key}, headers=headers).json(dict)
        yield from gateway_example.fetch(account, cursor)

    try_law(twin(fetch=fetch), "test_secrets_are_told_to_nobody", hook="fetch", caplog=caplog)


def test_secret_in_a_log_an_error_or_an_answer_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    def in_log(account: Account, cursor: str | None) -> Iterator[Page]:
        logging.getLogger("gateway_example").debug("key %s", account.settings["key"].reveal())
        yield from gateway_example.fetch(account, cursor)

    def in_cause(account: Account, cursor: str | None) -> Iterator[Page]:
        try:
            yield from gateway_example.fetch(account, cursor)
        except GarbledError as err:
            cause = RuntimeError(f"/people?key={account.settings['key'].reveal()}")
            raise GarbledError("not understood") from cause.with_traceback(err.__traceback__)

    def in_answer(account: Account, cursor: str | None) -> Iterator[Page]:
        for page in gateway_example.fetch(account, cursor):
            yield replace(page, cursor=account.settings["key"].reveal() if page.complete else page.cursor)

    law = "test_secrets_are_told_to_nobody"
    for fetch, said in (
        (in_log, "fetch with no fault: the secret setting 'key' stands in the log"),
        (in_cause, "fetch with html: the secret setting 'key' stands in the error GarbledError"),
        (in_answer, "fetch with no fault: the secret setting 'key' stands in what was yielded"),
    ):
        with pytest.raises(pytest.fail.Exception, match=said):
            try_law(twin(fetch=fetch), law, hook="fetch", caplog=caplog)
        caplog.clear()
    try_law(gateway_example, law, hook="fetch", caplog=caplog)


def test_every_law_was_seen_red() -> None:
    seen = {f"test_{law}" for law, _, _ in BROKEN}
    seen |= {"test_fault_has_its_right_name_and_passes", "test_secrets_are_told_to_nobody"}
    assert seen == {name for name in dir(PluginContract) if name.startswith("test_")}
