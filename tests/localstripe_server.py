"""localstripe, with what it leaves out and these tests need: `python -m tests.localstripe_server PORT`.

- It keeps nothing on disk: its own file is one for the whole machine.
- Idempotency keys, as Stripe has them: https://docs.stripe.com/api/idempotent_requests
- Fees, as Stripe's for a European card: 1.5% and 0.25.
- Balance transactions are listed by the day they were made.
- `POST /_config/tests/trouble` with `{"status": 503}` or `401` has it answer everything so; `{}` ends that.
- `GET /_config/tests/writes` lists what was written and under which idempotency key.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from localstripe import resources, server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

trouble: dict[str, Any] = {}
writes: list[dict[str, str]] = []
answers: dict[str, tuple[int, bytes]] = {}


def keep_off_the_disk() -> None:
    def do_nothing(_: resources.Store) -> None: ...

    resources.Store.dump_to_disk = do_nothing


def charge_fees() -> None:
    make = resources.BalanceTransaction.__init__

    def with_fee(self: Any, **fields: Any) -> None:
        make(self, **fields)
        if self.type == "charge":
            self.fee = self.amount * 15 // 1000 + 25

    resources.BalanceTransaction.__init__ = with_fee


def list_by_day() -> None:
    list_all = resources.BalanceTransaction._api_list_all.__func__

    def by_day(cls: Any, /, url: str, created: dict[str, str] | None = None, **fields: Any) -> Any:
        found = list_all(cls, url, **fields)
        since, until = int((created or {}).get("gte", 0)), int((created or {}).get("lt", 2**40))
        found._list = [line for line in found._list if since <= line.created < until]
        return found

    resources.BalanceTransaction._api_list_all = classmethod(by_day)


@web.middleware
async def as_stripe_does(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/_config/tests/"):
        return await handler(request)
    if trouble and request.path.startswith("/v1/"):
        error = {"error": {"type": "api_error", "message": "as the test wants it"}}
        return web.json_response(error, status=trouble["status"])
    key = request.headers.get("Idempotency-Key", "")
    if request.method == "POST" and request.headers.get("Authorization"):
        writes.append({"path": request.path, "key": key})
    if key in answers:
        status, body = answers[key]
        return web.Response(body=body, status=status, content_type="application/json")
    answer = await handler(request)
    if key and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        answers[key] = (answer.status, answer.body)
    return answer


async def set_trouble(request: web.Request) -> web.Response:
    trouble.clear()
    trouble.update(await request.json())
    return web.Response()


async def list_writes(request: web.Request) -> web.Response:
    return web.json_response(writes)


def main() -> None:
    keep_off_the_disk()
    charge_fees()
    list_by_day()
    app = web.Application(
        middlewares=[
            as_stripe_does,
            server.error_middleware,
            server.auth_middleware,
        ]
    )
    app.on_response_prepare.append(server.add_cors_headers)
    app.router.add_post("/_config/tests/trouble", set_trouble)
    app.router.add_get("/_config/tests/writes", list_writes)
    for route in server.app.router.routes():
        if route.method != "HEAD":
            app.router.add_route(route.method, route.resource.canonical, route.handler)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
