"""Each message goes by the channel of its chat."""

import sys
from types import ModuleType
from typing import ClassVar

import pytest

from alerts.channels import AppriseSender, Switchboard
from monitor.core.errors import ChatGone, Unsure
from monitor.core.messages import Message
from monitor.core.settings import Channel
from tests.builders import a_chat
from tests.fakes import FakeSender

HELLO = Message(html="<b>Hello</b>\nworld", plain="Hello\nworld")


async def test_each_chat_has_its_channel() -> None:
    telegram, webhook = FakeSender(), FakeSender()
    board = Switchboard({Channel.TELEGRAM: telegram, Channel.WEBHOOK: webhook})
    await board.send(a_chat(), HELLO)
    await board.send(a_chat(id="https://e.org", channel=Channel.WEBHOOK), HELLO)
    assert [one.chat_id for one in telegram.tried] == ["7"]
    assert [one.chat_id for one in webhook.tried] == ["https://e.org"]


class Notifier:
    """As much of apprise as is called."""

    told: ClassVar[list[tuple[str, str]]] = []
    works = True

    def add(self, address: str) -> bool:
        return address.startswith("mailto")

    async def async_notify(self, *, body: str, title: str) -> bool:
        self.told.append((title, body))
        return self.works


@pytest.fixture
def apprise(monkeypatch: pytest.MonkeyPatch) -> type[Notifier]:
    module = ModuleType("apprise")
    module.Apprise = Notifier  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "apprise", module)
    monkeypatch.setattr(Notifier, "told", [])
    return Notifier


async def test_apprise_gets_the_headline_as_title(apprise: type[Notifier]) -> None:
    await AppriseSender().send(a_chat(id="mailto://u:p@e.org", channel=Channel.APPRISE), HELLO)
    assert apprise.told == [("Hello", "world")]


async def test_apprise_does_not_say_why_it_failed(
    apprise: type[Notifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise, "works", False)
    with pytest.raises(Unsure):
        await AppriseSender().send(a_chat(id="mailto://e.org", channel=Channel.APPRISE), HELLO)


async def test_an_address_unknown_to_apprise(apprise: type[Notifier]) -> None:
    with pytest.raises(ChatGone, match="means nothing"):
        await AppriseSender().send(a_chat(id="nonsense://e.org", channel=Channel.APPRISE), HELLO)


async def test_apprise_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ChatGone, match="not installed"):
        await AppriseSender().send(a_chat(id="mailto://e.org", channel=Channel.APPRISE), HELLO)
