"""The words of our own in a message, in English and Chinese."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.model import Authority, Priority, Reason, Standing, Tier, Topic
from monitor.core.settings import Addition


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One language's words."""

    tiers: dict[Tier, str]
    authorities: dict[Authority, str]
    topics: dict[Topic, str]
    standings: dict[Standing, str]
    news: dict[Reason, str]
    repeat: str
    untitled: str
    breaking: str
    why: str
    more: str  # of {count}
    score: str  # {score} of {threshold}
    published: str
    seen: str
    also: str
    also_more: str  # {count}
    merged: str  # {title}
    machine: dict[Addition, str]  # {model}
    buttons: dict[str, str]
    confirm: str
    cancel: str
    digest: str  # {count}
    catch_up: str  # {count}

    def priority(self, priority: Priority) -> str:
        """The word for it, where it has one."""
        return self.breaking if priority is Priority.BREAKING else ""


_EN = Labels(
    tiers={
        Tier.AUTHORITY: "issuing authority",
        Tier.STATE_CHANNEL: "state channel",
        Tier.REPORTING: "reporting",
        Tier.COMMERCIAL: "commercial",
        Tier.UNRELIABLE: "unreliable",
    },
    authorities={
        Authority.PARTY: "Party centre",
        Authority.CENTRAL: "central government",
        Authority.MINISTRY: "ministry",
        Authority.COURT: "court",
        Authority.LOCAL: "local government",
        Authority.NONE: "",
    },
    topics={topic: f"#{topic}" for topic in Topic},
    standings={
        Standing.UNCONFIRMED: "Unconfirmed: told by unreliable sources only",
        Standing.REPORTED: "",
        Standing.CONFIRMED: "Confirmed by the primary text",
        Standing.DENIED: "Denied",
    },
    news={
        Reason.CONFIRMED: "Confirmed",
        Reason.DENIED: "Denied",
        Reason.CORRECTED: "Taken back",
        Reason.NEW_STAGE: "New stage",
        Reason.HIGHER_TIER: "Better source",
        Reason.CONTRADICTED: "Contradicted",
        Reason.MORE_URGENT: "More urgent",
    },
    repeat="(possible repeat) ",
    untitled="(untitled)",
    breaking="BREAKING",
    why="Why",
    more="{count} more",
    score="score {score} of {threshold}",
    published="Published",
    seen="Seen",
    also="Also reported by",
    also_more="and {count} more",
    merged="Same event as: {title}",
    machine={
        Addition.TRANSLATION: "Machine translation ({model})",
        Addition.ABSTRACT: "Machine-made abstract ({model})",
    },
    buttons={"why": "Why", "useful": "Useful", "noise": "Noise", "mute": "Mute story"},
    confirm="Confirm",
    cancel="Cancel",
    digest="Digest: {count} alerts",
    catch_up="Told late and together: {count} alerts",
)

_ZH = Labels(
    tiers={
        Tier.AUTHORITY: "发文机关",
        Tier.STATE_CHANNEL: "官方渠道",
        Tier.REPORTING: "媒体报道",
        Tier.COMMERCIAL: "商业媒体",
        Tier.UNRELIABLE: "不可靠来源",
    },
    authorities={
        Authority.PARTY: "党中央",
        Authority.CENTRAL: "中央政府",
        Authority.MINISTRY: "部委",
        Authority.COURT: "司法机关",
        Authority.LOCAL: "地方政府",
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
    news={
        Reason.CONFIRMED: "已证实",
        Reason.DENIED: "已否认",
        Reason.CORRECTED: "已撤回",
        Reason.NEW_STAGE: "新进展",
        Reason.HIGHER_TIER: "更权威来源",
        Reason.CONTRADICTED: "说法不一",
        Reason.MORE_URGENT: "更紧急",
    },
    repeat="（可能重复）",
    untitled="（无标题）",
    breaking="突发",
    why="依据",
    more="另有 {count} 条",
    score="得分 {score}，阈值 {threshold}",
    published="发布",
    seen="发现",
    also="另见",
    also_more="等，另有 {count} 家",
    merged="与此为同一事件：{title}",
    machine={
        Addition.TRANSLATION: "机器翻译（{model}）",
        Addition.ABSTRACT: "机器摘要（{model}）",
    },
    buttons={"why": "依据", "useful": "有用", "noise": "噪音", "mute": "静音本事件"},
    confirm="确认",
    cancel="取消",
    digest="汇总：{count} 条提醒",
    catch_up="补发汇总：{count} 条提醒",
)

_BY_LANGUAGE = {"en": _EN, "zh": _ZH}


def labels(language: str) -> Labels:
    """The words of a language, `en` or `zh`."""
    return _BY_LANGUAGE[language]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Day and minute in the zone."""
    try:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    except OverflowError:  # a feed may claim the year 1 or 9999
        return f"{at:%Y-%m-%d}"


def source_day(midnight: datetime) -> str:
    """The day a source gave without a clock time; `midnight` is that day's in the source's zone."""
    # That zone is not known here. Zones reach from UTC-10 to UTC+14: adding 13:59 lands on the source's own
    # day for all of them but UTC+14, and a second conversion could not do better.
    try:
        return f"{midnight + timedelta(hours=13, minutes=59):%Y-%m-%d}"
    except OverflowError:
        return f"{midnight:%Y-%m-%d}"


def zone_words(at: datetime, zone: ZoneInfo) -> str:
    """The zone as people write it: CST (UTC+8)."""
    local = at.astimezone(zone)
    offset = local.strftime("%z")  # +0800
    hours, minutes = int(offset[1:3]), offset[3:5]
    if not hours and minutes == "00":
        return "UTC"
    words = f"UTC{offset[0]}{hours}" + (f":{minutes}" if minutes != "00" else "")
    name = local.tzname() or ""
    return f"{name} ({words})" if name.isalpha() else words
