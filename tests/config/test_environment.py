"""What the environment may say, and how a mistake in it is named."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from monitor.config.environment import DATABASE_URL, read_environment
from monitor.core.errors import ConfigError

TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"


def secret_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return str(path)


def test_an_empty_environment_has_defaults() -> None:
    read = read_environment({}, None)
    assert (read.token, read.database_url, read.listen) == ("", DATABASE_URL, ("127.0.0.1", 8080))
    assert (read.log_level, read.log_format, read.proxy) == ("INFO", "auto", "")


def test_values_are_read_by_name() -> None:
    read = read_environment(
        {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "DATABASE_URL": "sqlite:///x.db",
            "LISTEN_ADDR": "[::1]:9",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "HTTPS_PROXY": "http://127.0.0.1:3128",
        },
        None,
    )
    assert (read.token, read.database_url, read.listen) == (TOKEN, "sqlite:///x.db", ("::1", 9))
    assert (read.log_level, read.log_format, read.proxy) == ("DEBUG", "json", "http://127.0.0.1:3128")


def test_the_token_does_not_show() -> None:
    assert TOKEN not in repr(read_environment({"TELEGRAM_BOT_TOKEN": TOKEN}, None))


def test_a_dotenv_fills_gaps_and_the_environment_beats_it(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_CHAT_ID=-5\nPRICE='$5'\nEMPTY=\n", "utf-8")
    read = read_environment({"TELEGRAM_CHAT_ID": "-6", "LOG_LEVEL": ""}, dotenv)
    assert read.token == TOKEN
    assert (read.values["TELEGRAM_CHAT_ID"], read.values["PRICE"]) == ("-6", "$5")


def test_a_missing_dotenv_is_no_mistake(tmp_path: Path) -> None:
    assert read_environment({}, tmp_path / ".env").token == ""


def test_secrets_can_come_from_files(tmp_path: Path) -> None:
    file = secret_file(tmp_path, TOKEN + "\n")
    chat = tmp_path / "chat"
    chat.write_text("-100\n", "utf-8")
    read = read_environment({"TELEGRAM_BOT_TOKEN_FILE": file, "TELEGRAM_CHAT_ID_FILE": str(chat)}, None)
    assert (read.token, read.values["TELEGRAM_BOT_TOKEN"], read.values["TELEGRAM_CHAT_ID"]) == (
        TOKEN,
        TOKEN,
        "-100",
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644], ids=oct)
def test_a_token_file_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = secret_file(tmp_path, TOKEN, mode)
    with pytest.raises(ConfigError) as refused:
        read_environment({"TELEGRAM_BOT_TOKEN_FILE": file}, None)
    assert refused.value.where.key == "TELEGRAM_BOT_TOKEN_FILE"
    assert refused.value.mend == f"chmod 600 {file}"


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: TELEGRAM_CHAT_ID_FILE: cannot be read: no such file"):
        read_environment({"TELEGRAM_CHAT_ID_FILE": str(tmp_path / "nowhere")}, None)


def test_a_binary_secret_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="TELEGRAM_CHAT_ID_FILE: is not UTF-8"):
        read_environment({"TELEGRAM_CHAT_ID_FILE": str(tmp_path / "chat")}, None)


def test_a_binary_dotenv_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"\.env: is not UTF-8"):
        read_environment({}, tmp_path / ".env")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", "secret-nonsense"),
        ("DATABASE_URL", "var/policywire.db"),
        ("LISTEN_ADDR", "8080"),
        ("LISTEN_ADDR", "127.0.0.1:http"),
        ("LISTEN_ADDR", "127.0.0.1:99999"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "xml"),
        ("HTTPS_PROXY", "127.0.0.1:3128"),
        ("HTTPS_PROXY", "http://u:secret-nonsense@host:99999"),
        ("HTTPS_PROXY", "http://u:secret-nonsense@[bad"),
        ("HTTPS_PROXY", "http://u s:secret-nonsense@host"),
        ("HTTPS_PROXY", "http://u:secret-nonsense#pw@host:3128"),
        ("HTTPS_PROXY", "http://u:secret-nonsense/pw@host:3128"),
        ("HTTPS_PROXY", "http://"),
        ("HTTPS_PROXY", "ftp://host:21"),
    ],
)
def test_a_malformed_variable_is_named_with_its_mend(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_environment({name: value}, None)
    assert str(refused.value).startswith(f"environment: {name}: ")
    assert refused.value.mend
    assert "secret-nonsense" not in str(refused.value)


@pytest.mark.skipif(find_spec("socksio") is not None, reason="there is a library for SOCKS")
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_socks_proxy_needs_its_library(name: str) -> None:
    with pytest.raises(ConfigError, match=f"environment: {name}: names a SOCKS proxy") as refused:
        read_environment({name: "socks5://u:secret@127.0.0.1:1080"}, None)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "proxy", ["http://h:3128", "https://u:p%23%2F%40@h", "http://10.0.0.1:1/", "http://[::1]:3128"]
)
def test_proxies(proxy: str) -> None:
    assert read_environment({"https_proxy": proxy}, None).proxy == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "by_proxy"),
    [
        ("", "https://api.telegram.org", True),
        ("", "http://127.0.0.1:8081", False),
        ("", "http://[::1]:8081", False),
        ("", "http://localhost:8081", False),
        ("example.org, .telegram.org", "https://api.telegram.org", False),
        ("telegram.org", "https://nottelegram.org", True),
        ("*", "https://api.telegram.org", False),
        (" ,", "https://api.telegram.org", True),
    ],
    ids=[
        "nothing said",
        "this machine",
        "by its newer address",
        "by its name",
        "a domain",
        "only its ending",
        "all",
        "empty",
    ],
)
def test_what_is_reached_without_the_proxy(no_proxy: str, url: str, by_proxy: bool) -> None:
    read = read_environment({"HTTPS_PROXY": "http://h:3128", "NO_PROXY": no_proxy}, None)
    assert read.proxy_for(url) == ("http://h:3128" if by_proxy else None)


def test_an_address_without_host_listens_everywhere() -> None:
    assert read_environment({"LISTEN_ADDR": ":8080"}, None).listen == ("0.0.0.0", 8080)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_dotenv_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("A=b\n", "utf-8")
    dotenv.chmod(0)
    with pytest.raises(ConfigError, match=r"\.env: cannot be read: permission denied"):
        read_environment({}, dotenv)
