"""Signing in: with a password, or with a refresh token that changes whenever it is used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from gateway import Account, RefusedError, Response, Secret

EARLY = timedelta(minutes=5)


class Token(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str = ""


def sign_in(account: Account) -> tuple[Secret, datetime]:
    """A new access token, and when to ask for the next."""
    by_code = account.settings["grant"] == "code"
    token = _by_refresh_token(account) if by_code else _by_password(account)
    life = timedelta(seconds=token.expires_in)
    return Secret(token.access_token), account.now() + max(life - EARLY, life / 2)


def _by_password(account: Account) -> Token:
    settings = account.settings
    if not settings["username"] or not settings["password"]:
        raise RefusedError('the grant "password" needs the settings username and password')
    who = {"username": settings["username"], "password": settings["password"].reveal()}
    response = _ask(account, {"grant_type": "password", "scope": settings["scope"], **who})
    return _granted(response, "client_id, client_secret, username and password")


def _by_refresh_token(account: Account) -> Token:
    """The stored token that came of the setting's; a setting that was changed has none yet, and is used itself.

    A token that comes with the answer is stored before anything is done with that answer: the old one is dead.
    """
    first = account.settings["refresh_token"]
    if not first:
        raise RefusedError('the grant "code" needs the setting refresh_token')
    name = f"refresh_token {hashlib.sha256(first.reveal().encode()).hexdigest()[:16]}"
    used = account.stored(name) or first
    response = _refresh(account, used)
    newer = account.stored(name)
    if response.status >= 400 and newer and newer != used:  # another process was quicker
        response = _refresh(account, newer)
    token = _granted(response, "client_id and client_secret, or sign in again and set the new refresh_token")
    if token.refresh_token:
        account.store(name, Secret(token.refresh_token))
    return token


def _refresh(account: Account, token: Secret) -> Response:
    return _ask(account, {"grant_type": "refresh_token", "refresh_token": token.reveal()})


def _ask(account: Account, grant: Mapping[str, str]) -> Response:
    settings = account.settings
    client = {"client_id": settings["client_id"], "client_secret": settings["client_secret"].reveal()}
    path = "/identity/connect/token"
    return account.http.request("POST", path, form={**client, **grant}, accept={400, 401}, repeatable=True)


def _granted(response: Response, check: str) -> Token:
    if response.status < 400:
        return response.json(Token)
    said = re.search(r"invalid_\w+|unsupported_grant_type", response.text)
    raise RefusedError(
        f"Invenias refuses the sign-in ({said[0] if said else 'no reason given'}): check {check}; "
        "a new application takes some minutes to become known"
    )
