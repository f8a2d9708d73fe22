"""Write what a delivery owes as a Telegram message: built from escaped parts, never cut afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.harmless import anchor, escaped, host_of, line, paragraphs, safe_link
from alerts.labels import Labels, labels, moment, source_day, zone_words
from monitor.core.machine import wish_of
from monitor.core.messages import Alert, Button, Delivery, DeliveryKind, Message, Report
from monitor.core.model import Article, Hit, Story, StoryId, Verdict
from monitor.core.settings import Chat, Template
from monitor.core.summary import summary_of

# Telegram refuses more than 4,096 characters of text and about 9,500 bytes of links and markup; every part
# below has its own cap, so that their sum stays within both whatever a feed sends.
_TITLE, _NAME, _WHY, _NOTICE = 300, 80, 320, 3_500
_SUMMARY, _MACHINE = 700, 1_400
_DIGEST_TITLE, _DIGEST_LINK, _DIGEST_NAME = 140, 400, 40
MOST_IN_A_DIGEST = 15  # alerts a message holds: more become a second one
_NAMED_REPORTS = 4


def render(delivery: Delivery, chat: Chat, *, zone: ZoneInfo, buttons: bool = False) -> Message:
    """Write what a delivery owes to a chat, in its language and template; times are shown in `zone`.

    A try that may have arrived before is marked, an edit never: it repeats nothing. `buttons` says whether
    somebody listens to presses.
    """
    message = _written(delivery, chat, zone, buttons=buttons)
    return replace(message, key=f"{delivery.key}@{delivery.revision}", silent=delivery.silent)


def _written(delivery: Delivery, chat: Chat, zone: ZoneInfo, *, buttons: bool) -> Message:
    words = labels(chat.language)
    mark = words.repeat if delivery.maybe_sent and delivery.kind is not DeliveryKind.EDIT else ""
    if delivery.kind is DeliveryKind.DIGEST:
        return _digest(delivery, words, mark, zone)
    if delivery.alert is None:
        return _notice(f"{mark}{delivery.notice}")
    if delivery.kind is DeliveryKind.FOLLOW_UP:
        return _follow_up(delivery.alert, words, mark, zone)
    return _alert(delivery.alert, chat, words, mark, zone, buttons=buttons)


# ── the kinds of messages ──


def _alert(alert: Alert, chat: Chat, words: Labels, mark: str, zone: ZoneInfo, *, buttons: bool) -> Message:
    brief = chat.template is Template.BRIEF
    head, plain_head = _headline(_title(alert, words), alert.article.url)
    text = _machine_text(alert, chat, words)
    lines = list(filter(None, _brief(alert, words, text) if brief else _full(alert, words, zone, text)))
    return Message(
        html="\n".join([mark + head, *map(escaped, lines)]),
        plain="\n".join([mark + plain_head, *lines]),
        buttons=_buttons(alert.story.id, words) if buttons else (),
    )


def _follow_up(alert: Alert, words: Labels, mark: str, zone: ZoneInfo) -> Message:
    news = f"{words.news[alert.reason]}: {line(alert.words, _WHY)}"
    head, plain_head = _headline(_title(alert, words), alert.article.url, bold=False)
    lines = [_source_line(alert, words), _times(alert.article, words, zone)]
    return Message(
        html="\n".join([f"{mark}<b>{escaped(news)}</b>", head, *map(escaped, lines)]),
        plain="\n".join([mark + news, plain_head, *lines]),
    )


def _digest(delivery: Delivery, words: Labels, mark: str, zone: ZoneInfo) -> Message:
    heading = paragraphs(delivery.notice, _WHY) or words.digest.format(count=len(delivery.gathered))
    items = [_item(alert, words, zone) for alert in delivery.gathered[:MOST_IN_A_DIGEST]]
    html = [f"{mark}<b>{escaped(heading)}</b>", *(item for item, _ in items)]
    plain = [mark + heading, *(item for _, item in items)]
    return Message(html="\n\n".join(html), plain="\n\n".join(plain))


def _item(alert: Alert, words: Labels, zone: ZoneInfo) -> tuple[str, str]:
    title = line(alert.article.title, _DIGEST_TITLE) or words.untitled
    link = safe_link(alert.article.url)
    facts = [
        _standing(alert.story, words),
        words.priority(alert.verdict.priority),
        line(alert.source_name, _DIGEST_NAME),
        " ".join(words.topics[topic] for topic in alert.verdict.topics[:2]),
        moment(alert.article.seen_at, zone)[5:],
    ]
    below = " · ".join(filter(None, facts))
    # A link that is too long would cost the room of many: the title stands alone then.
    shown = anchor(title, link) if link and len(escaped(link)) <= _DIGEST_LINK else escaped(title)
    return f"• {shown}\n{escaped(below)}", f"• {title}\n{below}" + (f"\n{link}" if link else "")


def _notice(text: str) -> Message:
    words = paragraphs(text, _NOTICE) or "(an empty notice)"
    return Message(html=escaped(words), plain=words)


def _buttons(story: StoryId, words: Labels) -> tuple[tuple[Button, ...], ...]:
    return (tuple(Button(label=label, press=f"{name}:{story}") for name, label in words.buttons.items()),)


# ── their parts ──


def _headline(title: str, url: str, *, bold: bool = True) -> tuple[str, str]:
    """The headline as HTML and plain, the host beside it: a title cannot pose as another site."""
    link = safe_link(url)
    start, end = ("<b>", "</b>") if bold else ("", "")
    if not link:
        return f"{start}{escaped(title)}{end}", title
    host = host_of(link)
    # As code, for Telegram would make a link of its own of a bare host.
    shown = f"{start}{anchor(title, link)}{end} · <code>{escaped(host)}</code>"
    return shown, f"{title} · {host}\n{link}"


def _title(alert: Alert, words: Labels) -> str:
    return line(alert.article.title, _TITLE) or line(alert.story.title, _TITLE) or words.untitled


def _full(alert: Alert, words: Labels, zone: ZoneInfo, text: str) -> Iterator[str]:
    yield _source_line(alert, words)
    yield _standing(alert.story, words)
    yield " ".join(words.topics[topic] for topic in alert.verdict.topics)
    yield line(summary_of(alert.article, alert.verdict), _SUMMARY)
    yield text
    yield _why(alert.verdict, words)
    yield _times(alert.article, words, zone)
    yield _also(alert, words, zone)


def _brief(alert: Alert, words: Labels, text: str) -> Iterator[str]:
    yield _source_line(alert, words)
    yield _standing(alert.story, words)
    yield text
    yield _why(alert.verdict, words)


def _machine_text(alert: Alert, chat: Chat, words: Labels) -> str:
    """What a language model added for this chat, said to be that."""
    for text in alert.texts:
        if (text.kind, text.language) == wish_of(chat):
            label = words.machine[text.kind].format(model=line(text.model, _NAME))
            return f"{label}: {paragraphs(text.text, _MACHINE)}"
    return ""


def _standing(story: Story, words: Labels) -> str:
    if story.merged_into is not None:
        return words.merged.format(title=line(story.title, _TITLE))
    return words.standings[story.standing]


def _source_line(alert: Alert, words: Labels) -> str:
    parts = [
        line(alert.source_name, _NAME),
        words.tiers[alert.source_tier],
        words.priority(alert.verdict.priority),
        words.authorities[alert.verdict.authority],
    ]
    return " · ".join(filter(None, parts))


def _why(verdict: Verdict, words: Labels) -> str:
    hits = sorted(verdict.hits, key=lambda hit: -abs(hit.points))
    shown = "; ".join(_evidence(hit) for hit in hits[:3])
    more = "; " + words.more.format(count=len(hits) - 3) if len(hits) > 3 else ""
    score = words.score.format(score=f"{verdict.score:g}", threshold=f"{verdict.threshold:g}")
    return line(f"{words.why}: {shown}{more}", _WHY) + f" · {score}" if hits else ""


def _evidence(hit: Hit) -> str:
    found = dict.fromkeys(line(match.text, 30) for match in hit.matches)
    return " ".join([line(hit.rule, 40), ", ".join(f"“{word}”" for word in list(found)[:2])])


def _times(article: Article, words: Labels, zone: ZoneInfo) -> str:
    seen = f"{words.seen} {moment(article.seen_at, zone)} {zone_words(article.seen_at, zone)}"
    if article.published_at is None:
        return seen
    at = source_day(article.published_at) if article.day_only else moment(article.published_at, zone)
    return f"{words.published} {at} · {seen}"


def _also(alert: Alert, words: Labels, zone: ZoneInfo) -> str:
    """Who else reports the story, the first of each source with its time."""
    others = _first_of_each_source(alert.reports, alert.source_name)
    if not others:
        return ""
    named = ", ".join(
        f"{line(report.source_name, _NAME)} {_short_time(report.seen_at, alert.article.seen_at, zone)}"
        for report in others[:_NAMED_REPORTS]
    )
    more = len(others) - _NAMED_REPORTS
    return f"{words.also}: {named}" + (f" {words.also_more.format(count=more)}" if more > 0 else "")


def _short_time(at: datetime, beside: datetime, zone: ZoneInfo) -> str:
    """The time of day, with the day where it is not that of the time it stands beside."""
    day, _, clock = moment(at, zone).partition(" ")
    return clock if day == moment(beside, zone).partition(" ")[0] else f"{day[5:]} {clock}"


def _first_of_each_source(reports: Sequence[Report], but: str) -> list[Report]:
    firsts: dict[str, Report] = {}
    for report in reports:
        firsts.setdefault(report.source_name, report)
    return [report for name, report in firsts.items() if name != but]
