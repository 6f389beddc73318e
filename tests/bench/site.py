"""A gateway in a new folder, as the benchmarks need it: one processor, real ledger, real keys."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway import plugins
from gateway.ledger import Ledger, Vault, make, new_master_key, read_url
from gateway.register import Register, clock
from gateway.settings import load
from gateway.trail import new_signing_key


@contextmanager
def opened(
    plugin: str,
    values: Mapping[str, Any],
    secrets: Mapping[str, str],
    parallel: int,
    now: Callable[[], datetime] = clock,
) -> Iterator[Register]:
    """A register with one processor, named as its plugin."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "master").write_text(new_master_key().reveal())
        (folder / "signing").write_text(new_signing_key().reveal())
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        for key, value in secrets.items():
            (folder / key).write_text(value)
            lines.append(f'{key} = {{ file = "{key}" }}')
        (folder / "gateway.toml").write_text(
            f"""
[gateway]
master_key = {{ file = "master" }}
signing_key = {{ file = "signing" }}
[brake]
people = 1000000
[purposes.recruitment]
[processors.{plugin}]
plugin = "{plugin}"
role = "processor"
agreement = "bench"
location = "here"
parallel = {parallel}
[processors.{plugin}.settings]
"""
            + "\n".join(lines)
        )
        settings = load(folder / "gateway.toml", {})
        url = read_url(str(settings.gateway.ledger.reveal()))
        make(url)
        ledger = Ledger(url, Vault(settings.gateway.master_key))
        register = Register(settings, ledger, plugins.load([plugin]), now=now)
        try:
            yield register
        finally:
            register.close()
            ledger.close()
