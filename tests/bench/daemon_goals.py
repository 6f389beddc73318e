"""The lines of the table that are about the daemon: erasures, start, two nodes, durable steps, and doing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench import erase, serving, steps, two_nodes
from tests.bench.goal import Goal, told
from tests.bench.vendor import FOR_LONG, vendor

PEER = (500, 600)
"""Milliseconds of CPU the peer takes for an erasure, at the least and at the most."""
IMPORTS = 0.5
"""Seconds that importing DBOS and SQLAlchemy took on the machine the goals in seconds, and the peer, were measured on."""
ROUNDS = 3


def slowness() -> float:
    """How much longer this machine takes for the same imports."""
    return median(serving.imports() for _ in range(ROUNDS)) / IMPORTS


def serving_erasures(people: int) -> Iterator[Goal]:
    """So many people ask at once; the bare calls and the daemon take turns."""
    ratios, floors, ours = [], [], []
    for _ in range(ROUNDS):
        with vendor(people, serving.LATENCY, FOR_LONG) as url:
            floors.append(erase.measure("floor", url, serving.PARALLEL))
        ours.append(serving.measured("erasing", "sqlite", people))
        ratios.append(ours[-1]["seconds"] / floors[-1]["seconds"])
    ratio, cpu = median(ratios), median(1000 * each["cpu"] / people for each in ours)
    seconds, bare = median(each["seconds"] for each in ours), median(each["seconds"] for each in floors)
    peak = max(each["mb"] for each in ours)
    yield Goal(
        f"serve: {people} erasures at once, 20 ms, parallel = 2: of the bare calls",
        f"x {ratio:.2f} ({seconds:.1f} s; {bare:.1f} s)", "<= 1.3", ratio <= 1.3,
    )  # fmt: skip
    parts = {name: median(each[name] for each in ours) for name in serving.PARTS}
    yield told(
        "… until the first call, deleting, between, proving",
        " + ".join(f"{each:.1f}" for each in parts.values()),
    )
    least, most = (each / cpu for each in PEER)
    yield Goal(
        "… CPU an erasure, against the peer's 0.5 to 0.6 s", f"{cpu:.1f} ms (1/{least:.0f} to 1/{most:.0f})",
        "<= 1/100", most >= 100,
    )  # fmt: skip
    own = median(1000 * each["cpu"] / people for each in floors)
    yield told("… CPU an erasure of the bare calls", f"{own:.1f} ms")
    slower = slowness()
    yield Goal(
        f"… at the speed of the peer's machine (this one takes x {slower:.1f})",
        f"{cpu / slower:.1f} ms (1/{least * slower:.0f} to 1/{most * slower:.0f})",
        "<= 1/100", most * slower >= 100,
    )  # fmt: skip
    yield Goal("… peak memory, /metrics answered", f"{peak:.0f} MB", "< 120 MB", peak < 120)


def serving_starts(people: int) -> Iterator[Goal]:
    floors, ours = [], []
    for _ in range(ROUNDS):
        floors.append(serving.imports())
        ours.append(serving.measured("ready", "sqlite", people))
    seconds, bare = median(each["seconds"] for each in ours), median(floors)
    yield Goal(
        f"serve: ready, {people:,} people in the ledger", f"{seconds:.2f} s (CPU {median(e['cpu'] for e in ours):.2f} s)",
        "<= 1.5 s", seconds <= 1.5,
    )  # fmt: skip
    yield told(f"… `{serving.IMPORTS}` alone", f"{bare:.2f} s")
    most = 1.5 / IMPORTS
    yield Goal("… of these imports, as the goal was of theirs", f"x {seconds / bare:.2f}", f"<= {most:.0f}",
               seconds / bare <= most)  # fmt: skip


def two_against_one(people: int) -> Iterator[Goal]:
    pairs = [(two_nodes.measured(people, 1), two_nodes.measured(people, 2)) for _ in range(ROUNDS)]
    ratio = median(two["rate"] / one["rate"] for one, two in pairs)
    rates = [median(each[place]["rate"] for each in pairs) for place in (0, 1)]
    yield Goal(
        f"two nodes on PostgreSQL, {two_nodes.ACCOUNTS} accounts, {people} people: of one",
        f"x {ratio:.2f} ({rates[0]:.0f}/s; {rates[1]:.0f}/s)", ">= 1.7", ratio >= 1.7,
    )  # fmt: skip
    for place, number in enumerate(("one", "two")):
        shares = [
            f"{name} {100 * median(each[place][name] for each in pairs):.0f} %" for name in two_nodes.GROUPS
        ]
        yield told(f"… CPU of {two_nodes.cores()} cores, {number} at work", ", ".join(shares))


def durable_steps(kind: str, count: int) -> Iterator[Goal]:
    pairs = [steps.pair(kind, count) for _ in range(ROUNDS)]
    ratio = median(floor["seconds"] / ours["seconds"] for floor, ours in pairs)
    rates = [median(count / each[place]["seconds"] for each in pairs) for place in (0, 1)]
    yield Goal(
        f"durable steps on {kind}: of rows leased by hand", f"{ratio:.2f} ({rates[1]:.0f}/s; {rates[0]:.0f}/s)",
        ">= 0.7", ratio >= 0.7,
    )  # fmt: skip
    cpu = [1000 * median(each[place]["cpu"] for each in pairs) / count for place in (0, 1)]
    yield told("… CPU a step, and of a row", f"{cpu[1]:.1f} ms, {cpu[0]:.1f} ms")


def idling() -> Iterator[Goal]:
    found = [serving.measured("idle", "sqlite", 0) for _ in range(ROUNDS)]
    share = median(100 * each["share"] for each in found)
    yield Goal(
        f"serve: idle with ten processors, {serving.WATCHED:.0f} s",
        f"{share:.1f} % of a core",
        "<= 2 %",
        share <= 2,
    )
    slower = slowness()
    yield Goal(
        f"… at the speed of the goal's machine (this one takes x {slower:.1f})", f"{share / slower:.1f} %", "<= 2 %",
        share / slower <= 2,
    )  # fmt: skip
