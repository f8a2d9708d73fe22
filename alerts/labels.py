"""The words of our own in a message, in English and Chinese."""

import re
from dataclasses import dataclass

from monitor.core.model import Authority, Priority, Reason, Standing, Tier, Topic
from monitor.core.settings import Addition

_MEETS = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One language's words."""

    tiers: dict[Tier, str]
    authorities: dict[Authority, str]
    topics: dict[Topic, str]
    standings: dict[Standing, str]
    standings_in_digest: dict[Standing, str]  # at most 12 characters: a digest has many of them
    news: dict[Reason, str]  # by {source}
    news_elsewhere: dict[Reason, str]  # where no single source can be named
    text_stands: str  # behind a contradiction of a story whose text was seen
    upgraded: dict[Priority, str]
    repeat: str
    untitled: str
    breaking: str
    why: str
    before_quote: str
    between_quotes: str
    more: str  # {count} rules
    score: str  # {score}, {threshold}
    published: str
    seen: str
    zones: dict[str, str]  # names of zones that readers know by a name of its own
    also: str  # {named}
    also_more: str  # {named}, {more} besides, {count} in all
    merged: str  # {title}
    part_of: str  # {number}
    machine: dict[Addition, str]  # {model}, {text}
    buttons: dict[str, str]
    confirm: str
    cancel: str
    one_alert: str
    many_alerts: str  # {count}
    digest: str  # {alerts}
    catch_up: str  # {alerts}
    part: str  # {part} of {parts}
    empty_notice: str
    listing: str  # between the names of a list
    clauses: str  # between parts of a sentence

    def priority(self, priority: Priority) -> str:
        """The word for it, where it has one."""
        return self.breaking if priority is Priority.BREAKING else ""

    def alerts(self, count: int) -> str:
        """So many alerts."""
        return self.one_alert if count == 1 else self.many_alerts.format(count=count)

    def heading(self, digest: str, count: int, part: int = 1, parts: int = 1) -> str:
        """Over a part of a digest of `count` alerts; `digest` is one of the two kinds above."""
        told = digest.format(alerts=self.alerts(count))
        return told + (self.part.format(part=part, parts=parts) if parts > 1 else "")


_EN = Labels(
    tiers={
        Tier.AUTHORITY: "issuing authority",
        Tier.STATE_CHANNEL: "state channel",
        Tier.REPORTING: "reporting",
        Tier.COMMERCIAL: "commercial",
        Tier.UNRELIABLE: "unreliable",
    },
    authorities={
        Authority.PARTY: "act of the Party centre",
        Authority.CENTRAL: "act of the central government",
        Authority.MINISTRY: "act of a ministry",
        Authority.COURT: "act of a court",
        Authority.LOCAL: "act of a local government",
        Authority.NONE: "",
    },
    topics={topic: f"#{topic}" for topic in Topic},
    standings={
        Standing.UNCONFIRMED: "Unconfirmed: told by unreliable sources only",
        Standing.REPORTED: "",
        Standing.CONFIRMED: "Confirmed by the primary text",
        Standing.DENIED: "Denied",
    },
    standings_in_digest={
        Standing.UNCONFIRMED: "Unconfirmed",
        Standing.REPORTED: "",
        Standing.CONFIRMED: "Confirmed",
        Standing.DENIED: "Denied",
    },
    news={
        Reason.CONFIRMED: "Confirmed: {source} has published the text",
        Reason.DENIED: "Denied, according to {source}",
        Reason.CORRECTED: "Retracted or corrected by {source}, which had it first",
        Reason.NEW_STAGE: "No longer a draft: now final, according to {source}",
        Reason.HIGHER_TIER: "Now also reported by {source}",
        Reason.CONTRADICTED: "Contradicted by {source}",
    },
    news_elsewhere={
        Reason.CONFIRMED: "Confirmed: the primary text is published",
        Reason.DENIED: "Denied in other reports of this event",
        Reason.HIGHER_TIER: "Now also reported by a better source",
        Reason.CONTRADICTED: "Contradicted in other reports of this event",
    },
    text_stands="; the primary text stands",
    upgraded={
        Priority.BREAKING: "Upgraded to breaking",
        Priority.NORMAL: "Upgraded to normal priority",
        Priority.LOW: "More urgent than first told",
    },
    repeat="(possible repeat) ",
    untitled="(untitled)",
    breaking="BREAKING",
    why="Why: ",
    before_quote=" ",
    between_quotes=", ",
    more="{count} more",
    score="score {score}, needs {threshold}",
    published="Published",
    seen="Seen",
    zones={},
    also="Also reported by: {named}",
    also_more="Also reported by: {named} and {more} more",
    merged="Same event as: {title}",
    part_of="now part of {number}",
    machine={
        Addition.TRANSLATION: "Machine translation ({model}): {text}",
        Addition.ABSTRACT: "Machine-made abstract ({model}): {text}",
    },
    buttons={"why": "Why", "useful": "Useful", "noise": "Noise", "mute": "Mute story"},
    confirm="Confirm",
    cancel="Cancel",
    one_alert="1 alert",
    many_alerts="{count} alerts",
    digest="Digest: {alerts}",
    catch_up="Catch-up digest: {alerts}",
    part=" ({part}/{parts})",
    empty_notice="(an empty notice)",
    listing=", ",
    clauses="; ",
)

