"""Write an alert or a notice as a Telegram message: built from escaped parts, never cut afterwards."""

import html
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from monitor.core.model import Alert, Article, Authority, Delivery, Hit, Message, Priority, Tier, Verdict
from monitor.core.summary import summarise
from monitor.core.text import strip_invisible

# Telegram refuses more than 4,096 characters of text and about 9,500 bytes of links and markup; every part
# below has its own cap, so that their sum stays within both whatever a feed sends.
_TITLE, _NAME, _WHY, _NOTICE = 300, 80, 320, 3_500
_SUMMARY = 700
_LINK = 2_000
_READ = 20_000  # characters of a hostile text looked at before it is cut
_MARKS_IN_A_ROW = 2  # Vietnamese needs two combining marks on one letter; "Zalgo" piles up dozens

_REPEAT = "(possible repeat) "
_TIER_WORDS = {
    Tier.AUTHORITY: "issuing authority",
    Tier.STATE_CHANNEL: "state channel",
    Tier.REPORTING: "reporting",
    Tier.COMMERCIAL: "commercial",
    Tier.UNRELIABLE: "unreliable",
}
_AUTHORITY_WORDS = {
    Authority.PARTY: "Party centre",
    Authority.CENTRAL: "central government",
    Authority.MINISTRY: "ministry",
    Authority.COURT: "court",
    Authority.LOCAL: "local government",
    Authority.NONE: "",
}
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def render(delivery: Delivery, *, zone: ZoneInfo) -> Message:
    """Write the alert a delivery owes, marked when an earlier try may have arrived, or its notice."""
    if delivery.alert is not None:
        return render_alert(delivery.alert, zone=zone, repeat=delivery.maybe_sent)
    return render_notice(f"{_REPEAT if delivery.maybe_sent else ''}{delivery.notice}")


def render_alert(alert: Alert, *, zone: ZoneInfo, repeat: bool = False) -> Message:
    """Write one alert; times are shown in `zone`. Fits Telegram's 4,096 UTF-16 units by construction."""
    article, title = alert.article, _title(alert)
    link = safe_link(article.url)
    lines = [line for line in _lines(alert, zone) if line]
    mark = _REPEAT if repeat else ""
    head, plain_head = _headline(title, link)
    return Message(
        html="\n".join([mark + head, *map(_escaped, lines)]),
        plain="\n".join([mark + plain_head, *lines]),
    )


def _headline(title: str, link: str) -> tuple[str, str]:
    """The headline as HTML and plain, the host beside it: a title cannot pose as another site."""
    if not link:
        return f"<b>{_escaped(title)}</b>", title
    host = (urlsplit(link).hostname or "").removeprefix("www.")
    # As code, for Telegram would make a link of its own of a bare host.
    shown = f'<b><a href="{html.escape(link)}">{_escaped(title)}</a></b> · <code>{_escaped(host)}</code>'
    return shown, f"{title} · {host}\n{link}"


def render_notice(text: str) -> Message:
    """Write plain words for the operator."""
    lines = (_tame(line) for line in text[:_READ].splitlines())
    words = _shortened("\n".join(lines).strip(), _NOTICE) or "(an empty notice)"
    return Message(html=_escaped(words), plain=words)


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
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    link = quote(url, safe=_ASCII, errors="replace")
    return link if len(link) <= _LINK else ""


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the unit Telegram counts entities in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _title(alert: Alert) -> str:
    return _line(alert.article.title, _TITLE) or _line(alert.story.title, _TITLE) or "(untitled)"


def _lines(alert: Alert, zone: ZoneInfo) -> Iterator[str]:
    yield _source_line(alert)
    yield " ".join(f"#{topic}" for topic in alert.verdict.topics)
    yield _summary(alert.article, alert.verdict)
    yield _why(alert.verdict)
    yield _times(alert.article, zone)
    if alert.story.reports > 1:
        yield f"{alert.story.reports} reports of this story"


