"""`make bench`: every speed goal of the project, as a ratio against a floor measured in the same run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench import calls, erase, fetch, rules, startup, trail
from tests.bench.daemon_goals import (
    durable_steps,
    idling,
    serving_erasures,
    serving_starts,
    two_against_one,
)
from tests.bench.goal import Goal
from tests.bench.vendor import vendor


def fetching(people: int, many: int) -> Iterator[Goal]:
    with fetch.simulator(people) as url:
        for what, *rest in (
            ("floor",),
            ("gateway", 4),
        ):  # the simulator writes its rows once for each selection
            fetch.measure(what, url, *rest)
        pairs = [(fetch.measure("floor", url), fetch.measure("gateway", url, 4)) for _ in range(3)]
    ratio = median(floor["seconds"] / ours["seconds"] for floor, ours in pairs)
    ours = pairs[-1][1]
    rate = people / ours["seconds"]
    yield Goal(
        f"fetch {people:,} people: of the floor", f"{ratio:.2f} ({rate:,.0f}/s)", ">= 0.3", ratio >= 0.3
    )
    yield Goal(f"fetch {people:,}: peak memory", f"{ours['mb']:.0f} MB", "< 150 MB", ours["mb"] < 150)
    with fetch.simulator(many) as url:
        more = fetch.measure("gateway", url, 4)
    growth = more["mb"] / ours["mb"]
    yield Goal(
        f"fetch {many:,}: peak memory", f"x {growth:.2f} ({more['mb']:.0f} MB)", "<= 1.10", growth <= 1.1
    )
    with fetch.simulator(people, latency=0.05) as url:
        faster = _sixteen_against_one("read", url)
        yield Goal("read at 50 ms a page: parallel = 16 against 1", f"x {faster:.1f}", ">= 6", faster >= 6)
        # One page is kept while the next is on its way, and keeping takes as long: page after page loses little.
        faster = _sixteen_against_one("gateway", url)
        yield Goal("… the whole fetch", f"x {faster:.1f}", "", met=True)


def _sixteen_against_one(what: str, url: str) -> float:
    """How much faster sixteen pages at a time are, of `what`; the median of three."""
    fetch.measure(what, url, 16)
    pairs = [(fetch.measure(what, url, 1), fetch.measure(what, url, 16)) for _ in range(3)]
    return median(one["seconds"] / wide["seconds"] for one, wide in pairs)


def erasing() -> Iterator[Goal]:
    ratios, cpu = [], []
    for _ in range(3):
        with vendor(500, 0.02) as url:
            floor = erase.measure("floor", url)
        with vendor(500, 0.02) as url:
            ours = erase.measure("gateway", url)
        ratios.append(floor["seconds"] / ours["seconds"])
        cpu.append(1000 * ours["cpu"] / ours["people"])
    ratio, spent = median(ratios), median(cpu)
    yield Goal("erase 500, 20 ms, parallel = 8: of the floor", f"{ratio:.2f}", ">= 0.7", ratio >= 0.7)
    yield Goal("erase: CPU a person", f"{spent:.1f} ms", "< 8 ms", spent < 8)


def counting() -> Iterator[Goal]:
    people, each, days = calls.counted()
    measured = f"{each:.3f} ({people} people, {days} days)"
    yield Goal(
        "calls a proven deletion at Recman", measured, "<= 1.05", people == calls.PEOPLE and each <= 1.05
    )


def starting() -> Iterator[Goal]:
    bare, ours = startup.measured()
    yield Goal("gateway --help against python -c pass", f"x {ours / bare:.2f}", "<= 2.5", ours / bare <= 2.5)


def trailing() -> Iterator[Goal]:
    chained, ratio = trail.against_the_disk()
    yield Goal(
        "trail, batches of 50: of the disk's commits",
        f"x {ratio:.1f} ({chained:,.0f}/s)",
        ">= 20",
        ratio >= 20,
    )
    hashing, verifying = trail.verified(1_000_000)
    ratio = verifying / hashing
    measured = f"x {ratio:.2f} ({verifying:.1f} s)"
    yield Goal("verify 1,000,000 lines: of hashing them", measured, "<= 2", ratio <= 2)


def scanning(kind: str, people: int) -> Iterator[Goal]:
    """The due-scan: everybody in flat memory, then one in a hundred against the bare select of the same rows."""
    with rules.database(kind) as url:
        rules.measured(url, "fill", people)
        whole = rules.measured(url, "look", people)
        yield Goal(
            f"due-scan of {people:,} on {kind}: peak memory",
            f"{whole['mb']:.0f} MB ({whole['seconds']:.0f} s)", "< 200 MB", whole["mb"] < 200,
        )  # fmt: skip
        ratios, durable = [], []
        for _ in range(5):
            rules.measured(url, "change", people)
            floor = rules.measured(url, "floor", people)
            ours = rules.measured(url, "look", people)
            ratios.append(ours["before_commit"] / floor["seconds"])
            durable.append(ours["seconds"] / floor["seconds"])
        ratio = median(ratios)
        yield Goal(
            f"1 % of {people:,} changed, on {kind}: of the bare select", f"x {ratio:.2f} ({ours['seconds']:.2f} s)",
            "<= 2", ratio <= 2,
        )  # fmt: skip
        yield Goal("… with the next days made durable", f"x {median(durable):.2f}", "", met=True)


def planning(people: int) -> Iterator[Goal]:
    with rules.database("sqlite") as url:
        rules.measured(url, "fill", people)
        ours = rules.measured(url, "plan", people)
    measured = f"{ours['seconds']:.1f} s, {ours['mb']:.0f} MB"
    yield Goal(f"a year's plan for {people:,} people", measured, "<= 10 s", ours["seconds"] <= 10)


def parts(*, quick: bool) -> dict[str, Callable[[], Iterator[Goal]]]:
    """Every part of the table, by the name it can be run alone by."""
    scanned = 50_000 if quick else 1_000_000
    return {
        "fetch": lambda: fetching(20_000 if quick else 100_000, 80_000 if quick else 400_000),
        "erase": erasing,
        "calls": counting,
        "start": starting,
        "trail": trailing,
        "scan-sqlite": lambda: scanning("sqlite", scanned),
        "scan-postgresql": lambda: scanning("postgresql", scanned),
        "plan": lambda: planning(20_000 if quick else 100_000),
        "serve": lambda: serving_erasures(40 if quick else 200),
        "ready": lambda: serving_starts(10_000 if quick else 100_000),
        "nodes": lambda: two_against_one(50 if quick else 200),
        "steps-sqlite": lambda: durable_steps("sqlite", 800 if quick else 4_000),
        "steps-postgresql": lambda: durable_steps("postgresql", 800 if quick else 4_000),
        "idle": idling,
    }


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench")
    reader.add_argument("--quick", action="store_true", help="smaller: to see that it works")
    reader.add_argument(
        "--only", action="append", choices=list(parts(quick=True)), help="this part, and no other"
    )
    asked = reader.parse_args()
    table = Table("measured in this run", "result", "goal", "", title="speed and size")
    console = Console()
    with console.status("measuring …"):
        for name, part in parts(quick=asked.quick).items():
            if asked.only and name not in asked.only:
                continue
            for goal in part():
                table.add_row(
                    goal.what,
                    goal.measured,
                    goal.goal,
                    "" if not goal.goal else "met" if goal.met else "not met",
                )
    console.print(table)


if __name__ == "__main__":
    main()
