"""The console shows what Telegram would show."""

import io

from rich.console import Console

from alerts.console import ConsoleSender, as_text
from alerts.render import render
from monitor.core.messages import Message
from tests.builders import a_chat, a_config, a_delivery, an_alert, an_article


def drawn(message: Message, **chat: str) -> str:
    out = io.StringIO()
    ConsoleSender(Console(file=out, width=120)).draw(a_chat(**chat), message)
    return out.getvalue()


async def test_a_message_is_drawn_under_its_chats_name_and_has_no_id() -> None:
    out = io.StringIO()
    message = render(a_delivery(), a_chat(), zone=a_config().alerts.timezone)
    assert await ConsoleSender(Console(file=out, width=120)).send(a_chat(), message) is None
    shown = out.getvalue()
    assert "desk 7" in shown.splitlines()[0]
    assert "Digital yuan pilot reaches five more cities" in shown
    assert "#ecny" in shown
    assert "<b>" not in shown


def test_markup_in_a_title_is_shown_as_typed() -> None:
    alert = an_alert(article=an_article(title="[red]<b>&amp; [/red]"))
    assert "[red]<b>&amp; [/red]" in drawn(
        render(a_delivery(alert=alert), a_chat(), zone=a_config().alerts.timezone)
    )


def test_a_plain_message_and_a_chat_without_id() -> None:
    shown = drawn(Message(html="", plain="1 < 2"), id="")
    assert "1 < 2" in shown
    assert shown.splitlines()[0].startswith("╭─  desk  ─")


def test_links_and_bold_survive() -> None:
    text = as_text('<b><a href="https://a.cn/?x=1&amp;y=2">Go &lt;now&gt;</a></b> <u>x</u> #tag')
    assert text.plain == "Go <now> x #tag\n↗ https://a.cn/?x=1&y=2"
    links = [span.style.link for span in text.spans if not isinstance(span.style, str)]
    assert "https://a.cn/?x=1&y=2" in links
