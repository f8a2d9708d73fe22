"""The error tree: each name tells the caller what to do.

PolicywireError
├── UserError                a person can mend it: show the one line, exit with its code
│   └── ConfigError(where)   config.yaml or the environment: exit 78, or keep the last good configuration
├── RuleError(rule, key)     a rule that cannot be compiled; the loader turns it into a ConfigError
├── StoreError               the database refuses: wait, health red, go on later
│   └── LeaseLost            a delivery is no longer ours to settle: forget it
├── ModelError               a language model wrote nothing; the alert went out long before
│   ├── ModelUnavailable     nobody answers, or not us: ask nothing before `after` has passed
│   └── ModelDeclined        it will not write about this article: do not ask again
└── SendError                a message did not go out as asked
    ├── RetryLater(after)    429: not delivered; nothing to this chat before `after` has passed
    ├── NotSent              provably not delivered (no connection): try again with backoff
    ├── Unsure               the request left, the answer did not come: it may have arrived
    ├── ChatMigrated(to)     the chat has a new id: remember it, send there at once
    ├── ChatGone             blocked, kicked, not found: park the chat, keep its queue
    ├── TopicGone            the forum topic is closed or deleted: use the chat without it, say so once
    ├── MessageRefused       this very text was refused: send it plain, once
    │   ├── ButtonsRefused   the buttons were refused: send it without them
    │   └── Unexplained      refused in words nobody knows: if bare words are refused, too, it is the chat
    ├── NotOurs              an edit met a message that is not the bot's: leave it alone
    └── TokenRefused         401: stop sending, keep the queue, health red
"""

from dataclasses import dataclass
from datetime import timedelta


class PolicywireError(Exception):
    """Root of every error this project raises on purpose."""


class UserError(PolicywireError):
    """A mistake a person can mend; `str()` is the one line to show."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a file a person edits; line and column count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0
    key: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}:{self.column}" if self.column else f":{self.line}"
        return f"{place}: {self.key}" if self.key else place


class ConfigError(UserError):
    """A mistake in config.yaml or the environment, with its place and its mend."""

    exit_code = 78  # EX_CONFIG of sysexits.h

    def __init__(self, where: Where, problem: str, mend: str = "") -> None:
        self.where = where
        self.problem = problem
        self.mend = mend
        super().__init__(f"{where}: {problem}" + (f" ({mend})" if mend else ""))


class RuleError(PolicywireError):
    """A rule that cannot be compiled: which rule, which of its keys, and why."""

    def __init__(self, rule: str, key: str, problem: str, mend: str = "") -> None:
        self.rule = rule
        self.key = key
        self.problem = problem
        self.mend = mend
        super().__init__(f"rule {rule}: {key}: {problem}" + (f" ({mend})" if mend else ""))


class StoreError(PolicywireError):
    """The database cannot be used now (full, locked, read-only) or at all (newer schema)."""


class LeaseLost(StoreError):
    """The delivery was parked or claimed by somebody else meanwhile; its outcome is not ours to record."""


class ModelError(PolicywireError):
    """A language model gave no text."""


class ModelUnavailable(ModelError):
    """The endpoint cannot be used now or, when `lasting`, until a person mends something."""

    def __init__(self, why: str, *, after: timedelta | None = None, lasting: bool = False) -> None:
        self.after = after
        self.lasting = lasting
        super().__init__(why)


class ModelDeclined(ModelError):
    """The endpoint refuses this request and would again."""


class SendError(PolicywireError):
    """A message did not go out as asked; the subclass says what to do."""


class RetryLater(SendError):
    """Telegram asked for patience (429): the message was not delivered."""

    def __init__(self, after: timedelta) -> None:
        self.after = after
        super().__init__(f"asked to wait {after.total_seconds():g} s")


class NotSent(SendError):
    """The request provably never reached the server."""


class Unsure(SendError):
    """The request left and no trustworthy answer came back."""


class ChatMigrated(SendError):
    """The group became a supergroup and has a new id."""

    def __init__(self, to: int) -> None:
        self.to = to
        super().__init__(f"the chat moved to {to}")


class ChatGone(SendError):
    """This chat takes no messages from the bot until a person mends it."""


class TopicGone(SendError):
    """The forum topic is closed, deleted or unknown; the chat itself may be fine."""


class MessageRefused(SendError):
    """The server refused this text (markup, size); the chat itself is fine."""


class ButtonsRefused(MessageRefused):
    """The server refused the buttons below the text; the text may be fine."""


class Unexplained(MessageRefused):
    """The server refused it in words that we do not know: it may be the text, it may be the chat."""


class NotOurs(SendError):
    """The message is there, but the bot cannot edit it: somebody else wrote it."""


class TokenRefused(SendError):
    """The bot token is not valid (any more)."""
