"""Ask an endpoint that speaks the OpenAI protocol for one text, through the openai library (extra `llm`)."""

import asyncio
from datetime import timedelta
from importlib import import_module
from typing import Any

from monitor.core.errors import ModelDeclined, ModelError, ModelUnavailable
from monitor.core.machine import Task
from monitor.core.settings import LanguageModel

_CONNECT, _PATIENCE = 10.0, 90.0  # seconds; a model that thinks before it writes takes a minute
_DECLINED = frozenset({400, 413, 422, 451})  # this very request, and again
_LASTING = frozenset({401, 402, 403, 404, 405})  # key, money, rights, address
NOT_INSTALLED = "the openai library is not installed (pip install 'policywire[llm]')"


async def write(
    llm: LanguageModel, task: Task, *, proxy: str | None = None, patience: float = _PATIENCE
) -> str:
    """What the model answers. Raises a ModelError that quotes neither key, address nor answer."""
    openai = await asyncio.to_thread(_library)  # importing it takes half a second
    timeout = openai.Timeout(patience, connect=_CONNECT)
    # Nothing is carried elsewhere by a redirect, and no proxy is taken that we were not told of.
    http = openai.DefaultAsyncHttpxClient(
        proxy=proxy, trust_env=False, follow_redirects=False, timeout=timeout
    )
    async with openai.AsyncOpenAI(
        base_url=llm.api_url, api_key=llm.key or "none", timeout=timeout, max_retries=0, http_client=http
    ) as client:
        try:
            async with asyncio.timeout(patience):
                answer = await client.chat.completions.create(model=llm.model, messages=_messages(task))
        except openai.APIStatusError as error:
            raise _refusal(error.status_code, error.response.headers.get("retry-after", "")) from None
        except (openai.OpenAIError, TimeoutError, ValueError) as error:  # ValueError: no JSON
            raise ModelUnavailable(f"no usable answer ({type(error).__name__})") from None
    return _text(answer)


def _library() -> Any:
    try:
        return import_module("openai")
    except ImportError:
        raise ModelUnavailable(NOT_INSTALLED, lasting=True) from None


def _messages(task: Task) -> list[dict[str, str]]:
    return [{"role": "system", "content": task.instructions}, {"role": "user", "content": task.item}]


def _refusal(status: int, retry_after: str) -> ModelError:
    why = f"it answers {status}"
    if status in _DECLINED:
        return ModelDeclined(why)
    after = (
        timedelta(seconds=int(retry_after[:6])) if retry_after.isascii() and retry_after.isdigit() else None
    )
    return ModelUnavailable(why, after=after, lasting=status in _LASTING or status // 100 == 3)


def _text(answer: Any) -> str:
    """The text of the first choice: the library hands on whatever JSON a server sends."""
    try:
        text = answer.choices[0].message.content
    except (AttributeError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        raise ModelUnavailable("its answer is not that of a chat completion")
    return text
