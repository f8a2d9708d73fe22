"""Draw messages in the terminal as Telegram would show them: what a desk sees before it has a bot."""

from html.parser import HTMLParser

from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from alerts.channels import OneWay
from monitor.core.messages import Message
from monitor.core.settings import Chat

_WIDEST = 88  # a bubble, not a banner
_STYLES = {"b": Style(bold=True), "i": Style(italic=True), "code": Style(color="cyan")}
_TAG, _LINK = Style(color="bright_blue"), Style(color="bright_blue", underline=True)


class ConsoleSender(OneWay):
    """A Sender for people without a bot yet."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:  # noqa: ARG002
        """Draw the message; there is no message id."""
        self.draw(chat, message)
        return None

    def draw(self, chat: Chat, message: Message) -> None:
        """Print the bubble."""
        title = Text(f" {chat.name}{f' {chat.id}' if chat.id else ''} ", style="bold")
        width = min(self._console.width, _WIDEST)
        body = as_text(message.html) if message.html else Text(message.plain)
        self._console.print(Panel(body, title=title, title_align="left", box=ROUNDED, width=width))


def as_text(markup: str) -> Text:
    """Turn our Telegram HTML into styled terminal text."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    reader.text.highlight_regex(r"(?<!\S)#\w+", _TAG)
    # Not every terminal opens hidden links.
    for link in reader.links:
        reader.text.append(f"\n↗ {link}", Style(dim=True, link=link))
    return reader.text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = Text()
        self.links: list[str] = []
        self._open: list[Style] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href")
        if link:
            self.links.append(link)
        self._open.append(_LINK + Style(link=link) if link else _STYLES.get(tag, Style.null()))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data, Style.combine([Style.null(), *self._open]))
