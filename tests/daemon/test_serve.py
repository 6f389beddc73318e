"""`gateway serve` as a process: it does everything in its time, and can be stopped, told to reread, and killed."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest

from gateway.ledger import facts
from gateway.ledger import tables as t
from tests.daemon.site import Site, until

pytestmark = pytest.mark.slow
PEOPLE = 12


def fill(here: Site, people: int = PEOPLE) -> None:
    """Everybody is held at both; whoever has an even number has to go."""
    for number in range(1, people + 1):
        over = "2020-01-01" if number % 2 == 0 else "2099-01-01"
        here.vendors["recman"].add_person(f"P {number}", f"person{number}@example.org", consent_until=over)
        here.vendors["crm"].add_person(f"P {number}", f"person{number}@example.org")


def check_end(here: Site, people: int = PEOPLE) -> None:
    """Those who had to go are gone, each deleted once; nobody else was touched."""
    assert here.all_closed(people // 2)
    gone = {str(number) for number in range(2, people + 1, 2)}
    for name, vendor in here.vendors.items():
        assert {str(each) for each in vendor.people} == {
            str(number) for number in range(1, people + 1)
        } - gone
        assert here.deletions(name) == dict.fromkeys(gone, 1)
    here.check_trail()


def test_it_reads_plans_deletes_and_proves_by_itself_and_stops_when_asked(here: Site) -> None:
    fill(here)
    node = here.node().until_ready()
    until(lambda: here.all_closed(PEOPLE // 2))
    assert node.get("/healthz")[0] == 200
    metrics = node.get("/metrics")[1]
    assert "gateway_up 1.0" in metrics
    assert 'gateway_job_failed{job="fetch:recman"} 0.0' in metrics
    assert "example.org" not in metrics
    assert node.stop() == 0
    check_end(here)
    (row,) = here.rows(t.nodes)
    assert (row.kind, row.end) == ("serve", "stopped")
    assert here.rows(t.leases) == []
    assert "example.org" not in node.log.read_text()


def test_killed_and_begun_again_it_goes_on(here: Site) -> None:
    fill(here)
    for vendor in here.vendors.values():
        vendor.wire.latency = 0.05
    first = here.node()
    until(lambda: sum(here.deletions("recman").values()) >= 2)
    first.kill()
    here.node()
    until(lambda: here.all_closed(PEOPLE // 2))
    assert here.nodes[1].stop() == 0
    for name in here.vendors:
        # What was on its way when it was killed may be asked for once more; it takes effect once.
        assert set(here.deletions(name).values()) == {1}
    here.check_trail()
    assert [row.end for row in here.rows(t.nodes)] == ["gone", "stopped"]


def test_new_settings_are_read_and_a_bad_file_keeps_the_old_ones(here: Site) -> None:
    fill(here)
    here.more["crm"] = "enabled = false\n"
    here.write()
    node = here.node().until_ready()
    until(lambda: sum(here.deletions("recman").values()) == PEOPLE // 2)
    good = (here.folder / "gateway.toml").read_text()
    (here.folder / "gateway.toml").write_text(good.replace("people = 100000", 'people = "many"'))
    node.signal(signal.SIGHUP)
    until(lambda: [each for each in node.lines() if "not read anew" in each["event"]])
    assert node.get("/readyz")[0] == 200
    assert len(here.vendors["crm"].people) == PEOPLE
    here.more["crm"] = ""
    here.write()
    node.signal(signal.SIGHUP)
    until(lambda: [each for each in node.lines() if each["event"] == "the settings were read anew"])
    until(lambda: here.all_closed(PEOPLE // 2))
    assert node.stop() == 0
    assert len(here.vendors["crm"].people) == PEOPLE // 2
    here.check_trail()


def test_a_sync_may_run_beside_it(here: Site) -> None:
    fill(here)
    node = here.node().until_ready()
    done = here.command("sync", "--json")
    assert done.returncode in (0, 3), done.stderr
    until(lambda: here.all_closed(PEOPLE // 2))
    assert node.stop() == 0
    check_end(here)


def test_when_the_ledger_is_replaced_under_it_it_ends_and_the_next_start_goes_on(here: Site) -> None:
    fill(here)
    node = here.node().until_ready()
    with here.ledger() as ledger, ledger.write() as tx:
        facts.put(tx, facts.RESTORED, "{}", datetime.now(UTC))
    assert node.process.wait(60) == 4
    here.node().until_ready()
    until(lambda: here.all_closed(PEOPLE // 2))
    assert here.nodes[1].stop() == 0
    check_end(here)
