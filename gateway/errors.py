"""Every error the gateway knows, sorted by what happens next.

GatewayError
├── SettingsError       the operator fixes a file or a command; nothing was started
├── PluginError         the plugin broke its promise
└── VendorError
    ├── UnavailableError   the vendor cannot answer now; again by itself
    ├── ThrottledError     too many calls; again at `retry_at`
    ├── RefusedError       credentials or rights; the account stops until the operator acts
    └── GarbledError       the answer is not understood

No message carries a secret or personal data. The docstring is the message of an error raised without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class GatewayError(Exception):
    """Something went wrong in the gateway."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class SettingsError(GatewayError):
    """A file or a command is not as it has to be.

    `mistakes` holds one sentence a mistake: where it is, what is wrong and what would be right.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes: Sequence[str] = mistakes


class PluginError(GatewayError):
    """The plugin broke its promise."""


class VendorError(GatewayError):
    """The vendor did not do what was asked."""


class UnavailableError(VendorError):
    """The vendor cannot be reached or cannot answer now.

    `retry_at` (aware, UTC) is the earliest time worth trying, where the vendor or its notes name one.
    """

    def __init__(self, message: str = "", *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class ThrottledError(VendorError):
    """No more calls may be made for now.

    `retry_at` (aware, UTC) is when the next call may be made.
    """

    def __init__(self, message: str = "", *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class RefusedError(VendorError):
    """The vendor refused the credentials or the rights of this account."""


class GarbledError(VendorError):
    """The vendor's answer is not understood."""
