"""Pace on ordinary feeds of full size: ours, feedparser's and fastfeedparser's, in one run.

python -m benchmarks.ordinary_feeds

The saved feeds that `benchmarks.feeds` reads were chosen for what is odd about them, and most are short.
These here are written by this file, always the same: RSS 2.0 and Atom, 30 to 100 items, descriptions in HTML,
every second feed with the full text of its items, every third in Chinese.

The table and the line below it compare what those of `benchmarks.feeds` compare.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from benchmarks.feeds import READERS, Sample, medians, polls_in_words

FEEDS = 40
SEED = 20261124
_START = datetime(2026, 11, 24, 8, tzinfo=UTC)
_ENGLISH = (
    "The ministry published the text on Monday and asked for comments until the end of the month.",
    "Banks that hold client money in tokens must report their reserves every week, the notice says.",
    "Two people who have seen the draft said that the rules would start next summer.",
    "A spokesman for the exchange declined to comment & pointed to its earlier statement.",
    "Shares of payment firms rose 3.5% in the morning before they gave up most of the gain.",
    "“We have waited for this for years,” said the head of one of the firms in the pilot.",
)
_CHINESE = (
    "通知自发布之日起施行，有关单位应当在三十日内完成备案。",
    "会议强调，要稳妥推进数据要素市场化配置改革，完善交易规则。",
    "相关负责人表示，试点范围将逐步扩大到更多城市和场景。",
    "业内人士认为，新规有助于厘清各方责任，降低合规成本。",
    "截至十月末，累计交易金额同比增长百分之十二点三。",
)


def ordinary(count: int = FEEDS) -> list[Sample]:
    """So many feeds, the same ones at every call."""
    chance = random.Random(SEED)
    return [_feed(number, chance) for number in range(count)]


def _feed(number: int, chance: random.Random) -> Sample:
    sentences = _CHINESE if number % 3 == 2 else _ENGLISH
    write = _atom if number % 4 == 3 else _rss
    items = chance.randint(30, 100)
    body = write(number, items, bool(number % 2), lambda least, most: _html(chance, sentences, least, most))
    url = f"https://news{number}.example/feed"
    return Sample(
        id=f"ordinary-{number}", url=url, body=body.encode(), is_json=False, expected={"n_items": items}
    )


def _html(chance: random.Random, sentences: tuple[str, ...], least: int, most: int) -> str:
    """Paragraphs with the links, emphases and pictures that editors put in."""
    paragraphs = []
    for number in range(chance.randint(least, most)):
        words = " ".join(escape(chance.choice(sentences)) for _ in range(chance.randint(2, 5)))
        decoration = (
            f'<a href="/tag/{number}?from=feed&amp;n={number}">{words[:20]}</a> ',
            f"<strong>{words[:12]}</strong> ",
            f'<img src="https://pictures.example/{number}.jpg" alt="" width="640" height="360"/>',
            "",
        )
        paragraphs.append(f"<p>{chance.choice(decoration)}{words}</p>")
    return "\n".join(paragraphs)


_Text = Callable[[int, int], str]


def _rss(number: int, items: int, full: bool, text: _Text) -> str:
    rows = []
    for item in range(items):
        at = format_datetime(_START - timedelta(minutes=37 * item + number))
        content = f"<content:encoded><![CDATA[{text(6, 14)}]]></content:encoded>" if full else ""
        rows.append(
            f"<item><title>{_title(number, item)}</title><link>https://news{number}.example/{item}.html</link>"
            f'<guid isPermaLink="false">news{number}-{item}</guid><pubDate>{at}</pubDate>'
            f"<dc:creator>Desk {item % 7}</dc:creator><category>policy</category><category>markets</category>"
            f"<description><![CDATA[{text(1, 2)}]]></description>{content}</item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>News {number}</title><link>https://news{number}.example/</link>"
        f"<description>All of it</description><language>en</language>{''.join(rows)}</channel></rss>"
    )


def _atom(number: int, items: int, full: bool, text: _Text) -> str:
    rows = []
    for item in range(items):
        at = (_START - timedelta(minutes=41 * item + number)).isoformat()
        content = f'<content type="html">{escape(text(6, 14))}</content>' if full else ""
        rows.append(
            f"<entry><title>{_title(number, item)}</title><id>tag:news{number}.example,2026:{item}</id>"
            f'<link rel="alternate" type="text/html" href="https://news{number}.example/{item}.html"/>'
            f"<published>{at}</published><updated>{at}</updated><author><name>Desk</name></author>"
            f'<summary type="html">{escape(text(1, 2))}</summary>{content}</entry>'
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>News {number}</title><link href="https://news{number}.example/"/>'
        f"<id>tag:news{number}.example,2026:feed</id><updated>{_START.isoformat()}</updated>{''.join(rows)}</feed>"
    )


def _title(number: int, item: int) -> str:
    return f"Notice {item} of ministry {number} on payments &amp; data"


def main() -> None:
    """Print the table."""
    feeds = ordinary()
    seconds = medians(feeds)
    size = sum(len(feed.body) for feed in feeds)
    items = sum(feed.expected["n_items"] for feed in feeds)
    print(f"{len(feeds)} ordinary feeds, {size / 1e6:.1f} MB, {items} items")
    print(f"{'':16}{'items':>7}{'dated':>7}{'feeds/s':>9}{'MB/s':>7}{'times feedparser':>18}")
    for name, read in READERS:
        found = [item for feed in feeds for item in read(feed)]
        print(
            f"{name:16}{len(found):>7}{sum(bool(item.date) for item in found):>7}"
            f"{len(feeds) / seconds[name]:>9.1f}{size / 1e6 / seconds[name]:>7.1f}"
            f"{seconds['feedparser'] / seconds[name]:>18.1f}"
        )
    print(polls_in_words(feeds, seconds))


if __name__ == "__main__":
    main()
