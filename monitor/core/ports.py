"""The seams: Store and Work, Outbox, Archive, Sender, Clock; no more. Scrapy itself is the fetch seam.

Stores are synchronous and are called from worker threads; only `Sender` is async.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from monitor.core.archive import Alike, First, Judged, Kept, Latency, Undelivered
from monitor.core.mark import Mark
from monitor.core.messages import Delivery, DeliveryState, MachineText, Message, Report, TextWanted
from monitor.core.model import (
    Article,
    ArticleId,
    ChatName,
    Decision,
    DeliveryId,
    Due,
    Reason,
    RuleBook,
    RuleId,
    Source,
    SourceId,
    Story,
    StoryId,
    Topic,
    Verdict,
)
from monitor.core.polling import PageOwed, RobotsText, SourceState
from monitor.core.profile import Profile
from monitor.core.settings import Addition, Chat

MOST_ALIKE = 20  # reports of one key
MOST_COMPARED = 30  # reports of one look-up


class Clock(Protocol):
    """Tells the present; tests bring their own."""

    def now(self) -> datetime:
        """The present as aware UTC."""
        ...


class Work(Protocol):
    """One transaction. Writers take the lock when the transaction opens, before they read."""

    # sources
    def keep_sources(self, sources: Collection[Source], now: datetime) -> None:
        """Make these the watched sources: new ones are due at `now`, known ones keep their state.

        One that is asked for other lists than before, or otherwise, is due at `now` as well.
        """
        ...

    def source_state(self, source_id: SourceId) -> SourceState | None: ...

    def save_source_state(self, state: SourceState) -> None: ...

    def robots(self, origin: str) -> RobotsText | None: ...

    def save_robots(self, robots: RobotsText) -> None: ...

    def owe_page(self, owed: PageOwed) -> bool:
        """Keep an entry whose page is to be tried again, in place of the same one tried less often; False
        when the source is owed as many as `MOST_OWED` already."""
        ...

    def settle_page(self, source_id: SourceId, link: str) -> None:
        """Forget the page of this address, if it was owed."""
        ...

    def pages_owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:
        """The pages a source is owed, the first due first."""
        ...

    def alerts_since(self, since: datetime) -> dict[ChatName, int]:
        """How many alerts of its own each chat was owed, queued at or after `since`; not what is
        gathered, nor what was merged or muted before it was told."""
        ...

    # articles and stories
    def known_keys(self, source_id: SourceId, keys: Collection[str]) -> frozenset[str]:
        """Which of these entry keys this source has already delivered."""
        ...

    def add_article(
        self,
        article: Article,
        *,
        keys: Collection[str],
        verdict: Verdict,
        decision: Decision,
        story_id: StoryId,
        mark: Mark,
        placed: Collection[str] = (),
    ) -> ArticleId:
        """Keep an article with its verdict, decision and place, and its keys for later look-ups."""
        ...

    def similar(self, mark: Mark, canonical_url: str, since: datetime) -> tuple[Alike, ...]:
        """Reports of stories last seen at or after `since` that share a key or the canonical URL (an empty
        URL matches nothing), those that share the most first.

        Of a key or URL the newest `MOST_ALIKE` reports are looked at, so that a headline that comes back
        a thousand times costs no more than one that comes back twenty times; of all these the
        `MOST_COMPARED` that share the most, of equals the newest.
        """
        ...

    def members(self, story_ids: Collection[StoryId]) -> dict[StoryId, tuple[Profile, ...]]:
        """The reports that speak for each story: all of a small one, the first and the newest of a large
        one (see `stories.sample`), oldest first."""
        ...

    def first_with_key(self, key: int) -> datetime | None:
        """When the oldest report with this look-up key was seen; None when there is none."""
        ...

    def find_story(self, story_id: StoryId) -> Story | None: ...

    def live_story(self, story_id: StoryId) -> Story | None:
        """The story, or the one it was merged into; None when there is no such story."""
        ...

    def merge_stories(self, into: StoryId, gone: StoryId) -> None:
        """Move the reports of `gone` to `into`, with what people think of it, what it is kept apart from, and
        its messages (their edits and follow-ups too) in chats that have none of `into`.

        In a chat that has one, a message of `gone` that was never told ends as merged, and that of `into`
        takes the earlier turn of the two. `gone` stays as a story without reports that knows where it went.
        """
        ...

    def split_story(
        self, story_id: StoryId, article_ids: Collection[ArticleId], now: datetime
    ) -> Story | None:
        """Make these of the story's reports a story of their own, never to be merged again; None when that
        would leave nothing of one of the two.

        In each chat the messages go with the report that caused the first of them; the half that no chat was
        told of has no `alerted_at`, and can alert. Tier, standing, stage and urgency of both are made out
        anew: confirmed with a text of an authority itself (unless the whole was denied), unconfirmed when
        only unreliable sources tell it, else reported.
        """
        ...

    def kept_apart(self, story_id: StoryId) -> frozenset[StoryId]:
        """The stories that a person took apart from this one."""
        ...

    def open_story(self, title: str, now: datetime) -> Story: ...

    def save_story(self, story: Story) -> None: ...

    def mute_story(self, story_id: StoryId, at: datetime | None) -> bool:
        """Mute the story (or the one it was merged into) since `at`, or let it speak again with None; False
        when there is no such story.

        What it was about to say (first messages and follow-ups, gathered too, unless one may have left) ends
        as muted, for good: a story that speaks again does not come back to it.
        """
        ...

    # outbox, the writing end
    def add_alert(self, story_id: StoryId, article_id: ArticleId, decision: Decision, now: datetime) -> bool:
        """Owe the story to every chat of a Send or Hold: queued, or gathered (not before `gather_until`).

        A chat that has it already (key "story:ID") is left alone. True when at least one delivery was added.
        """
        ...

    def chats_told(self, story_id: StoryId) -> dict[ChatName, DeliveryState]:
        """The chats that are owed or were sent the story's first message, with where that stands.

        A chat whose message ended untold (muted, dead) is one of them: it is not owed another.
        """
        ...

    def hasten(
        self,
        story_id: StoryId,
        chats: Collection[ChatName],
        *,
        now: datetime | None = None,
        silent: bool | None = None,
    ) -> int:
        """Queue the gathered first messages of these chats as messages of their own; returns how many.

        With `now` they count as queued then, not when they were gathered (which may be too long ago for
        anything but a catch-up); with `silent` they make a sound or none, whatever they were to do.
        """
        ...

    def add_follow_up(
        self,
        story_id: StoryId,
        article_id: ArticleId,
        reason: Reason,
        words: str,
        now: datetime,
        turns: Mapping[ChatName, Due] | None = None,
    ) -> int:
        """Owe a reply to every chat that was sent the story's first message or may have been, by itself or in
        a digest (one that is queued too: it is written already as far as the desk can tell); returns to how
        many.

        `turns` says for each chat when, and with a sound or not; a chat that is not there is told at once.
        HIGHER_TIER, CONTRADICTED and MORE_URGENT are told once per story and chat; what changes the standing
        every time (the key then ends with the article's number). A chat whose first message has yet to leave
        gets none: that message will tell the story as it is by then. One that may have left is waited for.
        """
        ...

    def touch_story(self, story_id: StoryId, not_before: datetime) -> int:
        """Owe an edit to every chat that was sent the story's first message with a message id; returns to
        how many.

        One row per story and chat (key "edit:ID"), made or queued again with the next revision; one that
        waits already keeps its earlier time, so that many changes end in one edit. While a first message is
        under way its edit is owed by `settle`, once it is known to be sent.
        """
        ...

    def add_notice(self, key: str, text: str, chat: ChatName, now: datetime) -> bool:
        """Queue a notice for the operator; False when this key was queued for the chat before."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def work(self) -> AbstractContextManager[Work]:
        """Open a transaction: committed on a clean exit, rolled back on an exception. Raises StoreError."""
        ...

    def due_sources(self, now: datetime) -> tuple[SourceState, ...]:
        """Watched sources whose next poll is due, the longest overdue first."""
        ...

    def late_sources(self, after: datetime) -> tuple[SourceState, ...]:
        """Watched sources whose next poll is due later than `after`."""
        ...

    def source_states(self) -> tuple[SourceState, ...]:
        """Every watched source, by id."""
        ...

    def recent_alerts(self, limit: int) -> tuple[Delivery, ...]:
        """The newest deliveries of alerts, newest first."""
        ...

    def find_article(self, article_id: ArticleId) -> tuple[Article, Verdict, Reason, str] | None:
        """An article with its verdict, and the reason and words of its decision."""
        ...

    def article_count(self) -> int: ...

    def close(self) -> None: ...


class Outbox(Protocol):
    """The reading end of the outbox, used by the courier alone."""

    def claim(
        self,
        now: datetime,
        lease: timedelta,
        limit: int,
        busy: Collection[ChatName],
        addresses: Mapping[ChatName, str] | None = None,
    ) -> tuple[Delivery, ...]:
        """Take up to `limit` due deliveries, oldest first, at most one per chat and none for a `busy` chat.

        Chats with one address (forum topics of one group) count as one chat here. Each delivery comes with
        the newest message id known of its address (`last_known_id`); one with `maybe_sent` keeps the id it
        was first claimed or last settled with, for its doubtful message lies above that. An edit or a
        follow-up comes with the id of the story's first message in its chat. The claim is committed before
        this returns.

        Due are: queued, waiting and unsure ones whose `not_before` has passed, and claims whose lease ran
        out; the last two come back with `maybe_sent`. A chat that is held (see `hold_chat`), parked (see
        `park_chat`) or has a claim in flight yields nothing. Alerts, follow-ups and notices go before edits.
        """
        ...

    def database_id(self) -> str:
        """What tells this database from every other, for ever; with the id of a delivery it names one message
        in the world."""
        ...

    def end_leases(self, now: datetime) -> int:
        """End at `now` the claims that a previous life left behind; returns how many.

        For the only courier of a database, before its first claim; the instance lock makes it the only one.
        """
        ...

    def settle(self, delivery: Delivery) -> None:
        """Record the outcome the courier decided: state, times, message id, words, doubt and `last_known_id`.

        An edit whose revision grew meanwhile is queued again instead of sent; of a digest that is dead the
        alerts are queued as messages of their own. Raises LeaseLost when the row,
        found by its id, is no longer claimed by this attempt: the lease ran out and was taken again, or the
        chat was parked.
        """
        ...

    def note_message(self, address: str, message_id: int) -> None:
        """Remember the id of a message at a Telegram address, of the bot or sent to it, so that reading back
        neither takes it for a doubtful one nor starts below it."""
        ...

    def noted_messages(self, address: str, after: int) -> frozenset[int]:
        """The ids above `after` that are settled or were noted: of this address, or of all addresses that are
        numbered with it (see `shares_sequence`). The newest `MOST_NOTED` are kept."""
        ...

    def newest_noted(self, address: str) -> int | None:
        """The highest of these ids."""
        ...

    def begin_answer(self, address: str, now: datetime) -> int:
        """An answer of the bot is about to leave: until it is ended or dropped, `answer_open` tells of it.
        Returns its number."""
        ...

    def end_answer(self, number: int, address: str, message_id: int, *, begun_before: datetime) -> None:
        """The answer has this id; other answers begun before `begun_before` lie below it, if anywhere."""
        ...

    def drop_answer(self, number: int) -> None:
        """The answer did not leave, or was refused."""
        ...

    def answer_open(self, address: str, above: int) -> bool:
        """Whether an answer of unknown id may lie above this id: then nothing there may be edited."""
        ...

    def others_in_doubt(self, address: str, besides: DeliveryId) -> bool:
        """Whether another message than this one may have arrived at the address, of unknown id, and is yet to
        be looked for; edits make none."""
        ...

    def in_doubt(self, address: str, until: datetime) -> bool:
        """Whether something sent to this address is being looked for or will be before `until`."""
        ...

    def open_alerts(
        self, queued_before: datetime, chats: Collection[ChatName] | None = None
    ) -> tuple[Delivery, ...]:
        """Alerts of a kind `alert` queued before this, untried or provably undelivered, and not claimed; of
        these chats or, with None, of all."""
        ...

    def gathered(self, until: datetime, chats: Collection[ChatName] | None = None) -> tuple[Delivery, ...]:
        """Gathered deliveries whose time has come by `until`, oldest first; of these chats or, with None, of
        all."""
        ...

    def orphans(self, chats: Collection[ChatName]) -> tuple[ChatName, ...]:
        """The chats, besides these, for which something is gathered; by name."""
        ...

    def fold(
        self,
        ids: Collection[DeliveryId],
        *,
        chat: ChatName,
        key: str,
        heading: str,
        silent: bool,
        now: datetime,
    ) -> int:
        """Fold these of the chat's open alerts into one digest under `key`, in one transaction.

        Claimed, doubtful or settled ones are left alone, and those above MOST_IN_A_DIGEST. Returns how many
        were folded; with none, or when the key exists, nothing happens and it returns 0.
        """
        ...

    def open_digest(self, chat: ChatName, beginning: str) -> Delivery | None:
        """The chat's newest digest with a key "BEGINNING:…" that has not left, nor may have; None when there
        is none."""
        ...

    def join_digest(
        self, digest: DeliveryId, ids: Collection[DeliveryId], *, heading: str, silent: bool, now: datetime
    ) -> int:
        """Fold these of the chat's open alerts into a digest that has not left, as many as it has room for,
        under a new heading.

        Returns how many were folded: 0 when the digest has left meanwhile, or may have.
        """
        ...

    def release(self, ids: Collection[DeliveryId], now: datetime) -> int:
        """Queue gathered deliveries as messages of their own, due at once; returns how many."""
        ...

    def hold_chat(self, chat: ChatName, until: datetime, since: datetime, address: str | None = None) -> None:
        """Nothing for this chat is due before `until`, as was decided at `since`; survives a restart.

        With an address nothing for any chat at this address is. It is over as well when the clock was set
        back behind `since`.
        """
        ...

    def held_chats(self, now: datetime) -> dict[ChatName, datetime]:
        """The chats held at `now`, each with the end of it."""
        ...

    def park_chat(self, chat: ChatName, why: str, now: datetime) -> int:
        """Park the chat with every open delivery, claimed ones too; returns how many.

        What is owed to it from now on is parked as well, until `unpark_chat`.
        """
        ...

    def parked_chats(self) -> dict[ChatName, str]:
        """The parked chats, each with the reason in words."""
        ...

    def unpark_chat(self, chat: ChatName) -> int:
        """Queue again what was parked; returns how many."""
        ...

    def move_chat(self, chat: ChatName, new_id: str, configured_id: str) -> None:
        """Remember the new Telegram id of the chat that is configured with this one."""
        ...

    def chat_id(self, chat: ChatName, configured_id: str) -> str | None:
        """The id remembered by `move_chat`, if any; it holds only for the id that was configured then."""
        ...

    def text_wanted(
        self, wishes: Mapping[ChatName, tuple[Addition, str]], *, since: datetime, now: datetime
    ) -> TextWanted | None:
        """The machine-made text to ask for at `now`: of all alerts queued at or after `since` that were sent
        to a chat with a wish, can be edited and lack the text, that of the one sent last.

        A translation into its own language lacks nothing, nor does a muted story; what was put off is passed
        over until its time.
        """
        ...

    def keep_text(
        self, article_id: ArticleId, text: MachineText, chats: Collection[ChatName], now: datetime
    ) -> int:
        """Keep a text; whoever of these chats was sent the article's alert is owed an edit. To how many."""
        ...

    def put_off_text(self, wanted: TextWanted, why: str, next_try_at: datetime | None) -> None:
        """Note that a try failed, and when to try again; None: never."""
        ...

    def counts(self) -> dict[DeliveryState, int]: ...

    def undelivered(self, now: datetime) -> tuple[Undelivered, ...]:
        """What is due at `now` and not delivered, by chat and reason, the longest waiting first.

        Doubtful ones and those that wait for another try are among it; gathered ones, those whose time has
        not come and the messages of parked chats are not.
        """
        ...

    def next_due_at(self, now: datetime) -> datetime | None:
        """When `claim` will next have something, `now` at the earliest, for waking up in time."""
        ...


class Archive(Protocol):
    """What was kept, for whoever asks: bot, web, command line and backtests.

    It changes presses, notes and rule books, nothing else. What streams may be read slowly: no transaction is
    open between two items.
    """

    def search(self, words: str, limit: int) -> tuple[Kept, ...]:
        """The newest articles with all these words in title, summary or body, newest first.

        A Chinese word is found inside a sentence, a Latin one as a whole; "digital yuan" in quotes is a
        phrase, regulat* a beginning. Nothing is found by words without a letter or digit.
        """
        ...

    def candidates(self, terms: Collection[str], since: datetime) -> tuple[ArticleId, ...]:
        """Articles seen at or after `since`, among them every one that contains one of the rule terms.

        A term the index cannot look for (no letter or digit) makes it all of them. Oldest first.
        """
        ...

    def latest(self, topic: Topic | None, limit: int) -> tuple[Kept, ...]:
        """The newest articles that caused an alert, on this topic or any, newest first."""
        ...

    def kept(self, article_id: ArticleId) -> Kept | None: ...

    def full(self, ids: Iterable[ArticleId]) -> Iterator[Kept]:
        """These articles in the order of the ids; unknown ids are left out."""
        ...

    def judged(self, since: datetime) -> Iterator[Judged]:
        """Every article seen at or after `since`, in the order they were taken in."""
        ...

    def story(self, story_id: StoryId) -> Story | None: ...

    def live_story(self, story_id: StoryId) -> Story | None:
        """The story, or the one it was merged into; None when there is no such story."""
        ...

    def articles_of(self, story_id: StoryId) -> tuple[ArticleId, ...]: ...

    def reports_of(self, story_id: StoryId) -> tuple[Report, ...]:
        """Every report of the story, oldest first."""
        ...

    def deliveries_of(self, story_id: StoryId) -> tuple[Delivery, ...]:
        """The story's alerts, follow-ups and edits in the order they were queued; not the digests."""
        ...

    def story_at(self, chats: Collection[ChatName], message_id: int) -> StoryId | None:
        """The story that this message to one of the chats tells; None for a digest, or when it is none of
        ours."""
        ...

    def latencies(self, since: datetime) -> tuple[Latency, ...]:
        """The times of the first alert of every story alerted at or after `since`, oldest first; not of those
        that were merged into another."""
        ...

    def firsts(self, since: datetime) -> tuple[First, ...]:
        """The first reports of every story alerted at or after `since`, oldest alert first; not of those that
        were merged into another."""
        ...

    def press(self, story_id: StoryId, user_id: int, useful: bool, now: datetime) -> bool:
        """Remember what a person thinks of a story, or of the one it was merged into; a later, different
        press replaces it.

        False when nothing changed: pressed before, or no such story.
        """
        ...

    def rule_presses(self) -> dict[RuleId, tuple[int, int]]:
        """How often stories were called useful and noise, for each rule that fired on their first alert."""
        ...

    def newest(self, limit: int) -> tuple[ArticleId, ...]:
        """The articles taken in last, newest first."""
        ...

    def keep_rules(self, version: str, book: RuleBook, now: datetime) -> None:
        """Remember the book that verdicts of this version were given by; one that is known stays as it is."""
        ...

    def rules_kept(self, version: str) -> RuleBook | None:
        """The book of a version; of its learned part only what tells it from another, not the weights."""
        ...

    def bot_value(self, key: str) -> str | None:
        """What `set_bot_value` put under this key, if anything."""
        ...

    def set_bot_value(self, key: str, value: str) -> None: ...


class Sender(Protocol):
    """Puts one message in front of a person."""

    async def send(self, chat: Chat, message: Message, *, reply_to: int | None = None) -> int | None:
        """Send, and return the message id if the channel has one. Raises a SendError; see errors.py.

        A message that `reply_to` names and that is gone does not stop the sending.
        """
        ...

    async def edit(self, chat: Chat, message_id: int, message: Message) -> bool:
        """Make the message read like this; False when there is no such message, or the channel cannot edit.

        True when it was changed or was the same already. Raises a SendError: NotOurs when the message is
        somebody else's, which tells reading back that the chat reaches at least so far.
        """
        ...

    async def delete(self, chat: Chat, message_id: int) -> bool:
        """Take a message back; False when it stays, or was gone. Raises a SendError."""
        ...

    async def reads_back(self, chat: Chat) -> bool:
        """Whether `edit` can tell if a doubtful message arrived, without harm. Raises a SendError."""
        ...
