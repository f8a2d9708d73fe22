"""Feed markup to plain text, in linear time on any input."""

import html
import re

TITLE = 500  # characters kept
SUMMARY = 5_000
CONTENT = 200_000
_READ = 1_000_000  # characters of markup looked at

_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|iframe|noscript)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_BLOCK = re.compile(
    r"</?(?:\w{1,20}:)?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|section|article|figure|hr|pre)"
    r"(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![A-Za-z\[][^<>]*>|<\?[^<>]*>")
# Only these leave a title: a headline may speak of <script>.
_INLINE = re.compile(
    r"</?(?:a|b|i|u|p|br|em|strong|span|font|small|big|sub|sup|img|mark|code|h[1-6]|div)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)

_ODD_SPACES = "\t\r\f\v\u00a0\u3000"


def title_text(markup: str) -> str:
    """One line; markup of a kind that decorates headlines removed, anything else kept as written."""
    text = markup[:_READ]
    if "&" in text or "<" in text:
        text = html.unescape(_INLINE.sub("", text) if "<" in text else text)
        text = _INLINE.sub("", text) if "<" in text else text
    return _one_line(text)[:TITLE]


def literal_text(text: str, cap: int) -> str:
    """One line of text that is declared to hold no markup."""
    return _one_line(text[:_READ])[:cap]


def summary_text(markup: str) -> str:
    """One line without markup, cut between words where there are any."""
    return cut(_one_line(_strip(markup)), SUMMARY)


def content_text(markup: str) -> str:
    """Text without markup; a line per paragraph."""
    lines = (line.strip(" ") for line in _spaced(_strip(markup)).split("\n"))
    return "\n".join(filter(None, lines)).strip()[:CONTENT]


def cut(text: str, cap: int) -> str:
    """At most `cap` characters, ending at a space when one is near the end."""
    if len(text) <= cap:
        return text
    space = text.rfind(" ", cap - 40, cap)
    return text[: space if space > 0 else cap].rstrip()


def _strip(markup: str) -> str:
    text = markup[:_READ]
    # Escaped twice is common: what is still markup after unescaping once was meant as markup.
    for _ in range(2):
        if "<" in text:
            text = _TAG.sub("", _BLOCK.sub("\n", _HIDDEN.sub(" ", text)))
        if "&" not in text:
            break
        text = html.unescape(text)
    return text


def _spaced(text: str) -> str:
    """One plain space for each run of spaces; by regular expression it took longer than all the rest."""
    for space in _ODD_SPACES:
        text = text.replace(space, " ")
    while "  " in text:  # halves the longest run each time
        text = text.replace("  ", " ")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
