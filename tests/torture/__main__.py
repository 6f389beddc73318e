"""The long run: `python -m tests.torture --kills 300 --database postgresql --vendor recman --seed 7`."""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.torture.casting import PAIRS
from tests.torture.playing import Player, Tally
from tests.torture.postgres import Postgres
from tests.torture.theatre import Theatre, Workers

DATABASES = ("sqlite", "postgresql")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=100, help="how many daemons to kill at each database and vendor"
    )
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one; else both")
    parser.add_argument("--vendor", choices=tuple(PAIRS), action="append", help="only this one; else all")
    parser.add_argument("--seed", type=int, default=0, help="what the dice begin with; else by the clock")
    parser.add_argument(
        "--in-a-row", type=int, default=6, help="how many are killed before one is let work to the end"
    )
    parser.add_argument(
        "--commits", action="store_true", help="at each commit in its turn, before and after, once a run"
    )
    parser.add_argument(
        "--points", action="store_true", help="at each point of the code that commits, once a run"
    )
    parser.add_argument("--seconds", type=float, default=0, help="begin no other run after so long")
    return parser.parse_args()


def at_each_commit(player: Player) -> Iterator[Tally]:
    """One kill a run: before and after each commit that a calm run makes."""
    for at, after in itertools.product(range(1, len(player.commits) + 1), (False, True)):
        yield player.at_a_commit(at, after=after)


def at_each_point(player: Player) -> Iterator[Tally]:
    """One kill a run: before and after the first commit at each point of the code that commits."""
    for point, after in itertools.product(sorted(set(player.commits)), (False, True)):
        yield player.play({"at_point": point, "after": after})


def at_random(player: Player, seed: int, in_a_row: int) -> Iterator[Tally]:
    for number in itertools.count(seed):
        yield player.at_random(random.Random(number), in_a_row)


def torture(
    asked: argparse.Namespace, database: str, vendor: str, postgres: Postgres | None, workers: Workers
) -> Tally:
    """Kill as many as asked for, and say how it went, run by run; the first that ends otherwise is an error."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-torture-"))
    total, seed = Tally(), asked.seed or int(time.time())
    end = time.monotonic() + (asked.seconds or 1e9)
    print(f"{database} {vendor}: seed {seed}", flush=True)
    with Theatre(folder, vendor, postgres, workers) as theatre:
        player = Player(theatre)
        print(
            f"a calm run makes {len(player.commits)} commits at {len(set(player.commits))} points", flush=True
        )
        runs = at_random(player, seed, asked.in_a_row)
        if asked.commits or asked.points:
            runs = at_each_commit(player) if asked.commits else at_each_point(player)
        for number, tally in enumerate(runs):
            total.add(tally)
            print(
                f"run {number + 1} (seed {seed + number}): {tally.kills} kills, {tally.again} calls again, "
                f"{tally.seconds:.1f} s; {total.kills} kills so far: {dict(tally.struck)}", flush=True,
            )  # fmt: skip
            if total.kills >= asked.kills or time.monotonic() > end:
                break
    shutil.rmtree(folder)
    return total


def main() -> int:
    asked = read_arguments()
    table: list[tuple[str, str, Tally]] = []
    with ExitStack() as stack:
        workers = Workers()
        stack.callback(workers.close)
        for database in asked.database or DATABASES:
            postgres = Postgres() if database == "postgresql" else None
            if postgres:
                stack.callback(postgres.close)
            for vendor in asked.vendor or tuple(PAIRS):
                table.append((database, vendor, torture(asked, database, vendor, postgres, workers)))
    print("\n| database | vendor | runs | kills | points struck | calls made again | end states equal |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for database, vendor, each in table:
        points = len([name for name in each.struck if not name.startswith("(")])
        equal = f"{each.runs} of {each.runs}"
        print(f"| {database} | {vendor} | {each.runs} | {each.kills} | {points} | {each.again} | {equal} |")
    struck = sum((each.struck for _, _, each in table), start=type(table[0][2].struck)())
    print("\n" + "\n".join(f"{count:5} {name}" for name, count in struck.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
