"""The tables of gateway.toml for `gateway serve`: when what is done, and how this node behaves."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import PlainValidator, model_validator

from gateway.settings.mistakes import quoted
from gateway.settings.period import read_duration
from gateway.settings.tables import Table, key
from gateway.settings.values import A_DURATION, Duration, SaidText, choice, wrong

Turn = timedelta | str
"""When something is done again: so long after the last time, or as five fields of cron."""

A_TURN = 'a time such as "6 hours", or five fields of cron such as "0 6 * * 1-5"'
_CRON = re.compile(r"[-0-9a-z*/,]+( +[-0-9a-z*/,]+){4}", re.IGNORECASE)
_SHORTEST = timedelta(seconds=1)


def _turn(value: object) -> Turn:
    if not isinstance(value, str):
        raise wrong(f"must be {A_TURN}")
    if _CRON.fullmatch(value.strip()):
        return value.strip()
    try:
        every = read_duration(value)
    except ValueError as err:
        raise wrong(str(err) or f"{quoted(value)} is not {A_TURN}") from err
    if every < _SHORTEST:
        raise wrong("must be at least 1 second")
    return every


def _listen(value: object) -> str:
    text = value if isinstance(value, str) else ""
    host, found, port = text.rpartition(":")
    if not found or not host or not port.isdigit() or int(port) > 65535:
        raise wrong('must be an address and a port such as "127.0.0.1:9464"')
    return text


TurnValue = Annotated[Turn, PlainValidator(_turn)]
Listen = Annotated[str, PlainValidator(_listen)]
A_LISTEN = 'an address and a port such as "127.0.0.1:9464"'


class OwnSchedule(Table):
    """`[processors.NAME.schedule]`: what is different there."""

    fetch: TurnValue | None = key(None, A_TURN, "When what is held there is read.")
    verify: TurnValue | None = key(None, A_TURN, "When deletions there are looked at, all together.")
    look_again: TurnValue | None = key(
        None, A_TURN, "When it is looked again whether what was gone has stayed gone."
    )


class Schedule(Table):
    """`[schedule]`: when what is done, for all processors."""

    fetch: TurnValue = key("6 hours", A_TURN, "When what is held is read.", validate_default=True)
    verify: TurnValue = key(
        "1 hour", A_TURN, "When deletions are looked at, all together.", validate_default=True
    )
    look_again: TurnValue = key(
        "1 day",
        A_TURN,
        "When it is looked again whether what was gone has stayed gone.",
        validate_default=True,
    )
    plan: TurnValue = key(
        "1 hour",
        A_TURN,
        "When it is worked out what is due, and whom to ask for new consent.",
        validate_default=True,
    )
    checkpoint: TurnValue = key("1 hour", A_TURN, "When the trail is signed.", validate_default=True)
    agreements: TurnValue = key(
        "1 day", A_TURN, "When it is looked whether agreements run out.", validate_default=True
    )
    tidy: TurnValue = key(
        "1 day", A_TURN, "When what the engine has finished is forgotten.", validate_default=True
    )


class Daemon(Table):
    """`[daemon]`: how this node behaves."""

    name: SaidText = key("", "text", "How this node is called; without it, by its machine and its process.")
    listen: Listen = key(
        "127.0.0.1:9464",
        A_LISTEN,
        "Where `/healthz`, `/readyz` and `/metrics` answer.",
        validate_default=True,
    )
    log: Annotated[Literal["console", "json"], choice("console", "json")] = key(
        "console", "console or json", "How the log is written, on stderr."
    )
    tick: Duration = key("2 seconds", A_DURATION, "How often it looks for work.", validate_default=True)
    beat: Duration = key("10 seconds", A_DURATION, "How often it says that it lives.", validate_default=True)
    silence: Duration = key(
        "1 minute", A_DURATION, "After how long without a word a node counts as dead.", validate_default=True
    )

    @model_validator(mode="after")
    def _in_order(self) -> Daemon:
        if self.tick < _SHORTEST or self.beat < _SHORTEST:
            raise wrong("tick and beat must be at least 1 second")
        if self.silence < 3 * self.beat:
            raise wrong("silence must be at least three times beat")
        return self
