"""Letters for a person to finish and send: to whom a case is about, or to a processor that decides for itself."""

from __future__ import annotations

from gateway.letters.drafting import draft
from gateway.letters.wording import LANGUAGES, Letter

__all__ = ["LANGUAGES", "Letter", "draft"]
