"""The JSON document of `gateway plan`, member by member, beside those in documents.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PLAN = {
    "policy": "the title of the policy it goes by",
    "version": "its version",
    "people": "how many people were looked at",
    "people_due": "for how many of them something falls due",
    "late": "how many deletions will be past their date",
    "weeks[].week": "a week of the calendar in which something falls due, such as 2027-W05",
    "weeks[].begins": "its Monday",
    "weeks[].kind": "erase, ask (for new consent), inform, or keep-ends",
    "weeks[].processor": "where; null where it is about the person as such",
    "weeks[].count": "how many: of people, each once a day at each processor",
    "processors[].name": "the name in gateway.toml",
    "processors[].way": "calls, by-hand, own-controller, or never (while it cannot be called)",
    "processors[].why": "why it is not done by calls; null where it is",
    "processors[].under_way": "how many open steps there take calls",
    "processors[].tasks": "how many open steps there wait for a person",
    "processors[].due": "how many deletions fall due there",
    "processors[].ends": "the day the last of them is done; null where there is none, or it never ends",
    "processors[].late": "how many will be past their date",
    "processors[].late_already": "how many of them are past it before anything can be done",
    "processors[].calls_a_day": "what the narrowest call limit allows a day; null without a limit",
    "processors[].calls_a_person": "how many calls a proven deletion is reckoned with",
    "processors[].measured_on": "on how many people that was measured; 0 where it is taken for granted",
    "processors[].calls_to_read_a_day": "how many calls a day reading takes first",
    "processors[].enough_calls_a_day": "the fewest calls a day at which no more are late; null where calls do not matter",
    "processors[].reads_to_prove": "how many reads prove the late ones, deleted in the vendor's own screen; null for none",
    "processors[].late_days[].due": "the day they fell due (of cases under way, the day before the plan)",
    "processors[].late_days[].by": "the day they had to be erased by",
    "processors[].late_days[].people": "how many were due that day",
    "processors[].late_days[].late": "how many of them will be late",
    "processors[].late_days[].ends": "the day the last of them is done; null for never",
}

OF_PLAN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "plan": {
            "made": "when the plan was made",
            "from": "the first day it looks at",
            "until": "the last",
            **_PLAN,
            "waits": "whether the rules were changed and the change does not act yet",
            "what_if": "the same by the policy of --what-if; null without it",
            **{f"what_if.{name}": text for name, text in _PLAN.items()},
            "what_if.moved_people": "for how many people a date moves",
            "what_if.differences[].kind": "erase, ask, inform or keep-ends",
            "what_if.differences[].processor": "where; null where it is about the person as such",
            "what_if.differences[].now": "how many data sets (or purposes) fall due by the policy that acts",
            "what_if.differences[].then": "how many by the other",
            "what_if.differences[].more": "how many only by the other",
            "what_if.differences[].fewer": "how many only by the policy that acts",
            "what_if.differences[].earlier": "how many on an earlier day",
            "what_if.differences[].later": "how many on a later day",
            "dates[].person": "with --by-person: the pseudonym of a person",
            "dates[].kind": "erase, ask, inform or keep-ends",
            "dates[].what": "the data set, or (ask, inform) the purpose",
            "dates[].processor": "where; null where it is about the person as such",
            "dates[].date": "the day; null where none is known",
            "dates[].rule": "the rule, keep or hold that decides it; null where there is no day",
            "dates[].then_date": "the day by the other policy; null without one, or where none is known",
            "dates[].then_rule": "what decides it then",
        }
    }
)
