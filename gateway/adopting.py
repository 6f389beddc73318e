"""A change of the rules: recorded, and held for a second person where it would erase more people than the brake allows.

By the rules that act, what is due becomes cases.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cases import Planned, Planner
from gateway.errors import SettingsError
from gateway.ledger import Transaction, due, lines, policies
from gateway.register import Register
from gateway.rules import Rules, erasure
from gateway.rules.days import to_micros
from gateway.trail import Entry


@dataclass(frozen=True, slots=True)
class Adopted:
    """Which version acts now, as the ledger numbers it; a newer one that `waits` would newly erase `erases` people."""

    number: int
    waits: int | None = None
    erases: int = 0
    dropped: bool = False


def plan(register: Register, actor: str) -> tuple[Adopted, Planned | None]:
    """Turn what is due into cases; nothing is planned where the rules that act cannot be read any more."""
    adopted = adopt(register, actor)
    if not register.can_plan:
        return adopted, None
    rules = register.rules
    with register.ledger.write() as tx:
        planner = Planner(
            tx, register.ledger.vault, register.places, rules, register.now(), actor, adopted.number
        )
        return adopted, planner.plan(register.brake)


def adopt(register: Register, actor: str) -> Adopted:
    """Let the rules act as they are read now, if they may; otherwise those before them go on."""
    version, body = register.version, register.body
    with register.ledger.write() as tx:
        before = policies.active(tx)
        if before is not None and before.version == version:
            return Adopted(before.id)
        seen = policies.newest(tx, version)
        if before is not None and seen is not None and seen.state in (policies.WAITING, policies.DROPPED):
            dropped = seen.state == policies.DROPPED
            return Adopted(before.id, None if dropped else seen.id, seen.erases, dropped)
        if before is None:
            return Adopted(_act(tx, register, version, body, actor))
        erases = newly_erased(tx, register, before.body)
        allowed = register.brake.allows(due.people(tx))
        if erases <= allowed:
            return Adopted(_act(tx, register, version, body, actor))
        now = register.now()
        number = policies.add(tx, version, body, policies.WAITING, actor, now, erases=erases, allowed=allowed)
        data = {"policy": number, "version": version, "erases": erases, "allowed": allowed}
        lines.append(tx, [Entry(now, actor, "policy-waits", data=data)])
        return Adopted(before.id, number, erases)


def _act(tx: Transaction, register: Register, version: str, body: str, actor: str) -> int:
    now = register.now()
    number = policies.add(tx, version, body, policies.ACTIVE, actor, now)
    due.everybody_changed(tx)
    data = {"policy": number, "version": version}
    lines.append(tx, [Entry(now, actor, "policy", data=data)])
    return number


def newly_erased(tx: Transaction, register: Register, before: str) -> int:
    """How many people the rules as read now would erase today that those `before` them would not."""
    now = to_micros(register.now())
    after = register.rules_by(register.read_policy)
    old: Rules | None
    try:
        old = register.rules_by(register.policy_of(before))
    except SettingsError:
        old = None  # it named what is not there any more: nobody can be said to be due by it
    count = 0
    for some in due.everybody(tx):
        for person in due.facts(tx, some):
            if erasure(after, person, now) is not None:
                count += old is None or erasure(old, person, now) is None
    return count


def answer(register: Register, number: int, actor: str, *, drop: bool = False) -> int:
    """Let the rules of this number act from the next sync on, or drop them; how many people they would newly erase.

    Who changed the rules does not approve of it: another person does. Anybody may drop them.
    """
    now = register.now()
    with register.ledger.write() as tx:
        row = policies.get(tx, number)
        if row is None or row.state != policies.WAITING:
            raise SettingsError(
                f"policy {number}: no version of that number waits; `gateway policy versions` lists them"
            )
        if not drop and row.seen_by == actor:
            raise SettingsError(
                f"policy {number}: was brought in by {actor}; somebody else has to approve of it (or drop it: --drop)"
            )
        policies.answer(tx, number, policies.DROPPED if drop else policies.ACTIVE, actor, now)
        if not drop:
            due.everybody_changed(tx)
        data = {"policy": number, "version": row.version, "erases": row.erases}
        lines.append(tx, [Entry(now, actor, "policy-dropped" if drop else "policy-approved", data=data)])
        return int(row.erases)