_ZH = Labels(
    tiers={
        Tier.AUTHORITY: "发文机关",
        Tier.STATE_CHANNEL: "官方媒体",
        Tier.REPORTING: "媒体报道",
        Tier.COMMERCIAL: "商业媒体",
        Tier.UNRELIABLE: "不可靠来源",
    },
    authorities={
        Authority.PARTY: "涉及：党中央",
        Authority.CENTRAL: "涉及：中央政府",
        Authority.MINISTRY: "涉及：部委",
        Authority.COURT: "涉及：司法机关",
        Authority.LOCAL: "涉及：地方政府",
        Authority.NONE: "",
    },
    topics={
        Topic.ECNY: "#数字人民币",
        Topic.CRYPTO: "#加密资产",
        Topic.BLOCKCHAIN: "#区块链",
        Topic.DATA: "#数据",
        Topic.AI: "#人工智能",
        Topic.PLATFORM: "#平台经济",
        Topic.CONTENT: "#网络内容",
        Topic.CYBER: "#网络安全",
        Topic.FINTECH: "#金融科技",
        Topic.INFRA: "#数字基础设施",
        Topic.CHIPS: "#芯片",
        Topic.TRADE: "#数字贸易",
        Topic.GOV: "#数字政府",
        Topic.STRATEGY: "#数字经济战略",
    },
    standings={
        Standing.UNCONFIRMED: "未经证实：仅有不可靠来源",
        Standing.REPORTED: "",
        Standing.CONFIRMED: "已由原文证实",
        Standing.DENIED: "已被否认",
    },
    standings_in_digest={
        Standing.UNCONFIRMED: "未经证实",
        Standing.REPORTED: "",
        Standing.CONFIRMED: "已证实",
        Standing.DENIED: "已被否认",
    },
    news={
        Reason.CONFIRMED: "已证实：{source}发布原文",
        Reason.DENIED: "已否认：{source}称不属实",
        Reason.CORRECTED: "已撤回：首发媒体{source}撤回或更正报道",
        Reason.NEW_STAGE: "新进展：草案已成为正式文件（来源：{source}）",
        Reason.HIGHER_TIER: "更权威来源：{source}也已报道",
        Reason.CONTRADICTED: "说法不一：{source}另有说法",
    },
    news_elsewhere={
        Reason.CONFIRMED: "已证实：原文已发布",
        Reason.DENIED: "已否认：另有报道称不属实",
        Reason.HIGHER_TIER: "更权威来源也已报道",
        Reason.CONTRADICTED: "说法不一：另有报道称不属实",
    },
    text_stands="，原文未撤回",
    upgraded={
        Priority.BREAKING: "升级：现为突发",
        Priority.NORMAL: "升级：现为普通级别",
        Priority.LOW: "升级：比首次提醒时更紧急",
    },
    repeat="（可能重复）",
    untitled="（无标题）",
    breaking="突发",
    why="依据：",
    before_quote="",
    between_quotes="",
    more="另有 {count} 条",
    score="得分 {score}（阈值 {threshold}）",
    published="发布",
    seen="发现",
    zones={
        "Asia/Shanghai": "北京时间",
        "PRC": "北京时间",
        "Asia/Hong_Kong": "香港时间",
        "Asia/Taipei": "台北时间",
    },
    also="其他来源：{named}",
    also_more="其他来源：{named} 等 {count} 家",
    merged="与此为同一事件：{title}",
    part_of="现归入 {number}",
    machine={
        Addition.TRANSLATION: "机器翻译（{model}）：{text}",
        Addition.ABSTRACT: "机器摘要（{model}）：{text}",
    },
    buttons={"why": "依据", "useful": "有用", "noise": "无关", "mute": "不再提醒此事件"},
    confirm="确认",
    cancel="取消",
    one_alert="1 条",
    many_alerts="{count} 条",
    digest="汇总：{alerts}",
    catch_up="补发汇总：{alerts}",
    part="（{part}/{parts}）",
    empty_notice="（空通知）",
    listing="、",
    clauses="；",
)

_BY_LANGUAGE = {"en": _EN, "zh": _ZH}


def labels(language: str) -> Labels:
    """The words of a language, `en` or `zh`."""
    return _BY_LANGUAGE[language]


def naming(template: str, source: str) -> str:
    """The template with the source's name in it, a blank where a Latin name meets a Chinese word."""
    before, after = template.split("{source}")
    return _beside(_beside(before, source), after)


def _beside(left: str, right: str) -> str:
    meet = _MEETS.fullmatch(left[-1:] + right[:1])
    return f"{left} {right}" if meet else left + right
