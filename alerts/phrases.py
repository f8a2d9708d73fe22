"""What the bot says, in English and Chinese."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from alerts.labels import labels
from alerts.way import CHINESE
from monitor.backtest import ENGLISH_PREVIEW, PreviewWords
from monitor.core.model import Topic
from monitor.queries import ENGLISH, WayWords

_LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's words; rule ids, queries and the lines of mistakes in config.yaml stay as they are."""

    language: str
    # ── what it understands ──
    menu: Mapping[str, str]  # command → what it does, in at most 256 characters; in the order of the menu
    arguments: Mapping[str, str]  # command → what may stand behind it
    rules_help: str
    hello: str
    hint: str
    unknown: str  # {name}
    more: str  # {count}
    # ── rights and troubles ──
    stranger: str  # {person}
    no_owner_yet: str  # {person}
    not_yet: str  # {person}; in at most 200 characters
    owners_only: str
    no_database: str
    failed: str
    no_button: str
    # ── status and sources ──
    status: str
    all_well: str
    watched: str  # {sources} {failing} {rules}
    articles: str  # {count}
    outbox: str  # {owed}
    owed: str  # {count} {state}
    comma: str
    semicolon: str
    nothing_waits: str
    parked: str  # {chat} {why}
    waits: str  # {chat} {at}
    sources: str  # {count}
    last_well: str  # {problem} {at}
    never: str
    # ── rules ──
    rules: str  # {count}
    rules_told: str  # {count}
    rules_with: str  # {word} {count}
    page: str  # {page} {pages}
    next_page: str  # {ask}
    no_rule: str  # {word}
    no_page: str  # {pages}
    rule_off: str  # {rule}
    no_presses: str
    # ── stories ──
    which_story: str
    no_story: str  # {story}
    story: str  # {story}
    colon: str
    score: str  # {score} {threshold}
    muted: str  # {story} {title}
    unmuted: str  # {story} {title}
    noted: str  # {word}
    noted_already: str  # {word}
    story_gone: str
    latest: str
    nothing_alerted: str
    nothing_on: str  # {topics}
    no_topic: str  # {word} {topics}
    say_what: str
    nothing_found: str  # {words}
    quoted: str  # {words}
    # ── chats ──
    not_configured: str
    resumed: str  # {chats} {count}
    no_chat: str  # {chat} {chats}
    not_parked: str  # {chat}
    nothing_gathered: str
    digest_sent: str
    test: str
    test_sent: str
    # ── changes of rules ──
    how: str
    like: str
    no_number: str  # {value}
    not_from_chat: str  # {option}
    checking: str
    nothing_changes: str
    no_preview: str
    mind: str
    lower_case: str  # {word} {operator}
    unconfirmed: str
    add: str  # {rule} {query}
    switch_on: str  # {rule}
    switch_off: str  # {rule}
    ended: Mapping[str, str]  # saved, cancelled
    outcome: str  # {change} {state}
    already: str  # {state}
    gone: str
    not_asker: str
    changed_meanwhile: str  # {file}
    # ── what others word ──
    way: WayWords
    preview: PreviewWords


def phrases(language: str) -> Phrases:
    """The bot's words in a language, `en` or `zh`."""
    return _BY_LANGUAGE[language]


def spoken(code: str) -> str:
    """The language to answer in for one of Telegram's codes ("zh-hans", "de", "" when it tells none)."""
    return "zh" if code.lower().startswith("zh") else "en"


def topic_named(word: str) -> Topic | None:
    """The topic of an id or a label in either language, with or without its #."""
    name = unicodedata.normalize("NFKC", word).strip().lstrip("#").casefold()
    return next((topic for topic in Topic if name in _names(topic)), None)


def _names(topic: Topic) -> set[str]:
    shown = (labels(language).topics[topic] for language in _LANGUAGES)
    return {topic.value, *(name.lstrip("#").casefold() for name in shown)}