def _source_line(alert: Alert) -> str:
    parts = [
        _line(alert.source_name, _NAME),
        _TIER_WORDS[alert.source_tier],
        "BREAKING" if alert.verdict.priority is Priority.BREAKING else "",
        _AUTHORITY_WORDS[alert.verdict.authority],
    ]
    return " · ".join(filter(None, parts))


def _summary(article: Article, verdict: Verdict) -> str:
    terms = tuple(match.text for hit in verdict.hits for match in hit.matches)
    for text in (article.body, article.summary):
        sentences = summarise(text, title=article.title, language=article.language, terms=terms)
        if words := _joined([sentence.text for sentence in sentences]):
            return _line(words, _SUMMARY)
    return ""


def _joined(sentences: list[str]) -> str:
    # Chinese sets no space between sentences.
    words = ""
    for sentence in sentences:
        gap = "" if not words or words[-1] in "。！？”」』）" else " "
        words += gap + sentence
    return words


def _why(verdict: Verdict) -> str:
    hits = sorted(verdict.hits, key=lambda hit: -abs(hit.points))
    shown = "; ".join(_evidence(hit) for hit in hits[:3])
    more = f"; {len(hits) - 3} more" if len(hits) > 3 else ""
    score = f" · score {verdict.score:g} of {verdict.threshold:g}"
    return _line(f"Why: {shown}{more}", _WHY) + score if hits else ""


def _evidence(hit: Hit) -> str:
    words = dict.fromkeys(_line(match.text, 30) for match in hit.matches)
    return " ".join([_line(hit.rule, 40), ", ".join(f"“{word}”" for word in list(words)[:2])])


def _times(article: Article, zone: ZoneInfo) -> str:
    seen = f"Seen {_clock(article.seen_at, zone)} {_zone_words(article.seen_at, zone)}"
    if article.published_at is None:
        return seen
    if article.day_only:
        return f"Published {_source_day(article.published_at)} · {seen}"
    return f"Published {_clock(article.published_at, zone)} · {seen}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    try:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    except OverflowError:  # a feed may claim the year 1 or 9999
        return f"{at:%Y-%m-%d}"


def _source_day(midnight: datetime) -> str:
    # The value is midnight in a zone we do not know here. Zones reach from UTC-10 to UTC+14: adding 13:59
    # lands on the source's own day for all of them but UTC+14, and a second conversion could not do better.
    try:
        return f"{midnight + timedelta(hours=13, minutes=59):%Y-%m-%d}"
    except OverflowError:
        return f"{midnight:%Y-%m-%d}"


def _zone_words(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    offset = local.strftime("%z")  # +0800
    hours, minutes = int(offset[1:3]), offset[3:5]
    if not hours and minutes == "00":
        return "UTC"
    words = f"UTC{offset[0]}{hours}" + (f":{minutes}" if minutes != "00" else "")
    name = local.tzname() or ""
    return f"{name} ({words})" if name.isalpha() else words


def _line(text: str, most: int) -> str:
    """One line of harmless text, at most `most` UTF-16 units."""
    return _shortened(_tame(text[:_READ]), most)


def _tame(text: str) -> str:
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    clean = "".join(c for c in strip_invisible(clean) if unicodedata.category(c) != "Cs")
    return " ".join(_fewer_marks(clean).split())


def _fewer_marks(text: str) -> str:
    kept, run = [], 0
    for c in text:
        run = run + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
        if run <= _MARKS_IN_A_ROW:
            kept.append(c)
    return "".join(kept)


def _shortened(text: str, most: int) -> str:
    if utf16_length(text) <= most:
        return text
    cut = text[: most - 1]
    while utf16_length(cut) > most - 1:
        cut = cut[:-1]
    # Neither half an emoji sequence nor a letter without its marks at the end.
    return cut.rstrip("\u200d\ufe0f ") + "…"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
