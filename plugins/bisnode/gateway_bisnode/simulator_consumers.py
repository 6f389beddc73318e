"""Consumer Intelligence, simulated: the firm's consumers, the persons behind them, and the log of events."""

from __future__ import annotations

from collections.abc import Collection

from werkzeug.wrappers import Request, Response

from gateway_bisnode.simulator_answers import RefusalError, as_json
from gateway_bisnode.simulator_state import Row, State

MOST_CONSUMERS = 100
MARKETS = {"NO", "SE", "FI", "DK"}


class ConsumerCalls(State):
    """The calls below /consumer-intelligence/v3."""

    consumers_a_page: int
    events_a_page: int
    token_on_last_page: bool
    consumer_removal: str
    consumer_removal_again: int
    absent_fails_batch: bool
    narrow_rights: set[str]

    def _consumers(self, request: Request) -> Response:
        return self._page(request, "consumers", [*self.consumers.values()], self.consumers_a_page)

    def _events(self, request: Request) -> Response:
        return self._page(request, "auditEvents", self.log(), self.events_a_page)

    def _subscriptions(self, request: Request) -> Response:
        rows = [{**row, "_number": number} for number, row in enumerate(self.subscriptions(), 1)]
        return self._page(request, "subscriptions", rows, self.events_a_page)

    def _page(self, request: Request, name: str, rows: list[Row], size: int) -> Response:
        token = request.args.get("nextPageToken", "0")
        if not token.isdigit():
            raise RefusalError(400, "Unknown page token", [("nextPageToken", token)])
        if "consumer-intelligence" in self.narrow_rights:
            rows = []
        # A token names the last row shown, so that a removal moves nothing.
        left = [row for row in rows if row["_number"] > int(token)]
        shown = left[:size]
        after = str(shown[-1]["_number"]) if shown else token
        if len(left) == len(shown) and not self.token_on_last_page:
            after = ""
        body = [{key: value for key, value in row.items() if key[0] != "_"} for row in shown]
        return as_json({name: body, "nextPageToken": after or None})

    def _upload(self, request: Request) -> Response:
        rows = request.get_json()
        if len(rows) > MOST_CONSUMERS:
            raise RefusalError(400, "At most 100 consumers in a call", [("consumers", str(len(rows)))])
        for number, row in enumerate(rows):
            if row.get("market") not in MARKETS:
                raise RefusalError(400, "Unknown market", [(f"[{number}].market", str(row.get("market")))])
        for row in rows:
            self.upload(row)
        return Response(status=202)

    def _find(self, request: Request, market: str) -> Response:
        """Identify one person in the register, by all that is given of them."""
        if market not in MARKETS:
            raise RefusalError(404, "Unknown market")
        asked = request.get_json()
        fits = [row for row in self.persons.values() if all(row.get(k) == v for k, v in asked.items())]
        if not asked or len(fits) != 1:
            raise RefusalError(404, "Person not found")
        told = {name: fits[0][name] for name in ("fullName", "dateOfBirth", "legalId")}
        return as_json({"gedi": f"gedi-{market}-{fits[0]['legalId']}", **told})

    def _consumer(self, _request: Request, consumer_id: str) -> Response:
        if self.consumer_removal != "single":
            raise RefusalError(405, "Method not allowed")
        if "consumer-intelligence" not in self.narrow_rights and self.remove_consumer(consumer_id):
            return Response(status=204)
        if self.consumer_removal_again == 404:
            raise RefusalError(404, "Consumer not found")
        return Response(status=self.consumer_removal_again)

    def _remove_consumers(self, request: Request) -> Response:
        if self.consumer_removal != "batch":
            raise RefusalError(405, "Method not allowed")
        asked: Collection[str] = request.get_json()
        if len(asked) > MOST_CONSUMERS:
            raise RefusalError(400, "At most 100 consumers in a call", [("consumers", str(len(asked)))])
        absent = [each for each in asked if each not in self.consumers]
        if len(absent) == len(asked) or (absent and self.absent_fails_batch):
            raise RefusalError(404, "Consumer not found")
        for each in asked:
            self.remove_consumer(each)
        return Response(status=204)
