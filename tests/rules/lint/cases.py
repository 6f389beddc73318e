"""For each check a policy and register that have it, and the same put right: `have`, `right`, where and what it says."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

PAST, SOON, FAR = date(2026, 1, 31), date(2027, 1, 31), date(2032, 1, 31)


class Case(NamedTuple):
    """`have` and `right` are the processors and the parts of a policy, as tests/rules/lint/conftest.py makes them."""

    have: dict[str, Any]
    right: dict[str, Any]
    severity: str
    place: str
    wrong: str
    instead: str


def notice(severity: str, name: str, have: Any, right: Any, wrong: str, instead: str, **rest: Any) -> Case:
    return Case(
        {"notice": {name: have}} | rest, {"notice": {name: right}} | rest, severity, f"notice.{name}", wrong, instead
    )  # fmt: skip


def register(
    severity: str, key: str, have: dict[str, Any], right: dict[str, Any], wrong: str, instead: str
) -> Case:
    parts = ({"processors": {"shl": each}} for each in (have, right))
    return Case(*parts, severity, f"processors.shl.{key}", wrong, instead)


def party(section: str, severity: str, key: str, have: Any, right: Any, wrong: str, instead: str) -> Case:
    parts = ({section: {"firm": {"title": "Oppdragsgiver"} | each}} for each in (have, right))
    return Case(*parts, severity, f"{section}.firm.{key}", wrong, instead)


def purpose(severity: str, key: str, have: Any, right: Any, wrong: str, instead: str, **sets: Any) -> Case:
    data_sets = {"cv": sets or {"fields": ("name",)}}
    parts = (
        {"purposes": {"work": {"data_sets": ("cv",), "proof": "note 1"} | each}, "data_sets": data_sets}
        for each in (have, right)
    )
    return Case(*parts, severity, f"purposes.work{key}", wrong, instead)


def keep(severity: str, key: str, have: Any, right: Any, wrong: str, instead: str) -> Case:
    whole = {"data_sets": ("reports",), "ground": "claims", "text": "For claims.", "readers": ("MD",)}
    parts = ({"keeps": {"K1": whole | each}} for each in (have, right))
    return Case(*parts, severity, f"keeps.K1{key}", wrong, instead)


RULED = {"rules": {"P1": {"purposes": ("work",), "data_sets": (), "start": ("updated",), "period": "1 year"}}}
BOTH = ("consent", "legitimate-interests")
RIGHTS = (
    "access", "rectification", "erasure", "restriction", "portability", "objection", "withdrawal", "complaint",
)  # fmt: skip
ABROAD = {"transfer_basis": "adequacy", "country": "GB"}
CLIENTS = {"clients": {"fields": ("name", "phone")}}


def disclosed(fields: tuple[str, ...]) -> dict[str, Any]:
    return {
        "purposes": {"work": {"data_sets": ("cv",), "recipients": ("clients",)}},
        "data_sets": {"cv": {"fields": fields}},
        "recipients": CLIENTS,
    }


def collected(fields: tuple[str, ...]) -> dict[str, Any]:
    return {
        "purposes": {"work": {"data_sets": ("cv",), "fields": ("name", "phone")}},
        "data_sets": {"cv": {"fields": fields}},
    }


def counted(period: str) -> dict[str, Any]:
    rule = {"purposes": ("work",), "data_sets": ("cv",), "start": ("updated",), "period": period}
    return {
        "purposes": {"work": {"about": "recruitment", "data_sets": ("cv",)}}, "data_sets": {"cv": {}}, "rules": {"P1": rule}
    }  # fmt: skip


LISTED = {"closed_list": True, "suppliers": ("shl",)}

CASES: dict[str, Case] = {
    "L1": notice(
        "broken", "inform_within", "3 months", "1 month", "told within 3 months; the law gives 1 month",
        "promise 1 month",
    ),
    "L2": keep(
        "warning", "", {"period": "3 years", "readers": ()}, {"period": "3 years"}, "nobody is named who may read it",
        "on which ground",
    ),
    "L3": notice(
        "broken", "withdrawal_erases", "all", "per-data-set", "and yet some stay: data_sets.invoices",
        "per-data-set", data_sets={"invoices": {"duty": "bookkeeping"}},
    ),
    "L4": register(
        "broken", "transfer_basis", {"country": "US", "transfer_basis": "nda"},
        {"country": "US", "transfer_basis": "scc"}, "a promise of secrecy", "one of adequacy, scc, bcr, derogation",
    ),
    "L5": notice(
        "warning", "supplier_names", "on-request", "listed", "only to who asks", "name them in the notice"
    ),
    "L6": notice("broken", "accepted_by", "use", "nothing", "taken for agreement", "strike the sentence"),
    "L7": purpose(
        "broken", ".bases", {"bases": ("consent",)}, {"bases": ("consent", "legal-obligation")},
        "consent alone carries cv (criminal data)", "legal-obligation or public-task", special=("criminal",),
    ),
    "L8": notice(
        "broken", "public_list_fields", ("navn", "alder", "yrkestittel", "kommune"),
        ("navn", "alder", "yrkestittel", "kommune", "antall søkere", "kjønn"), "not the number and gender",
        "each advert",
    ),
    "L9": notice(
        "broken", "rights", ("access", "rectification", "erasure", "complaint", "withdrawal"), RIGHTS,
        "does not tell people of restriction and portability", "name restriction and portability too",
        purposes={"work": {"bases": ("consent",)}},
    ),
    "L10": notice(
        "broken", "retention", "none", "periods", "neither how long", "for recruitment, the law as shipped starts from 1 year"
    ),
    "L11": Case(
        {"notice": LISTED, "processors": {"shl": {}, "frantz": {"role": "controller"}}},
        {"notice": LISTED, "processors": {"shl": {}}},
        "broken", "notice.closed_list", "the register has frantz too", "name them all",
    ),
    "L12": register(
        "note", "transfer_until", ABROAD | {"transfer_until": SOON}, {"country": "NL"},
        "the decision that GB is adequate ends 2027-01-31", "settle before then",
    ),
    "L13": register(
        "warning", "own_purposes", {"own_purposes": True}, {"own_purposes": True, "role": "controller"},
        "for purposes of its own", 'role = "controller"',
    ),
    "L14": party(
        "recipients", "warning", "arrangement", {"erases": "on-instruction"},
        {"erases": "on-instruction", "arrangement": "Contract 4"}, "Oppdragsgiver must erase, and nothing binds them",
        "name the arrangement",
    ),
    "L15": Case(
        {"published": "2024-12-31"}, {"published": "2025-01-01"}, "warning", "policy.published",
        "the policy is of 2024-12-31; the law changed on 2025-01-01", "publish it with a new date",
    ),
    "L16": party(
        "controllers", "warning", "named_as", {"named_as": "Daglig leder"}, {"named_as": ""},
        "names Daglig leder as the controller in place of Oppdragsgiver", "name Oppdragsgiver",
    ),
    "L17": purpose(
        "broken", ".bases", {"about": "marketing", "bases": BOTH}, {"about": "marketing"},
        "work rests on consent and legitimate-interests at once", "part customers from all others",
    ),
    "L18": party(
        "recipients", "warning", "disclaimed", {"disclaimed": True}, {"disclaimed": False}, "does not answer",
        "passed on to them",
    ),
    "L19": Case(
        disclosed(("name", "phone", "nationality")), disclosed(("name", "phone")), "warning", "data_sets.cv.fields",
        "nor said to be needed: nationality", "stop collecting it",
    ),
    "L20": register(
        "warning", "sub_processors", {"own_purposes": True, "sub_processors": ("Facebook", "Snapchat")},
        {"sub_processors": ("Facebook", "Snapchat")}, "passes them to Facebook and Snapchat", "a table of its own",
    ),
    "keep-without-end": keep(
        "broken", ".period", {}, {"until_event": "employment-ended"}, "kept without an end", "give it a period"
    ),
    "retention-missing": Case(
        {"purposes": {"work": {"bases": ("legitimate-interests",), "data_sets": ("cv",)}}},
        {"purposes": {"work": {"bases": ("legitimate-interests",), "data_sets": ("cv",)}}} | RULED,
        "broken", "purposes.work", "nothing but an objection ends it", "add a rule",
    ),
    "longer-than-law": Case(
        counted("3 years"), counted("1 year"), "note", "rules.P1.period", "N1 acts, unless a consent stands", "1 year"
    ),
    "two-bases": purpose(
        "warning", ".bases", {"bases": BOTH}, {"bases": ("consent",)}, "who withdraws consent cannot know", "split"
    ),
    "basis-proof": purpose(
        "warning", ".proof", {"proof": " "}, {}, "nothing proves that work has consent as its basis", "the consent rows"
    ),
    "field-unneeded": Case(
        collected(("name", "phone", "gender")), collected(("Name", "phone")), "warning", "data_sets.cv.fields",
        "needed by none of work: gender", "stop collecting it",
    ),
    "agreement-unsigned": register(
        "warning", "signed", {"signed": None}, {}, "no day on which it was signed", "no data before that day"
    ),
    "agreement-expired": register(
        "broken", "agreement_until", {"agreement_until": PAST}, {"agreement_until": SOON}, "ran out 2026-01-31", "renew it"
    ),
    "transfer-missing": register(
        "broken", "transfer_basis", {"country": "US"}, {"country": "IS"}, "data go to US, outside the EEA", "one of adequacy"
    ),
    "transfer-ends": register(
        "broken", "transfer_until", {"transfer_basis": "scc", "transfer_until": PAST}, {"transfer_basis": "scc"},
        'the basis of the transfer ("scc") ended 2026-01-31', "stop the transfer",
    ),
    "arrangement-missing": party(
        "recipients", "warning", "arrangement", {"role": "joint"}, {"role": "joint", "arrangement": "Art. 26 no. 1"},
        "no arrangement is named", "publish the essence",
    ),
    "law-off": Case(
        {"law": {"G11": "off"}}, {"law": {"G2": "warn"}}, "broken", "law.G11", "is stated in the law", 'G11 = "on"'
    ),
}  # fmt: skip
