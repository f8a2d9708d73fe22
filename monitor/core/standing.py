"""How far a story is established, and which change of that a desk is told of."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.core.model import Article, Doctype, Kind, Reason, Source, Standing, Story, Tier
from monitor.core.text import normalise

_OFFICIAL = (Kind.OFFICIAL_CENTRAL, Kind.OFFICIAL_MINISTRY, Kind.OFFICIAL_LOCAL)
_IN_FORCE = (Doctype.LAW, Doctype.MEASURES, Doctype.NOTICE)
_RESEARCH = (Kind.POLICY_RESEARCH, Kind.LEGAL_TRANSLATION)

# Patterns of a folded headline. What is said to be false must be a report or a rumour: campaigns against
# rumours are policy, and an approval that is denied, or a charge a company denies, is no denial of the news.
_FALSE_REPORT = re.compile(
    r"不属实|与事实不符|纯属(?:虚构|谣言|捏造|子虚乌有)|子虚乌有|[系是为属](?:谣言|误传|伪造|假消息)|谣言[!！]|严重失实"
    r"|(?:消息|传言|传闻|报道|说法|网传[^,，。]{0,20}?)(?:均|并)?不实(?![的信内])"
    r"|辟谣(?!平台|机制|榜|联盟|专区|栏目|工作|行动|信息|能力|体系)"
    r"|(?<!尚)(?:未|没有)(?:发布|出台|下发|要求|叫停|下令)过?(?!的)(?![^,，。]{0,8}的(?:细则|办法|规定|通知))"
    r"|\b(?:reports?|rumou?rs?|claims?|notice|document)\b.{0,60}?\b(?:is|are|was|were) "
    r"(?:false|fake|untrue|inaccurate|groundless|unfounded|baseless|fabricated|not true)\b"
    r"|\bfalse (?:reports?|rumou?rs?)\b"
    r"|\b(?:reject|dismiss|refut|deny|deni|debunk)\w* .{0,40}?\b(?:reports?|rumou?rs?|speculation)\b"
    r"|\b(?:has|have|had) (?:not|never) (?:issued|ordered|told|asked|instructed|banned)\b"
)
_AUTHORITY_DENIES = re.compile(
    r"(?:央行|人民银行|网信办|工信部|发改委|证监会|商务部|财政部|外交部|国务院|金融监管总局|市场监管总局|官方|监管部门"
    r"|有关负责人|发言人)[^,，。]{0,12}(?<!不可)否认"
    r"|\b(?:china|beijing|pboc|central bank|regulators?|ministry|watchdog|authorities|officials?|government"
    r"|cac|miit|csrc|ndrc|mofcom|samr|state council|spokes\w+)\b.{0,30}?\bden(?:y|ies|ied|ying)\b"
    r"(?! .{0,30}?\b(?:access|approvals?|entry|permission|licen[cs]es?|bail|appeals?|visas?|requests?"
    r"|applications?)\b)"
)
_CORRECTION = re.compile(
    r"^\W*(?:correction|corrected|更正|勘误)\s*[:：|\])】）]|撤稿"
    r"|\bretract(?:s|ed)? (?:its |the |a )?(?:story|report|article)"
    r"|撤回(?:此前)?(?:的)?(?:报道|消息|文章)"
)
_RESPONSE = re.compile(
    r"网传|传闻|谣言|回应|答记者问|就.{2,20}答问|\brumou?rs?\b|\breports? (?:that|of|on)\b|\bclarif\w+"
    r"|\brespon(?:ds?|ded|se)\b|\bq&a\b"
)
_TAKES_EFFECT = re.compile(
    r"正式|施行|生效|即日起|\btakes? effect\b|\bin(?:to)? force\b|\bfinali[sz]\w+|\badopt\w*"
    r"|\bpass(?:es|ed)\b"
)


class Role(StrEnum):
    """What a source is to an event, by its kind and tier."""

    PRIMARY_TEXT = "primary text"
    OFFICIAL_MEDIA = "official media"
    MARKET_MEDIA = "market media"
    RESEARCH = "research"
    RUMOUR = "rumour"


_OFFICIAL_ROLES = (Role.PRIMARY_TEXT, Role.OFFICIAL_MEDIA)


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
    denies: bool = False  # it says that the report, or the plan, is not true
    corrects: bool = False  # it takes back what the same outlet reported
    responds: bool = False  # it speaks about reports or rumours: no text that would confirm them
    takes_effect: bool = False
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
    title = _folded(article.title)
    return Told(
        role=role_of(source),
        tier=source.tier,
        denies=_denies(title),
        corrects=bool(_CORRECTION.search(title)),
        responds=bool(_RESPONSE.search(title)),
        takes_effect=bool(_TAKES_EFFECT.search(title)),
        doctype=doctype,
    )


def denies(headline: str) -> bool:
    """Whether a headline says that a report, or a plan that is spoken of, is not true."""
    return _denies(_folded(headline))


def _folded(headline: str) -> str:
    return normalise(headline[:300]).text


def _denies(title: str) -> bool:
    return bool(_FALSE_REPORT.search(title) or _AUTHORITY_DENIES.search(title))


def opened(story: Story, told: Told) -> Story:
    """The story with the standing its first report gives it."""
    return replace(story, standing=_first(told), tier=told.tier, doctype=told.doctype)


def _first(told: Told) -> Standing:
    if told.role is Role.RUMOUR:
        return Standing.UNCONFIRMED
    # What is denied or answered was never reported here: the denial itself is the report.
    if told.role is Role.PRIMARY_TEXT and not (told.denies or told.responds or told.comments):
        return Standing.CONFIRMED
    return Standing.REPORTED


def joined(story: Story, told: Told, *, by_first_source: bool) -> tuple[Story, News | None]:
    """The story after another report, and what of that is news; `by_first_source` when the source is the one
    that opened the story."""
    if told.comments:
        return _lifted(story, told)
    after = replace(story, tier=min(story.tier, told.tier))
    if told.corrects and by_first_source and story.standing is not Standing.CONFIRMED:
        words = "taken back or corrected by the source that had it first"
        return replace(after, standing=Standing.DENIED), News(reason=Reason.CORRECTED, words=words)
    if told.denies:
        return _contested(story, after, told)
    if _in_force(story, told):
        words = f"what was a draft is told as {told.doctype} now"
        stronger, _ = _strengthened(story, after, told)
        return replace(stronger, doctype=told.doctype), News(reason=Reason.NEW_STAGE, words=words)
    return _strengthened(story, after, told)


def _lifted(story: Story, told: Told) -> tuple[Story, News | None]:
    """What a comment changes: that the press speaks of it at all, nothing more."""
    if story.standing is not Standing.UNCONFIRMED or told.role is Role.RUMOUR:
        return story, None
    words = f"now also told by {told.role}"
    lifted = replace(story, standing=Standing.REPORTED, tier=min(story.tier, told.tier))
    return lifted, News(reason=Reason.HIGHER_TIER, words=words)


def _contested(story: Story, after: Story, told: Told) -> tuple[Story, News | None]:
    if story.standing is Standing.DENIED:
        return after, None
    if story.standing is Standing.CONFIRMED and told.role is not Role.PRIMARY_TEXT:
        return after, News(reason=Reason.CONTRADICTED, words=f"denied by {told.role}, the text stands")
    if told.role in _OFFICIAL_ROLES or told.tier <= Tier.REPORTING:
        return replace(after, standing=Standing.DENIED), News(
            reason=Reason.DENIED, words=f"denied by {told.role}"
        )
    return after, News(reason=Reason.CONTRADICTED, words=f"doubted by {told.role}")


def _in_force(story: Story, told: Told) -> bool:
    """One outlet's leaving out the word "draft" is no new stage."""
    if story.doctype is not Doctype.DRAFT or told.doctype not in _IN_FORCE:
        return False
    return told.role is Role.PRIMARY_TEXT or (told.role is Role.OFFICIAL_MEDIA and told.takes_effect)


