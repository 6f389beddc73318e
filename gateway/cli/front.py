"""The commands by name, where each is found, and the help that lists them. It imports nothing, so that help is quick."""

from __future__ import annotations

SECTIONS = (
    (
        "To begin",
        (
            ("init", "setting_up:init", "Make gateway.toml, the keys and the ledger in a folder."),
            ("check", "checking:check", "Say everything that is wrong with the set-up."),
            ("plugins", "plugging:plugins", "List the plugins, what each needs and what it cannot do."),
            ("check-plugin", "trying:check_plugin", "Try a plugin on the laws of the contract."),
            ("demo", "demonstrating:demo", "Show a sync against three vendors on this machine."),
        ),
    ),
    (
        "Every day",
        (
            ("sync", "syncing:sync", "Fetch, carry out what is due, and look whether it is true."),
            ("cases", "casework:cases", "List what is under way, and the plans that wait."),
            ("case", "casework:case", "Show one case, step by step."),
            ("approve", "casework:approve", "Let a plan that waits begin, or drop it."),
            ("questions", "asking:questions", "List what only a person can say."),
            ("answer", "asking:answer", "Answer a question."),
            ("stop", "braking:stop", "Stop all deletions, or those at one processor."),
            ("resume", "braking:resume", "Let what is stopped go on."),
        ),
    ),
    (
        "One person",
        (
            ("erase", "people:erase", "Erase a person everywhere, because they asked."),
            ("audit", "people:audit", "Ask every processor what it holds on a person."),
            ("consent", "consent:consent", "Import, show and withdraw consents."),
            ("event", "happening:event", "Write down and show what happened to a person."),
            ("hold", "holding:hold", "Keep what is held on a person from being erased."),
            ("freeze", "holding:freeze", "Let what is held on a person only be stored."),
            ("release", "holding:release", "End a hold or a freeze."),
            ("holds", "holding:holds", "List what is held back, nearest end first."),
            ("extend", "extending:extend", "Put off the answer to a request, once."),
            ("letter", "lettering:letter", "Draft a letter on what stays, and why."),
        ),
    ),
    (
        "Rules",
        (
            ("policy", "policing:policy", "Lint and show the rules, and approve a change."),
            ("plan", "planning:plan", "Show what falls due, week by week."),
            ("bulk", "bulk:bulk", "List what a person deletes where calls do not suffice."),
            ("duties", "owing:duties", "List what only people can do, and by when."),
            ("why", "explaining:why", "Say why a date is what it is."),
        ),
    ),
    (
        "The ledger",
        (
            ("backup", "safekeeping:backup", "Write the ledger into a new file."),
            ("restore", "safekeeping:restore", "Put a backup in the place of the ledger."),
            ("move", "safekeeping:move", "Move the ledger to another database."),
            ("upgrade", "safekeeping:upgrade", "Bring an older ledger up to date."),
            ("key", "safekeeping:key", "Change the master key."),
        ),
    ),
    (
        "The daemon",
        (
            ("serve", "serving:serve", "Run until told to stop: everything, in its time."),
            ("nodes", "serving:list_nodes", "List who is at work on this ledger, and at what."),
            ("schedule", "serving:schedule", "Show the last and the next turn of everything."),
        ),
    ),
    ("Proof", (("trail", "proving:trail", "Verify, show and export the trail."),)),
)
"""Each section with its commands: name, `module:attribute` in this package, and what it does."""

OPTIONS = (
    ("--settings FILE", "The settings; else $GATEWAY_SETTINGS, or gateway.toml here."),
    ("-v, --verbose", "Show the calls to the vendors; of a bug, where it is."),
    ("--version", "Show the version."),
    ("-h, --help", "Show this message. Each command has its own."),
)

HEAD = """\
Usage: gateway [OPTIONS] COMMAND [ARGS]...

  Does what a candidate is owed at every processor that holds them, proves
  it, and explains it.
"""


def targets() -> dict[str, str]:
    """Where each command is found."""
    return {name: target for _, commands in SECTIONS for name, target, _ in commands}


def help_text() -> str:
    """The help of `gateway` itself."""
    lines = [HEAD]
    for title, commands in SECTIONS:
        lines += [f"{title}:", *(f"  {name:<13} {text}" for name, _, text in commands), ""]
    lines += ["Options:", *(f"  {name:<16} {text}" for name, text in OPTIONS)]
    return "\n".join(lines) + "\n"
