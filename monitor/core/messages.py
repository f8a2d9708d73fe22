"""What goes out: the alert that is due, the delivery owed to a chat, the message as it is sent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.core.model import (
    AlertId,
    Article,
    ArticleId,
    ChatName,
    DeliveryId,
    Reason,
    Story,
    Tier,
    Verdict,
)
from monitor.core.settings import Addition


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of a story, as far as a message names it."""

    source_name: str
    source_tier: Tier
    title: str
    url: str
    seen_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineText:
    """What a language model wrote about an article."""

    kind: Addition
    language: str  # it is written in: en or zh
    text: str
    model: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that is due, with everything a message needs; the story and its reports as they are now."""

    id: AlertId
    story: Story
    article: Article
    verdict: Verdict
    source_name: str
    source_tier: Tier
    reason: Reason
    decided_at: datetime
    words: str = ""  # of the decision: what is new, for a follow-up
    reports: tuple[Report, ...] = ()  # of the story, oldest first, at most the first ten
    texts: tuple[MachineText, ...] = ()  # about its article


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWanted:
    """A machine-made text that a sent message still lacks."""

    article_id: ArticleId
    kind: Addition
    language: str  # it is to be written in
    alert: Alert  # the one that was sent
    tries: int = 0  # that failed


class DeliveryKind(StrEnum):
    """What sort of message a delivery is."""

    ALERT = "alert"  # the first message about a story
    FOLLOW_UP = "follow-up"  # a reply to it: confirmed, denied, corrected …
    EDIT = "edit"  # that first message brought up to date in place
    DIGEST = "digest"  # many alerts in one message
    NOTICE = "notice"  # plain words for the operator


class DeliveryState(StrEnum):
    """Where a delivery stands; `sent`, `folded`, `merged`, `muted` and `dead` are final."""

    GATHERED = "gathered"  # waits for a digest
    FOLDED = "folded"  # told in a digest
    QUEUED = "queued"
    CLAIMED = "claimed"
    WAITING = "waiting"
    UNSURE = "unsure"
    SENT = "sent"
    PARKED = "parked"
    MERGED = "merged"  # told by the story its own went into
    MUTED = "muted"  # a person put a stop to it before it was told
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one chat."""

    id: DeliveryId
    key: str  # unique per chat: "story:17", "story:17:confirmed", "edit:17", "digest:…", "notice:…"
    chat: ChatName
    state: DeliveryState
    queued_at: datetime
    kind: DeliveryKind = DeliveryKind.ALERT
    alert: Alert | None = None  # of an alert, a follow-up or an edit
    gathered: tuple[Alert, ...] = ()  # of a digest, the most urgent and newest first
    notice: str = ""  # plain words for the operator; of a digest: its heading
    silent: bool = False
    first_message_id: int | None = None  # of the story's first message here: edited, or replied to
    last_known_id: int | None = None  # newest message id known of the chat when this was claimed
    revision: int = 0  # grows with each change of an edit; what was sent is settled for its revision only
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    maybe_sent: bool = False  # an earlier attempt may have arrived
    doubts: int = (
        0  # sends of it that had no answer, or none that could be used, since a person resumed the chat
    )
    proved_absent: bool = False  # reading back found no earlier attempt; one may have hidden behind a gap
    waits_since: datetime | None = None  # when `not_before` was decided
    message_id: int | None = None
    why: str = ""  # the last trouble, in words
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: Telegram HTML, and the same in plain text should the markup be refused."""

    html: str
    plain: str
    silent: bool = False
    key: str = ""  # the same for every try to deliver it, for channels whose readers drop repeats
    buttons: tuple[tuple["Button", ...], ...] = ()  # rows of buttons below the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button below a message."""

    label: str
    press: str  # what comes back when it is pressed, at most 64 bytes: "useful:17"
