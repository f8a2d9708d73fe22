"""What the doctor finds, against the stand-in for Telegram and real files."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.probe import Probe
from monitor import logs
from monitor.config.environment import read_environment
from monitor.core.model import ChatName
from monitor.doctor.database import look_at_database
from monitor.doctor.examine import examine
from monitor.doctor.files import disk
from monitor.doctor.finding import Finding
from monitor.store.sql import open_store
from tests.builders import NOW, an_article
from tests.llm_server import LlmServer
from tests.store.desk import keep, send, the_source
from tests.telegram_server import TOKEN, Fault, TelegramServer, blocked, refused

ROOT = Path(__file__).parents[1]
RULES = "rules:\n  list:\n    - {id: ecny, topic: ecny, terms: [digital yuan]}\n"


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


class Surgery:
    """A folder with a configuration, and the doctor's findings about it."""

    def __init__(self, folder: Path, server: TelegramServer | None) -> None:
        self.file = folder / "config.yaml"
        self.env = {"DATABASE_URL": f"sqlite:///{folder / 'var' / 'news.db'}"}
        self.tail = RULES
        self.chats: list[str] = ["{name: desk, id: 7}"]
        if server is not None:
            self.env["TELEGRAM_BOT_TOKEN"] = TOKEN
            self.tail += f"telegram: {{api_url: '{server.url}'}}\n"

    async def examine(self, **options: Any) -> dict[str, Finding]:
        chats = "".join(f"  - {chat}\n" for chat in self.chats)
        self.file.write_text(f"chats:\n{chats}{self.tail}", "utf-8")
        found = await examine(self.file, self.env, **options)
        assert all(bool(one.mend) != one.ok for one in found)  # each trouble has its mend
        assert not any(TOKEN in f"{one.words}{one.mend}" for one in found)
        return {one.name: one for one in found}

    async def troubles(self, **options: Any) -> dict[str, str]:
        found = await self.examine(**options)
        return {name: one.words for name, one in found.items() if not one.ok}

    @property
    def database(self) -> Path:
        return Path(self.env["DATABASE_URL"].removeprefix("sqlite:///"))


@pytest.fixture
def surgery(tmp_path: Path, server: TelegramServer) -> Surgery:
    return Surgery(tmp_path, server)


async def test_all_is_well(surgery: Surgery, server: TelegramServer) -> None:
    open_store(surgery.env["DATABASE_URL"]).close()
    found = await surgery.examine()
    assert list(found) == [
        "config",
        "permissions",
        "disk",
        "database",
        "outbox",
        "clock",
        "token",
        "chat desk",
    ]
    assert all(one.ok for one in found.values())
    assert found["token"].words == "the bot is @policywire_bot"
    assert server.messages == []


async def test_without_a_token_nobody_is_asked(tmp_path: Path) -> None:
    found = await Surgery(tmp_path, None).examine()
    assert found["token"].words == "no TELEGRAM_BOT_TOKEN: alerts are drawn in the terminal"
    assert found["database"].words.endswith("is made at the first start")
    assert all(one.ok for one in found.values())


async def test_a_mistake_in_the_file_is_told_alone(surgery: Surgery) -> None:
    surgery.tail += "nonsense: 1\n"
    found = await surgery.examine()
    assert [name for name, one in found.items() if not one.ok] == ["config"]
    assert "nonsense" in found["config"].words
    assert "disk" in found
    assert found["token"].words == "not looked at: mend config first"  # nobody knows which server to ask


async def test_a_mistake_in_the_environment(surgery: Surgery) -> None:
    surgery.env["TELEGRAM_BOT_TOKEN"] = "nonsense"
    assert list(await surgery.troubles()) == ["environment"]


async def test_a_token_that_is_refused(surgery: Surgery, server: TelegramServer) -> None:
    server.token = "123456:" + "B" * 35
    assert await surgery.troubles() == {"token": "Telegram refuses the bot token"}


