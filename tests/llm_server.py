"""A stand-in on loopback for an endpoint that speaks the OpenAI protocol, answering as it is told."""

import asyncio
from collections import deque
from types import TracebackType
from typing import Any, Self

from aiohttp import web

HANG = "hang"
RESET = "reset"


class LlmServer:
    """Use as an async context manager. `answers` are given in turn, the last for ever: a text, a status with
    headers, HANG, RESET, or any other JSON."""

    def __init__(self, *answers: Any, key: str = "") -> None:
        self.answers = deque(answers)
        self.key = key
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def items(self) -> list[str]:
        """What was to be written about, in the order it was asked."""
        return [body["messages"][-1]["content"] for body in self.asked]

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            refused = {"error": {"message": f"Incorrect key: {request.headers.get('Authorization')}"}}
            return web.json_response(refused, status=401)
        self.asked.append(await request.json())
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if answer == HANG:
            await asyncio.sleep(30)
        if answer == RESET and request.transport is not None:
            request.transport.abort()
        if isinstance(answer, tuple):
            status, headers = answer
            return web.json_response({"error": {"message": "no"}}, status=status, headers=headers)
        if isinstance(answer, str):
            return web.json_response(self._completion(answer))
        return web.json_response(answer)

    def _completion(self, text: str) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
