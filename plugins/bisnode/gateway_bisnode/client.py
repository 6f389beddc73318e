"""Bisnode's dialect: the addresses, the sign-in, one signed call, and their ways of saying no."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from gateway import Account, GarbledError, RefusedError, Response
from gateway_bisnode.records import HOSTS

CONSUMERS, MONITORING = "consumer-intelligence/v3", "credit-monitoring-companies/v1"
NOES = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 422, 451})


class Token(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


class Fault(msgspec.Struct, rename="camel"):
    """Their error body. Its words are never told on: they may name a person."""

    status: int = 0
    error: str = ""
    sub_errors: list[dict[str, Any]] = []


def addresses(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Where the API is and where the sign-in: those of the environment, unless a setting names another."""
    api, login = HOSTS[settings["environment"]]
    own = settings["url"].rstrip("/")
    return api if own == HOSTS["production"][0] else own, settings["token_url"] or login


def sign_in(account: Account) -> tuple[str, datetime]:
    own, asked_at = account.settings, account.now()
    form = {"grant_type": "client_credentials", "scope": own["scope"]}
    auth = (own["client_id"], own["client_secret"].reveal())
    reply = account.http.request(
        "POST", addresses(own)[1], form=form, auth=auth, accept=NOES, repeatable=True
    )
    if reply.status >= 400:
        what = re.sub("[^a-z_]", "", fault_of(reply).error)
        said = " ".join(filter(None, (f"sign-in: {reply.status}", what)))
        raise RefusedError(f"{said}; check client_id, client_secret, scope and environment")
    token = reply.json(Token)
    return token.access_token, asked_at + timedelta(seconds=token.expires_in)


def call(
    account: Account, method: str, path: str, *, accept: Collection[int] = (200,), **more: Any
) -> Response:
    """One call, signed; a token that ran out is renewed once. An answer that is not in `accept` is raised."""
    url = f"{addresses(account.settings)[0]}/{path}"
    for _ in range(2):
        token = account.recall("token", partial(sign_in, account))
        signed = {"Authorization": f"Bearer {token}"}
        answer = account.http.request(method, url, headers=signed, accept=NOES, **more)
        if answer.status != 401:
            break
        account.forget("token", token)
    where = f"{method} /{'/'.join(path.split('/')[:3])}: {answer.status}"
    if answer.status in accept:
        if answer.status == 404 and fault_of(answer).status != 404:
            raise GarbledError(f"{where}, but not in the vendor's words: it is no proof of absence")
        return answer
    fields = (re.sub(r"[^A-Za-z_.]", "", str(each.get("field"))) for each in fault_of(answer).sub_errors)
    if named := ", ".join(fields):
        where += f" (fields: {named})"
    if answer.status in {401, 403}:
        raise RefusedError(f"{where}; check that the client and `scope` cover this product")
    raise GarbledError(where)


def fault_of(answer: Response) -> Fault:
    """Their error body; an empty one where the body is none."""
    try:
        return answer.json(Fault)
    except GarbledError:
        return Fault()