async def test_telegram_out_of_reach(surgery: Surgery) -> None:
    surgery.tail = RULES + f"telegram: {{api_url: 'http://127.0.0.1:{free_port()}'}}\n"
    found = await surgery.troubles()
    assert found["clock"] == "127.0.0.1 does not tell the time (ConnectError)"
    assert found["token"].startswith("nobody answers for it")


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def test_a_clock_that_is_wrong(surgery: Surgery) -> None:
    found = await surgery.examine(now=lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert found["clock"].words.startswith(("300 s ahead of", "301 s ahead of", "299 s ahead of"))
    assert "timedatectl" in found["clock"].mend


@pytest.mark.parametrize(
    ("chat_id", "membership", "told", "problem"),
    [
        ("-1001", {"status": "left"}, {}, "the bot is not a member"),
        ("-1001", {"status": "kicked", "until_date": 0}, {}, "the bot is not a member"),
        ("-1001", {}, {}, None),
        ("-1001", {}, {"permissions": {"can_send_messages": False}}, "the bot may not post"),
        ("-1001", {"status": "restricted", "can_send_messages": False}, {}, "the bot may not post"),
        ("-1001", {"status": "restricted", "can_send_messages": True}, {}, None),
        ("@news", {}, {}, "the bot may not post"),
        ("@news", {"status": "administrator", "can_post_messages": False}, {}, "the bot may not post"),
        ("@news", {"status": "administrator", "can_post_messages": True}, {}, None),
        ("-1001", {"status": "administrator"}, {}, None),
        ("-1001", {"status": "creator", "is_anonymous": False}, {}, None),
    ],
)
async def test_rights(
    surgery: Surgery,
    server: TelegramServer,
    chat_id: str,
    membership: dict[str, Any],
    told: dict[str, Any],
    problem: str | None,
) -> None:
    surgery.chats = [f"{{name: desk, id: '{chat_id}'}}"]
    server.membership[chat_id] = whole_membership(membership)
    server.chats[chat_id] = told
    assert (await surgery.troubles()).get("chat desk") == problem


def whole_membership(given: dict[str, Any]) -> dict[str, Any]:
    """With the many fields that Telegram always sends."""
    rights = (
        "can_be_edited can_manage_chat can_change_info can_delete_messages can_invite_users "
        "can_pin_messages can_restrict_members can_promote_members can_manage_video_chats "
        "can_manage_topics is_anonymous can_post_stories can_edit_stories can_delete_stories "
        "can_send_audios can_send_documents can_send_photos can_send_videos "
        "can_send_video_notes can_send_voice_notes can_send_polls can_send_other_messages "
        "can_add_web_page_previews is_member can_edit_tag can_react_to_messages "
    )
    return dict.fromkeys(rights.split(), False) | {"until_date": 0} | given if given else {}


async def test_a_chat_that_is_not_there(surgery: Surgery, server: TelegramServer) -> None:
    server.chat_faults["7"] = blocked()
    found = await surgery.troubles()
    assert "kicked" in found["chat desk"]


@pytest.mark.parametrize(
    ("topics", "problem"),
    [({7}, None), ({8}, "topic 7: Message thread not found"), (None, "has no topics")],
)
async def test_topics(
    surgery: Surgery, server: TelegramServer, topics: set[int] | None, problem: str | None
) -> None:
    surgery.chats = ["{name: desk, id: -1001, thread: 7}"]
    if topics is not None:
        server.topics["-1001"] = topics
    assert (await surgery.troubles()).get("chat desk") == problem


async def test_a_test_message_is_silent_and_known_to_reading_back(
    surgery: Surgery, server: TelegramServer
) -> None:
    open_store(surgery.env["DATABASE_URL"]).close()
    surgery.chats.append("{name: ops, id: 8}")
    server.chat_faults["8"] = refused("chat not found")
    found = await surgery.examine(send=True)
    assert found["test to desk"].words == "sent"
    assert not found["test to ops"].ok
    (posted,) = server.messages
    assert posted.silent
    store = open_store(surgery.env["DATABASE_URL"])
    assert store.noted_messages("7", 0) == {posted.message_id}
    store.close()


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        (blocked(), "write to the bot or add it there; check the chat's id"),
        (refused("TOPIC_CLOSED"), "open the topic again, or change thread:"),
        (refused("can't parse entities"), "please report this: the test is plain text"),
        (refused("never heard of"), "please report this: the test is plain text"),
    ],
    ids=["blocked", "topic closed", "refused", "refused without a reason"],
)
async def test_a_test_that_does_not_arrive_has_its_own_mend(
    surgery: Surgery, server: TelegramServer, fault: Fault, mend: str
) -> None:
    server.chat_faults["7"] = fault
    found = await surgery.examine(send=True)
    assert found["test to desk"].mend == mend


