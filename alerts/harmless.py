"""Make any text harmless to show: one line, nothing invisible or deceiving, within its length; and links."""

import html
import re
import unicodedata
from urllib.parse import quote, urlsplit

from monitor.core.text import strip_invisible

_LINK = 2_000
_LONGEST_HOST = 253  # characters of a name in the DNS (RFC 1035), and so of one that can be opened
_READ = 20_000  # characters of a hostile text looked at before it is cut
_MARKS_IN_A_ROW = 2  # Vietnamese needs two combining marks on one letter; "Zalgo" piles up dozens
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))
# Between emoji the joiner and the variation selector are not invisible: they make one picture of two.
_IN_EMOJI = re.compile(
    r"((?<=[\u2190-\u2bff\U0001f000-\U0001faff])(?:\ufe0f?\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])|\ufe0f))"
)


def line(text: str, most: int) -> str:
    """One line of harmless text, at most `most` UTF-16 units."""
    return shortened(_tame(text[:_READ]), most)


def paragraphs(text: str, most: int) -> str:
    """Harmless text that keeps its lines, at most `most` UTF-16 units."""
    lines = (_tame(one) for one in text[:_READ].splitlines())
    return shortened("\n".join(lines).strip(), most)


def escaped(text: str) -> str:
    """The text for Telegram's HTML."""
    return html.escape(text, quote=False)


def anchor(text: str, link: str) -> str:
    """A link in Telegram's HTML; `link` comes from `safe_link`."""
    return f'<a href="{html.escape(link)}">{escaped(text)}</a>'


def host_of(link: str) -> str:
    """The host a reader should see beside a link: a title cannot pose as another site."""
    return (urlsplit(link).hostname or "").removeprefix("www.")


def safe_link(url: str) -> str:
    """The link when Telegram will keep it, else "".

    Telegram accepts anything in a link and drops silently what is not http(s) with a dotted host. Characters
    outside ASCII come back percent-encoded: they can neither deceive nor disappear.
    """
    if len(url) > _LINK or any(c <= " " or c == "\x7f" for c in url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _is_host(host):
        return ""
    link = quote(url, safe=_ASCII, errors="replace")
    return link if len(link) <= _LINK else ""


def _is_host(host: str) -> bool:
    return len(host) <= _LONGEST_HOST and bool(_HOST.fullmatch(host))


def shortened(text: str, most: int) -> str:
    """The text, or as much of it as fits with an ellipsis, in UTF-16 units."""
    if utf16_length(text) <= most:
        return text
    cut = text[: most - 1]
    while utf16_length(cut) > most - 1:
        cut = cut[:-1]
    # Neither half an emoji sequence, half a flag, nor a letter without its marks at the end.
    flags = len(cut) - len(cut.rstrip(_FLAG_HALVES))
    return (cut[:-1] if flags % 2 else cut).rstrip("\u200d\ufe0f ") + "…"


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the unit Telegram counts entities in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _tame(text: str) -> str:
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    clean = "".join(c for c in _without_the_invisible(clean) if unicodedata.category(c) != "Cs")
    return " ".join(_fewer_marks(clean).split())


def _fewer_marks(text: str) -> str:
    kept, run = [], 0
    for c in text:
        run = run + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
        if run <= _MARKS_IN_A_ROW:
            kept.append(c)
    return "".join(kept)


def _without_the_invisible(text: str) -> str:
    parts = _IN_EMOJI.split(text)
    return "".join(part if number % 2 else strip_invisible(part) for number, part in enumerate(parts))
