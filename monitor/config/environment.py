"""Secrets and the process's surroundings, from the environment and a `.env` beside the config."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from dotenv import dotenv_values

from monitor.core.errors import ConfigError, Where

DATABASE_URL = "sqlite:///var/policywire.db"
LISTEN_ADDR = "127.0.0.1:8080"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_FORMATS = ("auto", "console", "json")
_SECRETS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID")
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
# The HTTP library reads these by itself, and cannot so much as start with one it has no library for.
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment as far as policywire reads it. The token never shows in `repr`."""

    token: str = field(default="", repr=False)  # "" means: no Telegram, alerts go to the console
    database_url: str = field(default=DATABASE_URL, repr=False)  # may carry a password
    listen: tuple[str, int] = ("127.0.0.1", 8080)
    log_level: str = "INFO"
    log_format: str = "auto"  # auto, console or json
    proxy: str = field(default="", repr=False)  # may carry a password
    no_proxy: str = ""  # hosts that are reached without it, as other programs read NO_PROXY
    values: Mapping[str, str] = field(default_factory=dict, repr=False)  # for $NAME in config.yaml

    def proxy_for(self, url: str) -> str | None:
        """The proxy by which an address is reached; None for this machine and the hosts of NO_PROXY."""
        host = urlsplit(url).hostname or ""
        direct = _is_this_machine(host) or any(_names(one, host) for one in self.no_proxy.split(","))
        return None if direct else self.proxy or None


def read_environment(env: Mapping[str, str], dotenv: Path | None) -> Environment:
    """Read the variables; `env` beats `dotenv`. Raises ConfigError naming the variable."""
    values = {**_dotenv(dotenv), **{name: value for name, value in env.items() if value}}
    for name in _SECRETS:
        if secret := _secret(name, values):
            values[name] = secret
    for name in _PROXIES:
        _refuse_socks(name, values.get(name, ""))
    return Environment(
        token=_token(values.get("TELEGRAM_BOT_TOKEN", "")),
        database_url=_database(values.get("DATABASE_URL") or DATABASE_URL),
        listen=_listen(values.get("LISTEN_ADDR") or LISTEN_ADDR),
        log_level=_one_of("LOG_LEVEL", (values.get("LOG_LEVEL") or "INFO").upper(), _LEVELS),
        log_format=_one_of("LOG_FORMAT", (values.get("LOG_FORMAT") or "auto").lower(), _FORMATS),
        proxy=_proxy(values.get("HTTPS_PROXY") or values.get("https_proxy") or ""),
        no_proxy=values.get("NO_PROXY") or values.get("no_proxy") or "",
        values=values,
    )


def _dotenv(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        found = dotenv_values(path, interpolate=False)
    except UnicodeDecodeError:
        raise ConfigError(Where(file=str(path)), "is not UTF-8 text", "save the file as UTF-8") from None
    except OSError as error:
        raise _unreadable(Where(file=str(path)), error) from None
    return {name: value for name, value in found.items() if value}


def _unreadable(where: Where, error: OSError) -> ConfigError:
    reason = (error.strerror or "unknown reason").lower()
    return ConfigError(where, f"cannot be read: {reason}", "check the path, the owner and the mode")


def _mistake(name: str, problem: str, mend: str) -> ConfigError:
    return ConfigError(Where(file="environment", key=name), problem, mend)


def _secret(name: str, values: Mapping[str, str]) -> str:
    """The value itself, or the content of the file that NAME_FILE names."""
    plain, file = values.get(name, "").strip(), values.get(f"{name}_FILE", "")
    if plain or not file:
        return plain
    path, where = Path(file), Where(file=file, key=f"{name}_FILE")
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if name == "TELEGRAM_BOT_TOKEN" and mode & 0o077:
            problem = f"others may read this file (mode {mode:04o})"
            raise ConfigError(where, problem, f"chmod 600 {file}")
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise _unreadable(where, error) from None
    except UnicodeDecodeError:
        raise ConfigError(where, "is not UTF-8 text", "write the bare value into the file") from None


def _token(token: str) -> str:
    if token and not _TOKEN.fullmatch(token):
        raise _mistake(
            "TELEGRAM_BOT_TOKEN",
            "is not a bot token",
            "copy it whole from @BotFather: digits, colon, 35 characters",
        )
    return token


def _database(url: str) -> str:
    if "://" not in url:
        raise _mistake("DATABASE_URL", "is not a database URL", f"write it like {DATABASE_URL}")
    return url


def _listen(address: str) -> tuple[str, int]:
    host, separator, port = address.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise _mistake("LISTEN_ADDR", f"“{address}” is not host:port", f"write it like {LISTEN_ADDR}")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - ":8080" asks for every interface, as elsewhere


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _mistake(name, f"“{value}” is not known", f"one of {', '.join(known)}")
    return value


def _proxy(url: str) -> str:
    """The address of a proxy; what is wrong with it is told without it, for it may hold a password."""
    if url and not _is_proxy(url):
        raise _mistake(
            "HTTPS_PROXY",
            "is not a proxy address",
            "write it like http://127.0.0.1:3128, signs like # / @ in a password as %23 %2F %40",
        )
    return url


def _is_proxy(url: str) -> bool:
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    known = read.scheme in ("http", "https", "socks5", "socks5h") and read.path in ("", "/")
    plain = url.split() == [url] and not (read.query or read.fragment)
    return known and plain and bool(_HOST.fullmatch(read.host)) and 0 < (read.port or 1) < 65536


def _refuse_socks(name: str, url: str) -> None:
    if url.lower().startswith("socks") and find_spec("socksio") is None:
        problem = "names a SOCKS proxy, for which a library is missing"
        raise _mistake(name, problem, "pip install socksio, or name an http:// proxy")


def _names(written: str, host: str) -> bool:
    """Whether an entry of NO_PROXY (a host, a domain, or *) means a host."""
    name = written.strip().lower().lstrip(".")
    return name == "*" or host == name or (bool(name) and host.endswith(f".{name}"))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
