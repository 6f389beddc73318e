"""Secrets: `{ env = "NAME" }` and `{ file = "path" }` become a Secret; a plain value is never repeated."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.model import Secret
from gateway.settings.mistakes import quoted

MOST_BYTES = 64 * 1024
REFERENCE = '{ env = "NAME" } or { file = "path" }'


@dataclass(frozen=True, slots=True)
class Source:
    """Where secrets are looked up; `exposed` collects the files that everybody may read."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    exposed: list[str] = field(default_factory=list)

    def read(self, reference: Mapping[str, object]) -> Secret:
        """The secret a reference names; raises ValueError saying what is wrong with what it names."""
        ((kind, name),) = reference.items()
        if not isinstance(name, str) or not name:
            raise ValueError(f"{kind} must name {'a variable' if kind == 'env' else 'a file'}")
        return self._from_environ(name) if kind == "env" else self._from_file(name)

    def _from_environ(self, name: str) -> Secret:
        value = self.environ.get(name)
        if value is None:
            raise ValueError(f"the environment variable {quoted(name)} is not set")
        if not value.strip():
            raise ValueError(f"the environment variable {quoted(name)} is empty")
        try:
            value.encode()
        except UnicodeEncodeError as err:
            raise ValueError(f"the environment variable {quoted(name)} is not UTF-8") from err
        return Secret(value)

    def _from_file(self, name: str) -> Secret:
        path = self.folder / name
        try:
            content = read_regular(path, MOST_BYTES)
            if os.name == "posix" and path.stat().st_mode & stat.S_IROTH:
                self.exposed.append(name)
        except ValueError as err:
            raise ValueError(f"the file {quoted(name)} {err}") from err
        if not content.strip():
            raise ValueError(f"the file {quoted(name)} is empty")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            # Without the cause: it holds the bytes of the secret.
            raise ValueError(f"the file {quoted(name)} is not UTF-8 text") from None
        return Secret(text.rstrip("\r\n"))


def is_reference(value: object) -> bool:
    """Whether a value of the file is a table with exactly `env` or exactly `file`."""
    return isinstance(value, Mapping) and len(value) == 1 and bool(value.keys() & {"env", "file"})


def read_regular(path: Path, most: int) -> bytes:
    """The content of a file; raises ValueError saying why it cannot be read, fit to stand after its name."""
    if "\0" in str(path):
        raise ValueError("is no name a file can have")
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ValueError("is a folder, not a file")
        if not stat.S_ISREG(mode):
            raise ValueError("is not a regular file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError as err:
        raise ValueError("does not exist") from err
    except OSError as err:
        raise ValueError(f"cannot be read: {err.strerror or type(err).__name__}") from err
    if len(content) > most:
        size = f"{most // 1024} KB" if most < 1024 * 1024 else f"{most // 1024 // 1024} MB"
        raise ValueError(f"is larger than {size}")
    return content
