"""Write what a delivery owes as a Telegram message: built from escaped parts, never cut on its way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.harmless import (
    anchor,
    escaped,
    host_of,
    line,
    paragraphs,
    safe_link,
    shortened,
    utf16_length,
)
from alerts.labels import Labels, labels, naming
from alerts.times import moment, source_day, zone_words
from monitor.core.digest import CATCH_UP
from monitor.core.machine import wish_of
from monitor.core.messages import Alert, Button, Delivery, DeliveryKind, Message, Report
from monitor.core.model import Hit, Reason, Standing, Story, StoryId, Tier, Verdict
from monitor.core.settings import Chat, Template
from monitor.core.standing import denies
from monitor.core.summary import summary_of

# Telegram refuses more than 4,096 characters of text and about 9,500 bytes of links and markup; every part
# below has its own cap, so that their sum stays within both whatever a feed sends.
_TITLE, _NAME, _WHY, _NOTICE = 300, 80, 320, 3_500
_SUMMARY, _MACHINE, _OTHER_TITLE = 700, 1_400, 120
_MOST = 4_096  # UTF-16 units of a message
_DIGEST_HEADING, _DIGEST_TITLE, _DIGEST_LINK, _DIGEST_NAME = 120, 130, 400, 40
_NAMED_REPORTS = 4
_BUTTON_ROWS = (("why", "useful", "noise"), ("mute",))

# Whether a report, by its headline and its source's tier, is the one that a follow-up speaks of. A report
# that only shows two stories to be one brings the news of the other story, and is not its author.
_SAYS: dict[Reason, Callable[[str, Tier], bool]] = {
    Reason.CONFIRMED: lambda _, tier: tier is Tier.AUTHORITY,
    Reason.DENIED: lambda title, _: denies(title),
    Reason.CONTRADICTED: lambda title, _: denies(title),
    Reason.HIGHER_TIER: lambda _, tier: tier is not Tier.UNRELIABLE,
}


def render(delivery: Delivery, chat: Chat, *, zone: ZoneInfo, buttons: bool = False) -> Message:
    """Write what a delivery owes to a chat, in its language and template; times are shown in `zone`.

    A try that may have arrived before is marked, an edit never: it repeats nothing. `buttons` says whether
    somebody listens to presses.
    """
    message = _written(delivery, chat, zone, buttons=buttons)
    return replace(message, key=str(delivery.id), silent=delivery.silent)


def _written(delivery: Delivery, chat: Chat, zone: ZoneInfo, *, buttons: bool) -> Message:
    words = labels(chat.language)
    mark = words.repeat if delivery.maybe_sent and delivery.kind is not DeliveryKind.EDIT else ""
    if delivery.kind is DeliveryKind.DIGEST:
        return _digest(delivery, words, mark, zone)
    if delivery.alert is None:
        return _notice(f"{mark}{delivery.notice}", words)
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
        plain=shortened("\n".join([mark + plain_head, *lines]), _MOST),
        buttons=_buttons(alert.story.id, words) if buttons else (),
    )


def _follow_up(alert: Alert, words: Labels, mark: str, zone: ZoneInfo) -> Message:
    news = _news(alert, words)
    head, plain_head = _headline(_title(alert, words), alert.article.url, bold=False)
    lines = [_source_line(alert, words), _times(alert, words, zone)]
    return Message(
        html="\n".join([f"{mark}<b>{escaped(news)}</b>", head, *map(escaped, lines)]),
        plain="\n".join([mark + news, plain_head, *lines]),
    )


def _digest(delivery: Delivery, words: Labels, mark: str, zone: ZoneInfo) -> Message:
    heading = _digest_heading(delivery, words)
    items = [_item(alert, words, zone) for alert in delivery.gathered]  # at most MOST_IN_A_DIGEST
    html = [f"{mark}<b>{escaped(heading)}</b>", *(item for item, _, _ in items)]
    plain = _linked_as_fits([(mark + heading, ""), *((bare, link) for _, bare, link in items)])
    return Message(html="\n\n".join(html), plain=plain)


def _digest_heading(delivery: Delivery, words: Labels) -> str:
    if delivery.key.startswith(f"{CATCH_UP}:"):  # it took up more since it was made
        return words.heading(words.catch_up, len(delivery.gathered))
    return line(delivery.notice, _DIGEST_HEADING) or words.heading(words.digest, len(delivery.gathered))


def _linked_as_fits(parts: Sequence[tuple[str, str]]) -> str:
    """The texts, each with its link below while there is room: rather a link less than an alert less."""
    room = _MOST - utf16_length("\n\n".join(text for text, _ in parts))
    shown = []
    for text, link in parts:
        below = f"\n{link}" if link and len(link) < room else ""
        room -= len(below)
        shown.append(text + below)
    return "\n\n".join(shown)


def _item(alert: Alert, words: Labels, zone: ZoneInfo) -> tuple[str, str, str]:
    """One alert of a digest as HTML, the same in plain text, and its link."""
    title = line(alert.article.title, _DIGEST_TITLE) or words.untitled
    link = safe_link(alert.article.url)
    merged = alert.story.merged_into is not None
    facts = [
        "" if merged else words.standings_in_digest[alert.story.standing],
        words.priority(alert.verdict.priority),
        line(alert.source_name, _DIGEST_NAME),
        " ".join(words.topics[topic] for topic in alert.verdict.topics[:2]),
        moment(alert.article.seen_at, zone)[5:],
        words.part_of.format(number=_number(alert.story)) if merged else _number(alert.story),
    ]
    below = " · ".join(filter(None, facts))
    # A link that is too long would cost the room of many: the title stands alone then.
    linked = anchor(title, link)
    fits = len(linked) - len(anchor(title, "")) <= _DIGEST_LINK
    shown = linked if link and fits else escaped(title)
    return f"• {shown}\n{escaped(below)}", f"• {title}\n{below}", link


def _notice(text: str, words: Labels) -> Message:
    shown = paragraphs(text, _NOTICE) or words.empty_notice
    return Message(html=escaped(shown), plain=shown)


def _buttons(story: StoryId, words: Labels) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        tuple(Button(label=words.buttons[name], press=f"{name}:{story}") for name in row)
        for row in _BUTTON_ROWS
    )


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


def _news(alert: Alert, words: Labels) -> str:
    """What is new, and who says so."""
    if alert.reason is Reason.MORE_URGENT:
        return words.upgraded[alert.verdict.priority]
    source = line(_speaker(alert), _NAME)
    news = naming(words.news[alert.reason], source) if source else words.news_elsewhere[alert.reason]
    stands = alert.reason is Reason.CONTRADICTED and alert.story.standing is Standing.CONFIRMED
    return news + (words.text_stands if stands else "")


def _speaker(alert: Alert) -> str:
    """The source whose report makes the news; "" when none of those known here does."""
    says = _SAYS.get(alert.reason)
    if says is None or says(alert.article.title, alert.source_tier):
        return alert.source_name
    found = (one.source_name for one in alert.reports if says(one.title, one.source_tier))
    return next(found, "")


def _full(alert: Alert, words: Labels, zone: ZoneInfo, text: str) -> Iterator[str]:
    yield _source_line(alert, words)
    yield _standing(alert.story, words)
    yield _subject(alert.verdict, words)
    yield line(summary_of(alert.article, alert.verdict), _SUMMARY)
    yield text
    yield _why(alert.verdict, words)
    yield _times(alert, words, zone)
    yield _also(alert, words, zone)


def _brief(alert: Alert, words: Labels, text: str) -> Iterator[str]:
    yield " · ".join(filter(None, [_source_line(alert, words), words.authorities[alert.verdict.authority]]))
    yield _standing(alert.story, words)
    yield text
    yield _why(alert.verdict, words)


def _machine_text(alert: Alert, chat: Chat, words: Labels) -> str:
    """What a language model added for this chat, said to be that."""
    for text in alert.texts:
        if (text.kind, text.language) == wish_of(chat):
            shown = paragraphs(text.text, _MACHINE)
            return words.machine[text.kind].format(model=line(text.model, _NAME), text=shown)
    return ""


def _standing(story: Story, words: Labels) -> str:
    if story.merged_into is not None:
        return words.merged.format(title=line(story.title, _OTHER_TITLE))
    return words.standings[story.standing]


def _number(story: Story) -> str:
    """What a person calls the story by; of one that went into another, the other's."""
    return f"#{story.id if story.merged_into is None else story.merged_into}"