_EN = Phrases(
    language="en",
    menu={
        "start": "say hello; lets a parked chat receive again",
        "help": "what the bot understands",
        "status": "how the service is doing",
        "sources": "what is watched, and what fails",
        "rules": "the rules with their precision; add, off and on change them",
        "why": "why a story was alerted: its number, or in reply to an alert",
        "latest": "the newest alerts, of all topics or some",
        "search": "past articles with all these words",
        "mute": "hear no more of a story: its number, or in reply to an alert",
        "unmute": "let a muted story speak again",
        "digest": "send now what is gathered for this chat",
        "test": "send a test message the way alerts go",
    },
    arguments={
        "rules": "[WORD] [PAGE]",
        "why": "[NUMBER]",
        "latest": "[TOPIC …]",
        "search": "WORDS",
        "mute": "[NUMBER]",
        "unmute": "[NUMBER]",
    },
    rules_help="/rules add ID: QUERY topic=… weight=…\n/rules off ID · /rules on ID\n"
    "A change of rules is shown first and saved when you confirm it.",
    hello="policywire is here.",
    hint="/help tells what the bot understands",
    unknown="there is no /{name}; /help tells what there is",
    more="… and {count} more",
    stranger="This bot serves a news desk. Your number is {person}: an owner can add it under bot: readers: "
    "in config.yaml.",
    no_owner_yet="policywire is here and knows no owner yet. Your number is {person}: to ask, add it "
    "under bot: owners: in config.yaml.",
    not_yet="Not for you yet: ask an owner to add {person} under bot: readers:",
    owners_only="only owners may do that",
    no_database="the database cannot be used now: try again later",
    failed="that failed here; the log tells why",
    no_button="this button means nothing any more",
    status="Status",
    all_well="nothing needs a person",
    watched="sources: {sources}, failing: {failing} · rules: {rules}",
    articles="articles kept: {count}",
    outbox="outbox: {owed}",
    owed="{count} {state}",
    comma=", ",
    semicolon="; ",
    nothing_waits="nothing waits",
    parked="chat {chat} is parked: {why} (/start there resumes it)",
    waits="chat {chat} waits until {at}",
    sources="Sources: {count}",
    last_well="{problem}; last well {at}",
    never="never",
    rules="Rules: {count} (useful / pressed)",
    rules_told="Pressed for or switched off: {count}. All: /rules 1 · some: /rules WORD (id or topic)",
    rules_with="Rules with “{word}”: {count} (useful / pressed)",
    page="page {page} of {pages}",
    next_page="more: {ask}",
    no_rule="no rule has “{word}” in its id, or as its topic",
    no_page="there are only {pages} pages",
    rule_off="{rule} is off",
    no_presses="no presses",
    which_story="which story? Give its number, or write this in reply to an alert",
    no_story="there is no story {story}",
    story="story {story}",
    colon=": ",
    score="score {score}, needs {threshold}",
    muted="story {story} is muted; /unmute undoes it: {title}",
    unmuted="story {story} speaks again: {title}",
    noted="noted: {word}",
    noted_already="noted already: {word}",
    story_gone="that story is gone",
    latest="Latest alerts",
    nothing_alerted="nothing was alerted yet",
    nothing_on="nothing on {topics} yet",
    no_topic="no topic “{word}”; there are {topics}",
    say_what="say what to look for: /search digital yuan",
    nothing_found="nothing found for “{words}”",
    quoted="“{words}”",
    not_configured="this chat is not in config.yaml: no alerts come here",
    resumed="{chats} receives again; kept messages on their way: {count}",
    no_chat="no chat is named {chat}; there are {chats}",
    not_parked="{chat} is not parked",
    nothing_gathered="nothing is gathered for this chat",
    digest_sent="what was gathered is on its way",
    test="A test: this message came the way alerts come.",
    test_sent="a test message is on its way",
    how="write /rules add ID: QUERY topic=… weight=… · /rules off ID · /rules on ID",
    like="write it like: /rules add rwa: RWA AND 试点 topic=crypto weight=3",
    no_number="weight={value} is not a number",
    not_from_chat="{option}= cannot be set from chat: write it into config.yaml (or quote it, if it is "
    "to be looked for)",
    checking="Checking the change and looking back with it …",
    nothing_changes="nothing would change",
    no_preview="What it would have alerted is not known: there is no look back here.",
    mind="Mind:",
    lower_case="“{word}” is a word to look for here: write {operator} to join",
    unconfirmed="Nothing is changed until you confirm.",
    add="Add rule {rule}: {query}",
    switch_on="Switch rule {rule} on",
    switch_off="Switch rule {rule} off",
    ended={"saved": "saved", "cancelled": "cancelled"},
    outcome="{change}: {state}",
    already="{state} already",
    gone="that change is no longer waiting: ask for it again",
    not_asker="only the owner who asked can confirm this",
    changed_meanwhile="{file} was changed meanwhile: look at it and ask again",
    way=ENGLISH,
    preview=ENGLISH_PREVIEW,
)

