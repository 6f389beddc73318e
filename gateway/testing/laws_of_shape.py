"""The laws of what a plugin says of itself, before the first call."""

from __future__ import annotations

import inspect
import re
from collections import Counter

from gateway import hookspecs
from gateway.model import Vendor
from gateway.testing.stage import CALLING, HOOKS, Stage

_SECRET = re.compile(r"(^|_)(api_?key|key|secret|password|token)$")


class ShapeLaws(Stage):
    """What holds before the first call."""

    def test_hooks_are_all_there(self) -> None:
        """The core finds every hook by its name and its mark; one it does not find is never called.

        Red: write the function, put `@hookimpl` on it, take only arguments the hook has; or name the hook in
        `describe().cannot` with the reason.
        """
        cannot = self.describe().cannot
        for hook in HOOKS:
            function = getattr(self.plugin, hook, None)
            if function is None and hook in cannot:
                continue
            self.must(
                callable(function),
                f"there is no function {hook}, and describe().cannot does not name it",
                "each hook is a function of the plugin, or named in `cannot`",
            )
            self.must(
                hasattr(function, f"{hookspecs.PROJECT}_impl"),
                f"{hook} is not marked with @hookimpl",
                "each hook carries the mark by which it is found",
            )
            promised = list(inspect.signature(getattr(hookspecs, hook)).parameters)
            alien = set(inspect.signature(function or hookspecs.describe).parameters).difference(promised)
            self.must(
                not alien,
                f"{hook} takes {', '.join(sorted(alien))}; the hook has only {', '.join(promised)}",
                "a hook takes some or all of its arguments, by their names",
            )

    def test_describe_is_pure(self) -> None:
        """`describe` is asked before there are settings or a network, and by commands that list plugins.

        Red: answer a Vendor made of constants: the same at every call, nothing read and no call made.
        """
        self.asked = "describe, twice"
        first, second = self.describe(), self.describe()
        self.must(isinstance(first, Vendor), f"describe answered {type(first).__name__}", "a Vendor")
        self.must(first == second, "describe answered something else the second time", "the same Vendor")
        self.must(not self.vendor.wire.journal, "describe called the vendor", "no call")
        self.must(
            re.fullmatch(r"[a-z][a-z0-9-]*", first.name),
            f"the name {first.name!r} is not like 'my-vendor'",
            "small letters, digits and hyphens, a letter first",
        )
        self.must(first.kinds, "describe names no kind of record", "at least one kind")
        for what, names in (("kind", first.kinds), ("setting", first.settings)):
            twice = [name for name, times in Counter(each.name for each in names).items() if times > 1]
            self.must(not twice, f"describe names the {what} {', '.join(twice)} twice", f"each {what} once")

    def test_settings_are_secret_when_named_so(self) -> None:
        """A secret setting cannot be printed, logged or written into `gateway.toml` in clear.

        Red: declare the setting with `secret=True`.
        """
        self.asked = "describe"
        for setting in self.describe().settings:
            self.must(
                setting.secret or not _SECRET.search(setting.name.lower()),
                f"the setting {setting.name!r} is named like a secret but not declared secret",
                "what is called a key, secret, password or token is secret",
            )

    def test_what_cannot_be_done_has_a_reason(self) -> None:
        """The reason stands in front of the operator, and in the record of why a person's data stayed.

        Red: in `describe().cannot`, name a hook, and say why in one sentence that ends with a full stop.
        """
        self.asked = "describe"
        for hook, reason in self.describe().cannot.items():
            self.must(
                hook in CALLING,
                f"describe().cannot names {hook!r}, which is none of {', '.join(CALLING)}",
                "the name of a hook",
            )
            sentence = len(reason.split()) >= 3 and reason.endswith(".") and "\n" not in reason
            self.must(
                sentence, f"the reason for {hook!r} is no sentence: {reason!r}", "one sentence, full stop"
            )