def _source_line(alert: Alert, words: Labels) -> str:
    parts = [
        line(alert.source_name, _NAME),
        words.tiers[alert.source_tier],
        words.priority(alert.verdict.priority),
    ]
    return " · ".join(filter(None, parts))


def _subject(verdict: Verdict, words: Labels) -> str:
    """The topics, and whose act it is: not beside the source, which would pose as that authority."""
    topics = " ".join(words.topics[topic] for topic in verdict.topics)
    return " · ".join(filter(None, [topics, words.authorities[verdict.authority]]))


def _why(verdict: Verdict, words: Labels) -> str:
    hits = sorted(verdict.hits, key=lambda hit: -abs(hit.points))
    shown = [_evidence(hit, words) for hit in hits[:3]]
    if len(hits) > 3:
        shown.append(words.more.format(count=len(hits) - 3))
    score = words.score.format(score=_rounded(verdict.score), threshold=_rounded(verdict.threshold))
    return line(words.why + words.clauses.join(shown), _WHY) + f" · {score}" if hits else ""


def _rounded(points: float) -> str:
    return f"{round(points, 1):g}"


def _evidence(hit: Hit, words: Labels) -> str:
    found = list(dict.fromkeys(line(match.text, 30) for match in hit.matches))
    quotes = words.between_quotes.join(f"“{word}”" for word in found[:2])
    return line(hit.rule, 40) + words.before_quote + quotes


def _times(alert: Alert, words: Labels, zone: ZoneInfo) -> str:
    article = alert.article
    named = words.zones.get(zone.key) or zone_words(article.seen_at, zone)
    seen = f"{words.seen} {moment(article.seen_at, zone)} {named} · {_number(alert.story)}"
    if article.published_at is None:
        return seen
    at = source_day(article.published_at) if article.day_only else moment(article.published_at, zone)
    return f"{words.published} {at} · {seen}"


def _also(alert: Alert, words: Labels, zone: ZoneInfo) -> str:
    """Who else reports the story, the first of each source with its time."""
    others = _first_of_each_source(alert.reports, alert.source_name)
    if not others:
        return ""
    named = words.listing.join(
        f"{line(report.source_name, _NAME)} {_short_time(report.seen_at, alert.article.seen_at, zone)}"
        for report in others[:_NAMED_REPORTS]
    )
    more = len(others) - _NAMED_REPORTS
    also = words.also_more if more > 0 else words.also
    return also.format(named=named, more=more, count=len(others))


def _short_time(at: datetime, beside: datetime, zone: ZoneInfo) -> str:
    """The time of day, with the day where it is not that of the time it stands beside."""
    day, _, clock = moment(at, zone).partition(" ")
    return clock if day == moment(beside, zone).partition(" ")[0] else f"{day[5:]} {clock}"


def _first_of_each_source(reports: Sequence[Report], but: str) -> list[Report]:
    firsts: dict[str, Report] = {}
    for report in reports:
        firsts.setdefault(report.source_name, report)
    return [report for name, report in firsts.items() if name != but]
