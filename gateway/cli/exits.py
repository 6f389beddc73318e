"""Errors to exit codes and to what is said of them: no traceback for what a user can cause."""

from __future__ import annotations

import traceback

import click

from gateway.errors import GatewayError, SettingsError, ThrottledError, UnavailableError

DONE, BUG, USAGE, WAITS, NEEDS_YOU = 0, 1, 2, 3, 4
INTERRUPTED = 130
PIPE_CLOSED = 141
MEANINGS = {
    DONE: "all that was asked is done",
    BUG: "a bug in the gateway; of `gateway policy lint`: something in the policy is broken",
    USAGE: "the settings or the command are not as they have to be; nothing was started",
    WAITS: "fine so far; something waits: a person, a vendor's grace, a call limit, another sync",
    NEEDS_YOU: "something needs a person now: an answer not understood, refused credentials, a deadline missed",
}


def code_of(err: GatewayError) -> int:
    """The exit code an error ends a command with."""
    if isinstance(err, SettingsError):
        return USAGE
    if isinstance(err, UnavailableError | ThrottledError):
        return WAITS
    # Only a command that opened the ledger can meet this one, so its import costs nothing more.
    from gateway.ledger import BusyError

    return WAITS if isinstance(err, BusyError) else NEEDS_YOU


def say(err: GatewayError) -> None:
    """Tell the user what went wrong; several mistakes stand below each other."""
    first, *others = str(err).splitlines() or [""]
    if not others:
        click.echo(f"gateway: {first}", err=True)
        return
    click.echo("gateway: this has to be put right first:", err=True)
    for each in (first, *others):
        click.echo(f"  {each}", err=True)


def say_bug(err: BaseException, *, verbose: bool) -> None:
    """Tell the user of a bug in one line: its type only, since its text may hold anything."""
    if verbose:
        click.echo("".join(traceback.format_exception(err)), err=True, nl=False)
    more = "" if verbose else " Run the command again with -v to see where, and"
    please = "Please" if verbose else " please"
    click.echo(
        f"gateway: this is a bug of the gateway ({type(err).__name__}).{more}{please} report it to the project; "
        "README.md says where.",
        err=True,
    )
