"""How far a story is established, and which change of that a desk is told of."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.core.model import Article, Doctype, Kind, Reason, Source, Standing, Story, Tier
from monitor.core.text import normalise

_OFFICIAL = (Kind.OFFICIAL_CENTRAL, Kind.OFFICIAL_MINISTRY, Kind.OFFICIAL_LOCAL)
_IN_FORCE = (Doctype.LAW, Doctype.MEASURES, Doctype.NOTICE)
_RESEARCH = (Kind.POLICY_RESEARCH, Kind.LEGAL_TRANSLATION)

# Of a headline, folded. Campaigns against rumours are policy, not denials; so are rules that are "clarified".
_DENIAL = re.compile(
    r"辟谣(?!平台|机制|榜|联盟)|[系是为属]谣言|(?:消息|传言|传闻|报道|说法|文件|通知|公告|截图)[均]?不实"
    r"|[系是为属]假消息|子虚乌有|否认|(?:并未|从未|未曾)(?:发布|出台|下发|要求|叫停)|澄清.{0,12}(?:传闻|传言|报道)"
    r"|\b(?:den(?:y|ies|ied)|refut(?:es|ed)|debunk(?:s|ed)|rumou?rs? (?:is|are|were) (?:false|untrue)"
    r"|false rumou?rs?|fake (?:notice|document|announcement)|not true|untrue)\b"
)
_CORRECTION = re.compile(r"更正|勘误|撤稿|撤回(?:报道|消息)|\b(?:correct(?:ion|s|ed)|retract(?:s|ed|ion))\b")


class Role(StrEnum):
    """What a source is to an event, by its kind and tier."""

    PRIMARY_TEXT = "primary text"
    OFFICIAL_MEDIA = "official media"
    MARKET_MEDIA = "market media"
    RESEARCH = "research"
    RUMOUR = "rumour"


def role_of(source: Source) -> Role:
    """The role of a source."""
    if source.tier is Tier.UNRELIABLE:
        return Role.RUMOUR
    if source.kind in _OFFICIAL and source.tier is Tier.AUTHORITY:
        return Role.PRIMARY_TEXT
    if source.kind is Kind.STATE_MEDIA or source.kind in _OFFICIAL:
        return Role.OFFICIAL_MEDIA
    return Role.RESEARCH if source.kind in _RESEARCH else Role.MARKET_MEDIA


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one report says to a story's standing."""

    role: Role
    tier: Tier
    denies: bool = False
    corrects: bool = False
    doctype: Doctype = Doctype.OTHER

    @property
    def comments(self) -> bool:
        """An opinion establishes nothing, whoever prints it."""
        return self.doctype is Doctype.COMMENTARY


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A change of a story that those who were told of it must hear."""

    reason: Reason
    words: str


def told_by(article: Article, source: Source, doctype: Doctype = Doctype.OTHER) -> Told:
    """What a report says to its story's standing, by its source and headline."""
    title = normalise(article.title).text
    return Told(
        role=role_of(source),
        tier=source.tier,
        denies=bool(_DENIAL.search(title)),
        corrects=bool(_CORRECTION.search(title)),
        doctype=doctype,
    )


def opened(story: Story, told: Told) -> Story:
    """The story with the standing its first report gives it."""
    return replace(story, standing=_first(told), tier=told.tier, doctype=told.doctype)


def _first(told: Told) -> Standing:
    if told.denies and not told.comments:
        # What is denied was never reported here: the denial itself is the report.
        return Standing.REPORTED
    if told.role is Role.PRIMARY_TEXT:
        return Standing.CONFIRMED
    return Standing.UNCONFIRMED if told.role is Role.RUMOUR else Standing.REPORTED


def joined(story: Story, told: Told, *, by_first_source: bool) -> tuple[Story, News | None]:
    """The story after another report, and what of that is news; `by_first_source` when the source is the one
    that opened the story."""
    after = replace(story, tier=min(story.tier, told.tier))
    if told.comments:
        return story, None
    if told.corrects and by_first_source and story.standing is not Standing.CONFIRMED:
        words = "the source that had it first takes it back"
        return replace(after, standing=Standing.DENIED), News(reason=Reason.CORRECTED, words=words)
    if told.denies:
        return _contested(story, after, told)
    if _in_force(story, told):
        words = f"what was a draft is told as {told.doctype} now"
        stronger, _ = _strengthened(story, after, told)
        return replace(stronger, doctype=told.doctype), News(reason=Reason.NEW_STAGE, words=words)
    return _strengthened(story, after, told)


def _contested(story: Story, after: Story, told: Told) -> tuple[Story, News | None]:
    if story.standing is Standing.DENIED:
        return after, None
    official = told.role in (Role.PRIMARY_TEXT, Role.OFFICIAL_MEDIA)
    if story.standing is Standing.CONFIRMED and told.role is not Role.PRIMARY_TEXT:
        return after, News(reason=Reason.CONTRADICTED, words=f"denied by {told.role}, the text stands")
    if official or told.tier <= Tier.REPORTING:
        return replace(after, standing=Standing.DENIED), News(
            reason=Reason.DENIED, words=f"denied, says {told.role}"
        )
    return after, News(reason=Reason.CONTRADICTED, words=f"doubted by {told.role}")


def _strengthened(story: Story, after: Story, told: Told) -> tuple[Story, News | None]:
    if told.role is Role.PRIMARY_TEXT:
        confirmed = replace(after, standing=Standing.CONFIRMED)
        if story.standing is Standing.CONFIRMED:
            return confirmed, None
        return confirmed, News(reason=Reason.CONFIRMED, words="the primary text is there")
    if story.standing is Standing.UNCONFIRMED and told.role is not Role.RUMOUR:
        return replace(after, standing=Standing.REPORTED), News(
            reason=Reason.HIGHER_TIER, words=f"now also told by {told.role}"
        )
    if story.standing is Standing.REPORTED and after.tier <= Tier.STATE_CHANNEL < story.tier:
        return after, News(reason=Reason.HIGHER_TIER, words=f"now also told by {told.role}")
    return after, None


def _in_force(story: Story, told: Told) -> bool:
    return story.doctype is Doctype.DRAFT and told.doctype in _IN_FORCE
