"""What the service remembers of a source between two polls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.model import Entry, SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """What makes the next request for a feed conditional."""

    url: str
    etag: str = ""
    last_modified: str = ""


class Cause(StrEnum):
    """What keeps a source from being read, or from telling anything new."""

    DNS = "dns"  # the name cannot be resolved, or resolves to a refused address
    TLS = "tls"
    REFUSED = "refused"  # nobody listens there, or the address guard refuses it
    TIMEOUT = "timeout"
    CUT_OFF = "cut-off"  # the connection broke, or the answer was larger than allowed
    ROBOTS = "robots"  # robots.txt forbids it
    FORBIDDEN = "403"
    COOKIE_WALL = "412"
    PATIENCE = "429"
    GONE = "gone"  # 404, 410, or it redirects in a circle
    SERVER = "5xx"
    ANSWER = "other-answer"  # any other status
    BLOCK_PAGE = "block-page"  # a 验证码 or challenge page in place of the list
    JS_SHELL = "js-shell"  # a page whose words are put in by a script
    NO_BROWSER = "no-browser"  # it needs a browser, and there is none here
    EMPTY = "empty"
    LAYOUT = "layout-changed"  # the list's selectors or paths find nothing
    UNREADABLE = "unreadable"
    NO_DATES = "no-dates"  # none of its dates can be read
    FROZEN = "frozen"  # answers, but has told nothing new for much longer than usual
    OURS = "own-error"  # it was read, but could not be taken in


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """How one list of a source fared of late."""

    url: str
    failures: int = 0  # in a row
    last_ok_at: datetime | None = None
    problem: str = ""  # of the last time it was asked for
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOwed:
    """An entry that is not kept yet: its page failed for a reason that passes, and will be tried again."""

    entry: Entry
    keys: frozenset[str]
    first_sight: bool
    seen_at: datetime
    tries: int  # that failed
    next_try_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source's polling memory."""

    source_id: SourceId
    next_poll_at: datetime
    first_polled_at: datetime | None = None  # None until a first poll has been taken in whole
    last_polled_at: datetime | None = None
    last_ok_at: datetime | None = None
    newest_item_at: datetime | None = None
    newest_taken_at: datetime | None = None  # when an entry not seen before was last taken in
    failures: int = 0  # in a row
    problem: str = ""  # of the last poll; "" when it went well
    delay: float = 0.0  # seconds between requests as learned from the site; 0 means not learned yet
    validators: tuple[Validator, ...] = ()
    lists: tuple[ListState, ...] = ()
    cause: Cause | None = None  # of the last poll's problem
    gap: timedelta | None = None  # between two of its items, as learned; in working time
    broken_since: datetime | None = None  # when it was first judged broken; None while it is not
    told_broken: bool = False  # what the operator was told last: that it broke, or that it works
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsText:
    """A site's robots.txt as last read."""

    origin: str  # scheme://host[:port]
    text: str
    status: int
    fetched_at: datetime
