"""The simulated identity server: applications, grants, tokens, and who is let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from gateway_invenias.simulator_calls import Body, NoError, answer, body_of
from gateway_invenias.simulator_data import Tenant
from gateway_invenias.simulator_lists import write_moment

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLIENT_ID, CLIENT_SECRET = "5f0c2a34-9d1b-4c7e-8a55-1b2c3d4e5f60", "fictional-client-secret"
USERNAME, PASSWORD = "gateway-api@example.org", "fictional-password"
REPLY_URL = "https://gateway.example.org/reply"
FORM = "application/x-www-form-urlencoded"
YEARS = {"OneYear": 1, "TwoYears": 2, "FiveYears": 5}


class SignIn(Tenant):
    """Three grants: password, a code from the browser, and the refresh token the code was traded for."""

    token_life: timedelta
    unknown_application: int
    refused_sign_in: int
    client_credentials: bool
    rotate_refresh: bool
    expired_application: int

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.client_secret = CLIENT_SECRET
        self.disabled = False
        self._tokens: dict[str, datetime] = {}
        self._codes: set[str] = set()
        self._refresh: set[str] = set()

    def revoke_tokens(self) -> None:
        """All access tokens stop working: the user was renamed, or the tenant moved, say."""
        self._tokens.clear()

    def reset_password(self) -> None:
        """Access and refresh tokens stop working."""
        self._tokens.clear()
        self._refresh.clear()

    def new_refresh_token(self) -> str:
        """As the browser's sign-in and the trade of its code give one."""
        token = f"refresh-{self.new_id()}"
        self._refresh.add(token)
        return token

    def authorize(self, request: Request) -> Response:
        """Where the browser signs in: the code travels back in the reply URL."""
        asked = request.args
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") != REPLY_URL:
            return answer({"error": "invalid_request"}, 400)
        code = f"code-{self.new_id()}"
        self._codes.add(code)
        reply = urlencode({"code": code, "state": asked.get("state", "")})
        return Response(status=302, headers={"Location": f"{REPLY_URL}?{reply}"})

    def token(self, request: Request) -> Response:
        """The token call."""
        form = request.form
        if request.mimetype != FORM:
            return self._no("invalid_client")
        if self.unknown_application > 0:
            self.unknown_application -= 1
            return self._no("invalid_client", "The client application is not known")
        client = (form.get("client_id"), form.get("client_secret"))
        if request.authorization is not None:
            client = (request.authorization.username, request.authorization.password)
        if client != (CLIENT_ID, self.client_secret):
            return self._no("invalid_client")
        grant = form.get("grant_type")
        if grant == "password":
            known = (form.get("username"), form.get("password")) == (USERNAME, PASSWORD)
            return self._granted() if known and not self.disabled else self._no("invalid_grant")
        if grant == "authorization_code":
            return self._trade(self._codes, form.get("code", ""))
        if grant == "refresh_token":
            return self._trade(self._refresh, form.get("refresh_token", ""))
        if grant == "client_credentials" and self.client_credentials:
            return self._granted()
        return answer({"error": "unsupported_grant_type"}, 400)

    def _trade(self, known: set[str], given: str) -> Response:
        """A code works once; a refresh token too, unless `rotate_refresh` is off."""
        if given not in known or self.disabled:
            return self._no("invalid_grant")
        if known is self._codes or self.rotate_refresh:
            known.remove(given)
            given = self.new_refresh_token()
        expires = self.now() + timedelta(days=3650)
        refresh: Body = {"refresh_token": given, "refresh_token_expires_on": write_moment(expires)}
        return self._granted({"id_token": "fictional-id-token", **refresh})

    def _granted(self, further: Body | None = None) -> Response:
        token = f"token-{self.new_id()}"
        self._tokens[token] = self.now() + self.token_life
        seconds = int(self.token_life.total_seconds())
        granted = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
        return answer({**granted, **(further or {})})

    def _no(self, error: str, text: str = "") -> Response:
        body = {"error": error, "error_description": text} if text else {"error": error}
        return answer(body, self.refused_sign_in)

    def let_in(self, request: Request) -> None:
        """Refuse with 401 whoever has no token that works; 400 for a header that is none."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind and kind != "Bearer":
            raise NoError(400, "The Authorization header cannot be verified")
        if self.disabled or self._tokens.get(token, self.now()) <= self.now():
            raise NoError(401, "Authorization has been denied for this request.")
        if self.expired_application:
            raise NoError(self.expired_application, "The application is not available")

    # Registered applications

    def register(self, request: Request) -> Response:
        return answer(self._application(body_of(request), CLIENT_SECRET))

    def renew(self, request: Request, client_id: str) -> Response:
        """A new secret; the old one stops working."""
        if client_id != CLIENT_ID:
            raise NoError(404)
        application = self._application(
            {"Name": "Gateway", "Expiration": request.args.get("expiration")},
            f"fictional-secret-{self.new_id()}",
        )
        self.client_secret, self.expired_application = application["ClientSecret"], 0
        return answer(application)

    def _application(self, asked: Body, secret: str) -> Body:
        """An application as it is shown; a reply URL belongs to the code flow."""
        if asked.get("Expiration") not in YEARS:
            raise NoError(400, "Expiration is OneYear, TwoYears or FiveYears")
        flow = asked.get("FlowType") or "ResourceOwner"
        expires = self.now() + timedelta(days=365 * YEARS[asked["Expiration"]])
        return {
            "ClientId": CLIENT_ID,
            "ClientSecret": secret,
            "ExpiresOn": write_moment(expires),
            "IsEnabled": True,
            "Name": asked.get("Name"),
            "ReplyUrl": asked.get("ReplyUrl") if flow == "Code" else None,
            "FlowType": flow,
        }
