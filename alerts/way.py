"""The way of an article in Chinese, for /why; what was recorded in English when it was decided stays so."""

from alerts.labels import labels
from monitor.core.messages import DeliveryKind, DeliveryState
from monitor.core.model import BodyFrom, Field, Hit, Reason, Standing, Verdict
from monitor.queries import WayWords

_FIELDS = {Field.TITLE: "标题", Field.SUMMARY: "摘要", Field.BODY: "正文"}
_REASONS = {
    Reason.NEW_STORY: "新事件的首条相关报道",
    Reason.CONFIRMED: "已证实",
    Reason.DENIED: "已否认",
    Reason.CORRECTED: "已撤回",
    Reason.NEW_STAGE: "新进展",
    Reason.HIGHER_TIER: "更权威来源",
    Reason.CONTRADICTED: "说法不一",
    Reason.MORE_URGENT: "升级",
    Reason.QUIET_HOURS: "免打扰时段",
    Reason.DIGEST: "等待汇总",
    Reason.DAILY_CAP: "已达每日上限",
    Reason.NOT_RELEVANT: "不相关",
    Reason.MUTED: "此事件已设为不再提醒",
    Reason.RUMOUR: "目前仅有不可靠来源",
    Reason.RECIRCULATED: "旧闻重发",
    Reason.ALREADY_ALERTED: "此事件已提醒过",
    Reason.BACKLOG: "首次读取该来源时的旧内容",
    Reason.TOO_OLD: "时间过早",
    Reason.NO_CHAT: "没有会话订阅此主题或优先级",
}
# Of these the recorded words (in English) say nothing more.
_SAY_ALL = frozenset({Reason.NEW_STORY, Reason.MUTED, Reason.RUMOUR, Reason.ALREADY_ALERTED, Reason.NO_CHAT})


def _verdict_in_chinese(verdict: Verdict) -> tuple[str, ...]:
    share = (verdict.share.in_words(),) if verdict.share else ()
    reached = "达到" if verdict.relevant else "低于"
    total = f"得分 {verdict.score:g}，{reached}阈值 {verdict.threshold:g}"
    return (*map(_hit_in_chinese, verdict.hits), *share, *verdict.notes, total)


def _hit_in_chinese(hit: Hit) -> str:
    evidence = list(dict.fromkeys(f"{_FIELDS[match.field]}“{match.text}”" for match in hit.matches))
    more = f"等 {len(evidence)} 处" if len(evidence) > 4 else ""
    topic = f"（{labels('zh').topics[hit.topic].lstrip('#')}）" if hit.topic else ""
    return f"{hit.rule}{topic} {hit.points:+g}：{'、'.join(evidence[:4])}{more}"


def _decision_in_chinese(reason: Reason, words: str) -> str:
    return _REASONS[reason] if reason in _SAY_ALL else f"{_REASONS[reason]}：{words}"


def _reports_in_chinese(count: int) -> str:
    return f"{count} 篇报道"


def _tries_in_chinese(count: int) -> str:
    return f"，尝试 {count} 次" if count > 1 else ""


CHINESE = WayWords(
    source="来源",
    read="读取",
    judged="判定",
    story="事件",
    decision="决定",
    delivery="投递",
    tier="{name}（{id}），第 {tier} 级",
    no_title="（无标题）",
    times="发布于 {published}，发现于 {seen}",
    unknown_time="未知时间",
    body={
        BodyFrom.PAGE: "正文取自网页",
        BodyFrom.FEED: "正文取自订阅源",
        BodyFrom.NOWHERE: "无正文，仅有订阅源所述",
    },
    problem="{body}；{problem}",
    issued="发文机关：{issuer}",
    verdict=_verdict_in_chinese,
    told="事件 {id}：{title}（{standing}，{reports}{muted}）",
    standings={
        Standing.UNCONFIRMED: "未经证实",
        Standing.REPORTED: "已有报道",
        Standing.CONFIRMED: "已证实",
        Standing.DENIED: "已否认",
    },
    reports=_reports_in_chinese,
    muted="，{at} 起不再提醒",
    report="{at} {source}：{title}",
    decided=_decision_in_chinese,
    reasons=_REASONS,
    delivered="{kind} → {chat}：{state}{at}{tries}{why}",
    kinds={
        DeliveryKind.ALERT: "提醒",
        DeliveryKind.FOLLOW_UP: "后续",
        DeliveryKind.EDIT: "更新",
        DeliveryKind.DIGEST: "汇总",
        DeliveryKind.NOTICE: "通知",
    },
    states={
        DeliveryState.GATHERED: "待汇总",
        DeliveryState.FOLDED: "已并入汇总",
        DeliveryState.QUEUED: "排队中",
        DeliveryState.CLAIMED: "发送中",
        DeliveryState.WAITING: "等待重试",
        DeliveryState.UNSURE: "未确认",
        DeliveryState.SENT: "已发送",
        DeliveryState.PARKED: "已搁置",
        DeliveryState.MERGED: "已并入其他事件",
        DeliveryState.MUTED: "已取消提醒",
        DeliveryState.DEAD: "发送失败",
    },
    tries=_tries_in_chinese,
    why="（{why}）",
    nothing_owed="没有需要投递的消息",
)