async def test_a_closed_topic_is_only_seen_by_sending(surgery: Surgery, server: TelegramServer) -> None:
    surgery.chats = ["{name: desk, id: -1001, thread: 5}"]
    server.topics["-1001"] = {5}
    server.closed_topics.add(("-1001", 5))
    found = await surgery.examine(send=True)
    assert (
        found["chat desk"].words == "the bot may post, topic 5 is there (whether it is closed, --send tells)"
    )
    assert found["test to desk"].mend == "open the topic again, or change thread:"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere: look with the eyes of somebody else."""
    before = os.geteuid()
    os.seteuid(65534 if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everybody may look into and nobody may write."""
    folder = Path(tempfile.mkdtemp())
    (folder / "file").touch()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "words", "mend"),
    [
        ("x.db", "may not be written", "chown or chmod"),
        ("sub/deep/x.db", "may not be written", "chown or chmod"),
        ("file/x.db", "is no folder", "move it away"),
    ],
)
def test_a_database_that_nobody_can_make(readable: Path, name: str, words: str, mend: str) -> None:
    findings: list[Finding] = []
    environment = read_environment({"DATABASE_URL": f"sqlite:///{readable / name}"}, readable / ".env")
    with as_nobody():
        assert look_at_database(environment, findings, NOW) is None
    (found,) = findings
    assert not found.ok
    assert found.words.startswith(f"{readable / name} cannot be made or kept: {readable}")
    assert found.words.endswith(words)
    assert found.mend.startswith(mend)


def test_a_database_in_a_folder_that_nobody_may_look_into(readable: Path) -> None:
    environment = read_environment({"DATABASE_URL": f"sqlite:///{readable / 'x.db'}"}, readable / ".env")
    findings: list[Finding] = []
    readable.chmod(0o700 if os.geteuid() == 0 else 0o000)
    with as_nobody():
        assert [one.name for one in disk(environment)] == ["disk"]
        assert look_at_database(environment, findings, NOW) is None
    assert [one.ok for one in findings] == [False]


async def test_files_that_others_may_read(surgery: Surgery) -> None:
    open_store(surgery.env["DATABASE_URL"]).close()
    surgery.database.chmod(0o644)
    dotenv = surgery.file.with_name(".env")
    dotenv.write_text("X=1\n", "utf-8")
    dotenv.chmod(0o640)
    found = [one for one in await examine_all(surgery) if not one.ok]
    assert [one.mend for one in found] == [f"chmod 600 {dotenv}", f"chmod 600 {surgery.database}"]


async def examine_all(surgery: Surgery) -> tuple[Finding, ...]:
    await surgery.examine()
    return await examine(surgery.file, surgery.env)


async def test_a_damaged_database(surgery: Surgery) -> None:
    open_store(surgery.env["DATABASE_URL"]).close()
    whole = surgery.database.read_bytes()
    surgery.database.write_bytes(whole[:4096] + os.urandom(4096) + whole[8192:])
    assert "database" in await surgery.troubles()


