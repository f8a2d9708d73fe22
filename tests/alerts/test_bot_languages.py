"""In which language the bot answers: a chat's own, in private the person's; and that both say the same."""

from dataclasses import fields, replace
from string import Formatter
from typing import Any

import pytest

from alerts.phrases import phrases, spoken, topic_named
from monitor.core.model import Topic
from tests.alerts.bot_desk import CONFIG, GROUP, OWNER, READER, STRANGER, BotDesk
from tests.builders import a_chat
from tests.telegram_server import TelegramServer

CHINESE = replace(CONFIG, chats=(a_chat("desk", id=str(GROUP), language="zh"),))


def placeholders(template: Any) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("part", [None, "way", "preview"])
def test_both_languages_are_told_the_same(part: str | None) -> None:
    english, chinese = (getattr(phrases(code), part) if part else phrases(code) for code in ("en", "zh"))
    for field in fields(english):
        one, other = getattr(english, field.name), getattr(chinese, field.name)
        if isinstance(one, str):
            assert other, field.name
            assert placeholders(other) <= placeholders(one), field.name
        elif isinstance(one, dict):
            assert list(one) == list(other), field.name


@pytest.mark.parametrize(
    ("code", "language"), [("zh", "zh"), ("zh-hans", "zh"), ("ZH-TW", "zh"), ("de", "en"), ("", "en")]
)
def test_the_language_of_a_person(code: str, language: str) -> None:
    assert spoken(code) == language


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("ecny", Topic.ECNY),
        ("#ECNY", Topic.ECNY),
        ("＃数据", Topic.DATA),
        ("人工智能", Topic.AI),
        ("x", None),
    ],
)
def test_topics_have_names_in_both_languages(word: str, topic: Topic | None) -> None:
    assert topic_named(word) is topic


def who(person: int, language: str) -> dict[str, Any]:
    return {"from": {"id": person, "is_bot": False, "first_name": "x", "language_code": language}}


async def test_in_private_the_persons_language(desk: BotDesk) -> None:
    assert await desk.ask("hello", person=READER, **who(READER, "zh-hans")) == [
        "发送 /help 查看机器人能听懂的命令"
    ]
    assert await desk.ask("hello", person=READER, **who(READER, "de")) == [
        "/help tells what the bot understands"
    ]
    # Where alerts go, their language.
    desk.config = replace(CONFIG, chats=(a_chat("ops", id=str(OWNER), language="zh"),))
    assert await desk.ask("/nothing", **who(OWNER, "en")) == [
        "没有 /nothing 这个命令；发送 /help 查看全部命令"
    ]


async def test_a_stranger_is_told_in_their_language(desk: BotDesk) -> None:
    (told,) = await desk.ask("/start", person=STRANGER, **who(STRANGER, "zh-hans"))
    assert told.startswith(f"本机器人仅服务于一个新闻团队。您的编号是 {STRANGER}，可请所有者将其加入")


async def test_a_group_in_chinese(desk: BotDesk) -> None:
    desk.config = CHINESE
    story, posted = desk.tell_sent("央行扩大数字人民币试点")
    help_, status, latest, none = await desk.ask(
        "/help", "/status", "/latest ecny", "/latest crypto", chat=GROUP, **who(OWNER, "en")
    )
    assert "/search 词语 – 检索包含全部词语的历史文章" in help_
    assert status.splitlines()[1:4] == [
        "一切正常",
        "来源 1 个，故障 0 个 · 规则 0 条",
        "已存文章 1 篇",
    ]
    assert latest.splitlines()[0] == "最新提醒"
    assert none == "尚无关于 #加密资产 的提醒"
    useful, muted = await desk.press(f"useful:{story.id}", f"mute:{story.id}", on=posted)
    assert useful == "已记录：有用"
    assert muted == "不再提醒事件 1（可用 /unmute 恢复）：央行扩大数字人民币试点"
    assert await desk.press(f"useful:{story.id}", on=posted, person=STRANGER) == [
        "您尚无权限：请所有者将 666 加入 bot: readers:"
    ]


async def test_why_in_chinese(desk: BotDesk) -> None:
    desk.config = CHINESE
    story = desk.tell_story("央行扩大数字人民币试点")
    (told,) = await desk.ask(f"/why {story.id}", chat=GROUP)
    lines = told.splitlines()
    assert [line for line in lines if line in {"来源", "读取", "判定", "事件", "决定", "投递"}] == [
        *("来源", "读取", "判定", "事件", "决定", "投递")
    ]
    assert "ecny（数字人民币） +6：标题“Digital yuan”" in lines
    assert "得分 6，达到阈值 3" in lines
    assert lines[-3:] == ["新事件的首条相关报道", "投递", "提醒 → desk：排队中"]


async def test_a_change_is_proposed_in_chinese(desk: BotDesk, server: TelegramServer) -> None:
    desk.config = CHINESE
    *_, asked = await desk.ask("/rules add rwa：RWA or 试点", chat=GROUP)
    assert asked.splitlines() == [
        "新增规则 rwa：RWA or 试点",
        "",
        "请注意：",
        "• “or”在此是要检索的词；若用来连接，请写 OR",
        "",
        "It would have alerted 3 <times>.",  # the desk's own words here
        "",
        "确认前不作任何更改。",
    ]
    question = server.messages[-1]
    (yes, no) = question.buttons[0]
    assert (yes[0], no[0]) == ("确认", "取消")
    assert await desk.press(yes[1], no[1], on=question) == [
        "新增规则 rwa：RWA or 试点：已保存",
        "此前已保存",
    ]


async def test_mistakes_are_told_in_chinese(desk: BotDesk) -> None:
    desk.config = CHINESE
    told = [
        (await desk.ask(f"/rules {words}", chat=GROUP))[-1]
        for words in ("add x: a priority=low", "add x", "off old")
    ]
    assert told[0].startswith("priority= 不能在会话中设置，请写入 config.yaml")
    assert told[1].startswith("请按此格式书写：/rules add rwa: RWA AND 试点")
    assert told[2].splitlines()[0] == "停用规则 old"


async def test_the_menu_is_told_in_both_languages(desk: BotDesk, server: TelegramServer) -> None:
    await desk.ask("/help")
    assert [method for method, _ in server.calls].count("setMyCommands") == 2
    # The last one is of everybody without a menu of their own.
    assert server.commands[2] == {"command": "status", "description": "how the service is doing"}
