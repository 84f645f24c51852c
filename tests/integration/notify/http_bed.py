"""A real HTTP receiver on loopback that answers what a test wants and keeps what it was sent."""

import json

from aiohttp import web


class Receiver:
    """``async with Receiver(answer) as there``: ``answer`` is a handler, or ``(status, text)``, or a list of these for
    one request after the other (the last one again and again); ``there.requests`` has what came."""

    def __init__(self, answer=(200, "ok"), *, tls=None):
        self.answers = list(answer) if isinstance(answer, list) else [answer]
        self.requests = []
        self.tls = tls

    async def __aenter__(self):
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self.runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = self.runner.addresses[0][1]
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def _handle(self, request):
        body = await request.read()
        seen = {"method": request.method, "path": request.path, "query": dict(request.query), "body": body,
                "headers": {name.lower(): value for name, value in request.headers.items()}}  # fmt: skip
        try:
            seen["json"] = json.loads(body) if body else None
        except ValueError:
            seen["json"] = None
        self.requests.append(seen)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            return await answer(request, seen)
        status, text, *headers = answer
        return web.Response(status=status, text=text, headers=headers[0] if headers else None)