def _strengthened(story: Story, after: Story, told: Told) -> tuple[Story, News | None]:
    if told.role is Role.PRIMARY_TEXT and not told.responds:
        confirmed = replace(after, standing=Standing.CONFIRMED)
        if story.standing is Standing.CONFIRMED:
            return confirmed, None
        return confirmed, News(reason=Reason.CONFIRMED, words="the primary text is there")
    speaker = "the authority itself" if told.role is Role.PRIMARY_TEXT else told.role.value
    better = News(reason=Reason.HIGHER_TIER, words=f"now also told by {speaker}")
    if story.standing is Standing.UNCONFIRMED and told.role is not Role.RUMOUR:
        return replace(after, standing=Standing.REPORTED), better
    if story.standing is Standing.REPORTED and after.tier <= Tier.STATE_CHANNEL < story.tier:
        return after, better
    return after, None


_BY_WEIGHT = (Standing.UNCONFIRMED, Standing.REPORTED, Standing.DENIED, Standing.CONFIRMED)


def merged(into: Story, gone: Story) -> tuple[Standing, News | None]:
    """The standing of two stories that turned out to be one, and what of it is news to those who were told of
    `into`. A text stands above a denial, which then is a contradiction."""
    standing = max(into.standing, gone.standing, key=_BY_WEIGHT.index)
    if standing is into.standing:
        contested = gone.standing is Standing.DENIED and into.standing is Standing.CONFIRMED
        words = "denied in other reports, the text stands"
        return standing, News(reason=Reason.CONTRADICTED, words=words) if contested else None
    if standing is Standing.CONFIRMED:
        return standing, News(reason=Reason.CONFIRMED, words="the primary text is there")
    if standing is Standing.DENIED:
        return standing, News(reason=Reason.DENIED, words="denied in other reports of the event")
    return standing, News(reason=Reason.HIGHER_TIER, words="now also told by better sources")