_ZH = Phrases(
    language="zh",
    menu={
        "start": "打招呼；让已搁置的会话恢复接收",
        "help": "机器人能听懂的命令",
        "status": "服务运行状况",
        "sources": "正在监测的来源及故障",
        "rules": "规则及其准确率；可用 add、off、on 更改",
        "why": "为何提醒某事件：写事件编号，或回复该提醒",
        "latest": "最新提醒，可限定主题",
        "search": "检索包含全部词语的历史文章",
        "mute": "不再提醒某事件：写事件编号，或回复该提醒",
        "unmute": "恢复提醒某事件",
        "digest": "立即发送本会话待汇总的内容",
        "test": "按提醒的方式发送一条测试消息",
    },
    arguments={
        "rules": "[词语] [页码]",
        "why": "[编号]",
        "latest": "[主题 …]",
        "search": "词语",
        "mute": "[编号]",
        "unmute": "[编号]",
    },
    rules_help="/rules add 名称: 查询 topic=… weight=…\n/rules off 名称 · /rules on 名称\n"
    "规则更改会先展示，确认后才保存。",
    hello="policywire 已就绪。",
    hint="发送 /help 查看机器人能听懂的命令",
    unknown="没有 /{name} 这个命令；发送 /help 查看全部命令",
    more="……另有 {count} 条",
    stranger="本机器人仅服务于一个新闻团队。您的编号是 {person}，可请所有者将其加入 config.yaml 的 "
    "bot: readers:",
    no_owner_yet="policywire 已就绪，但尚未指定所有者。您的编号是 {person}，请将其加入 config.yaml 的 "
    "bot: owners:",
    not_yet="您尚无权限：请所有者将 {person} 加入 bot: readers:",
    owners_only="仅所有者可执行此操作",
    no_database="数据库暂时不可用，请稍后再试",
    failed="处理失败，原因见日志",
    no_button="此按钮已失效",
    status="运行状况",
    all_well="一切正常",
    watched="来源 {sources} 个，故障 {failing} 个 · 规则 {rules} 条",
    articles="已存文章 {count} 篇",
    outbox="发件箱：{owed}",
    owed="{state} {count}",
    comma="、",
    semicolon="；",
    nothing_waits="无待发消息",
    parked="会话 {chat} 已搁置：{why}（在该会话发送 /start 可恢复）",
    waits="会话 {chat} 需等待至 {at}",
    sources="来源：{count} 个",
    last_well="{problem}；上次正常 {at}",
    never="从未",
    rules="规则：{count} 条（有用／已评）",
    rules_told="其中已有评价或已停用：{count} 条。查看全部：/rules 1 · 查找：/rules 词语（名称或主题）",
    rules_with="含“{word}”的规则：{count} 条（有用／已评）",
    page="第 {page} 页，共 {pages} 页",
    next_page="下一页：{ask}",
    no_rule="没有名称或主题为“{word}”的规则",
    no_page="只有 {pages} 页",
    rule_off="{rule} 已停用",
    no_presses="暂无评价",
    which_story="哪个事件？请写事件编号，或回复该提醒",
    no_story="没有编号为 {story} 的事件",
    story="事件 {story}",
    colon="：",
    score="得分 {score}（阈值 {threshold}）",
    muted="不再提醒事件 {story}（可用 /unmute 恢复）：{title}",
    unmuted="已恢复提醒事件 {story}：{title}",
    noted="已记录：{word}",
    noted_already="此前已记录：{word}",
    story_gone="该事件已不存在",
    latest="最新提醒",
    nothing_alerted="尚无提醒",
    nothing_on="尚无关于 {topics} 的提醒",
    no_topic="没有主题“{word}”；可选：{topics}",
    say_what="请写明要查找的词语：/search 数字人民币",
    nothing_found="没有找到“{words}”",
    quoted="“{words}”",
    not_configured="本会话不在 config.yaml 中，不会收到提醒",
    resumed="{chats} 已恢复接收；正在补发 {count} 条消息",
    no_chat="没有名为 {chat} 的会话；现有：{chats}",
    not_parked="{chat} 未被搁置",
    nothing_gathered="本会话没有待汇总的内容",
    digest_sent="汇总即将发出",
    test="测试：此消息与提醒的发送方式相同。",
    test_sent="测试消息即将发出",
    how="请写：/rules add 名称: 查询 topic=… weight=… · /rules off 名称 · /rules on 名称",
    like="请按此格式书写：/rules add rwa: RWA AND 试点 topic=crypto weight=3",
    no_number="weight={value} 不是数字",
    not_from_chat="{option}= 不能在会话中设置，请写入 config.yaml（若要检索该词，请加引号）",
    checking="正在检查更改并回溯……",
    nothing_changes="没有任何变化",
    no_preview="此处无法回溯，不知道会提醒哪些内容。",
    mind="请注意：",
    lower_case="“{word}”在此是要检索的词；若用来连接，请写 {operator}",
    unconfirmed="确认前不作任何更改。",
    add="新增规则 {rule}：{query}",
    switch_on="启用规则 {rule}",
    switch_off="停用规则 {rule}",
    ended={"saved": "已保存", "cancelled": "已取消"},
    outcome="{change}：{state}",
    already="此前{state}",
    gone="该更改已失效，请重新提出",
    not_asker="只有提出更改的所有者可以确认",
    changed_meanwhile="{file} 在此期间被改动：请查看后重新提出",
    way=CHINESE,
    preview=PreviewWords(
        found="最近 7 天共 {articles:,} 篇文章。会提醒的事件：{new} 个；按现有规则：{old} 个。",
        gained="新增：{stories}",
        lost="减少：{stories}",
        none="0 个。",
        named="{count} 个：{titles}{more}。",
        more="等",
        title="“{title}”",
        semicolon="；",
    ),
)

_BY_LANGUAGE = {"en": _EN, "zh": _ZH}