async def test_a_newer_database(surgery: Surgery) -> None:
    open_store(surgery.env["DATABASE_URL"]).close()
    with sqlite3.connect(surgery.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "made by a newer policywire (schema 9999)" in (await surgery.troubles())["database"]


async def test_an_older_database_is_left_as_it_is(surgery: Surgery) -> None:
    surgery.database.parent.mkdir()
    connection = sqlite3.connect(surgery.database)
    connection.execute("CREATE TABLE anything (x)")
    connection.close()
    surgery.database.chmod(0o600)
    found = await surgery.examine()
    assert found["database"].words.endswith("the next start brings its schema up to date")
    assert "outbox" not in found


async def test_a_database_that_cannot_be_one(surgery: Surgery) -> None:
    surgery.env["DATABASE_URL"] = "mysql://x/y"
    assert "no store for mysql" in (await surgery.troubles())["database"]


async def test_a_backlog_and_parked_chats(surgery: Surgery) -> None:
    store = open_store(surgery.env["DATABASE_URL"])
    with store.work() as work:
        work.keep_sources([the_source()], NOW)
        story = work.open_story("News", NOW)
        article_id = keep(work, story_id=story.id, article=an_article())
        work.add_alert(story.id, article_id, send(ChatName("desk")), NOW)
    two_hours_later = await surgery.troubles(now=lambda: NOW + timedelta(hours=2))
    assert two_hours_later["outbox"] == "alerts wait since 2026-11-24 08:00 UTC (1)"
    store.park_chat(ChatName("desk"), "kicked", NOW)
    assert await surgery.troubles() == {"parked": "chat desk: kicked"}
    store.close()


async def test_a_proxy_that_is_gone(surgery: Surgery, tmp_path: Path) -> None:
    port = free_port()
    surgery.env["HTTPS_PROXY"] = f"http://user:secret@127.0.0.1:{port}"
    found = await surgery.troubles()
    assert found["proxy"].startswith(f"127.0.0.1:{port} cannot be reached")
    assert "secret" not in str(found)


async def test_webhooks(surgery: Surgery, server: TelegramServer) -> None:
    surgery.chats += [
        f"{{name: hook, channel: webhook, id: '{server.url}/a-secret-path'}}",
        f"{{name: gone, channel: webhook, id: 'http://127.0.0.1:{free_port()}/x'}}",
    ]
    found = await surgery.examine()
    assert found["webhook hook"].ok
    assert "secret" not in found["webhook hook"].words
    assert not found["webhook gone"].ok


async def test_the_language_model_writes_a_word(surgery: Surgery) -> None:
    async with LlmServer("ready", (401, {}), (500, {}), (400, {})) as model:
        surgery.env["KEY"] = "s3cret-key"
        surgery.tail += f"llm: {{api_url: '{model.url}', model: tiny, key: $KEY}}\n"
        assert (await surgery.examine())["llm"].words == "tiny answers"
        found = [(await surgery.examine())["llm"] for _ in range(3)]
        assert [one.words for one in found] == ["it answers 401", "it answers 500", "it answers 400"]
        assert [one.mend.partition(";")[0] for one in found] == [
            "check llm.api_url and the key",
            "try again later",
            "check llm.model",
        ]


async def test_a_test_to_a_webhook_needs_no_token(tmp_path: Path, server: TelegramServer) -> None:
    surgery = Surgery(tmp_path, None)
    surgery.chats = [f"{{name: hook, channel: webhook, id: '{server.url}/nobody'}}", "{name: ops, id: 8}"]
    found = await surgery.examine(send=True)
    assert [name for name in found if name.startswith("test to")] == ["test to hook"]
    assert not found["test to hook"].ok  # the stand-in is no webhook, and says so


@pytest.mark.slow
def test_the_command_tells_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("chats: [{name: desk, id: 7}]\n" + RULES, "utf-8")
    good, bad = doctor(tmp_path), doctor(tmp_path, "--config", "nowhere.yaml")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert "terminal" in good.stdout
    assert "there is no such file" in bad.stdout


def doctor(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", "doctor", *words],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
    )


async def test_a_proxy_that_cannot_be_read_is_one_line(surgery: Surgery) -> None:
    surgery.env["HTTPS_PROXY"] = "http://user:s3cret#x@127.0.0.1:3128"
    found = await surgery.troubles()
    assert found["environment"].startswith("environment: HTTPS_PROXY: is not a proxy address")
    assert "s3cret" not in str(found)


async def test_a_server_of_this_machine_is_asked_without_the_proxy(surgery: Surgery) -> None:
    surgery.env["HTTPS_PROXY"] = f"http://127.0.0.1:{free_port()}"
    found = await surgery.examine()
    assert found["token"].words == "the bot is @policywire_bot"
    assert found["clock"].ok


async def test_a_surprise_is_a_line_and_no_traceback(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def surprise(_probe: Probe) -> tuple[int, str]:
        raise RuntimeError("no POST of /s3cret-hook")

    monkeypatch.setattr(Probe, "me", surprise)
    surgery.chats.append("{name: hook, channel: webhook, id: 'http://127.0.0.1:9/s3cret-hook'}")
    found = await surgery.troubles()
    assert found["token"].startswith("could not be looked at: RuntimeError: no POST of")
    assert "s3cret" not in str(found)
    assert "webhook hook" in found


@pytest.fixture(autouse=True)
def nothing_hidden() -> Iterator[None]:
    yield
    logs.hide(())
