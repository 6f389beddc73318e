"""Two nodes on two networks, each separated from the database in turn, while both go on reaching the vendors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.ledger import tables as t
from tests.daemon import partition
from tests.daemon.partition import Network
from tests.daemon.site import HEAD, Node, Site, site, until
from tests.torture.postgres import Postgres

WHY_NOT = partition.why_not()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.torture,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "they can be made"),
]
FIRST, THEN, STAY = range(1, 21), range(21, 81), range(81, 91)
"""Who has to go at once, who has to go later, and who stays."""
OVER, LATER = "2020-01-01", "2099-01-01"


@pytest.fixture
def net() -> Iterator[Network]:
    with partition.network() as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, net: Network) -> Iterator[Site]:
    """A firm whose nodes reach the ledger by a wire that can be cut, and the vendors always."""
    postgres = Postgres(fast=False)
    try:
        with site(tmp_path, postgres.create("partition")) as made:
            made.head = HEAD.replace("[schedule]\n", '[schedule]\nfetch = "2 seconds"\n')
            made.more = dict.fromkeys(made.vendors, 'full_sweep_every = "1 second"\n')
            made.told = made.url.replace(f"127.0.0.1:{postgres.port}", net.behind_the_hub(postgres.port))
            for url in made.urls.values():
                net.beside(urlsplit(url).port or 0)
            made.write()
            for number in (*FIRST, *THEN, *STAY):
                who = f"P {number}", f"person{number}@example.org"
                made.vendors["recman"].add_person(*who, consent_until=LATER)
                made.vendors["crm"].add_person(*who)
            for vendor in made.vendors.values():
                vendor.wire.latency = 0.3
            yield made
    finally:
        postgres.close()


def end_consents(here: Site, numbers: Iterable[int]) -> None:
    for number in numbers:
        here.vendors["recman"].people[number]["consent_until"] = OVER


def ends(here: Site, node: Node) -> list[str]:
    """How the nodes of a process ended, one after the other; empty for one at work."""
    return [row.end for row in sorted(here.rows(t.nodes, t.nodes.c.pid == node.pid), key=lambda row: row.id)]


def separate(here: Site, net: Network, side: int, node: Node) -> None:
    """Cut a node off from the database while it deletes, until it is taken over and has found out itself."""
    net.cut(side)
    until(lambda: ends(here, node) == ["silent"])
    open_steps = [row for row in here.rows(t.steps) if row.closed_at is None]
    assert open_steps
    until(
        lambda: any(each["event"] == "could not look for work" for each in node.lines()),
        why=node.log.read_text(),
    )


def test_nodes_separated_from_the_database_in_turn_do_everything_once(here: Site, net: Network) -> None:
    def deleted() -> int:
        return here.deletions("recman").total()

    end_consents(here, FIRST)
    one = here.node(net.prefix(0))
    until(lambda: deleted() >= 2, why=one.log.read_text())
    two = here.node(net.prefix(1))
    until(lambda: ends(here, two) == [""])
    separate(here, net, 0, one)
    end_consents(here, THEN)
    until(lambda: deleted() >= len(FIRST) + 2, why=two.log.read_text())
    net.join(0)
    until(lambda: ends(here, one) == ["silent", ""])
    separate(here, net, 1, two)
    net.join(1)
    until(lambda: ends(here, two) == ["silent", ""])
    until(lambda: here.all_closed(len(FIRST) + len(THEN)), why=one.log.read_text())
    assert [each.stop() for each in (one, two)] == [0, 0]
    gone = {str(each) for each in (*FIRST, *THEN)}
    for name, vendor in here.vendors.items():
        assert list(vendor.people) == list(STAY)
        assert here.deletions(name) == dict.fromkeys(gone, 1)
    here.check_trail()
