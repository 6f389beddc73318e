"""Types are looked through by one thread at a time: two at once crash the process (seen with msgspec 0.22)."""

from __future__ import annotations

import subprocess
import sys

RACE = """
import sys, threading, msgspec
from gateway.http.answer import decoder_of

sys.setswitchinterval(1e-6)
for _ in range(60):
    class Person(msgspec.Struct):
        id: int
        name: "str | None" = None
    class People(msgspec.Struct):
        people: list[Person]
    globals()["Person"] = Person
    ready = threading.Barrier(8)
    def read():
        ready.wait()
        decoder_of(People).decode(b'{"people": [{"id": 1}]}')
    threads = [threading.Thread(target=read) for _ in range(8)]
    for each in threads: each.start()
    for each in threads: each.join()
"""


def test_many_threads_may_meet_a_type_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
