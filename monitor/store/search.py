"""Finds articles by their words: an index of our own tokens, and all of its SQL, which is SQLite's FTS5.

Neither of SQLite's tokenizers will do: `unicode61` finds no Chinese word inside a sentence, `trigram` no word
of two characters. So an article is indexed as tokens that we make: Latin words whole, and of scripts written
without spaces every two neighbouring characters, then the last one alone. 数字人民币 is 数字 字人 人民 民币
币, and any word of it is a phrase of neighbouring tokens.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, bindparam, select, text

from monitor.core.model import Article, ArticleId
from monitor.core.rules.lexicon import spelled
from monitor.core.text import mainland_wording, normalise
from monitor.store import tables as t
from monitor.store.statements import chunks

# Where the rules see letters of one word, see monitor/core/rules/lexicon.py.
_LETTERS = "a-z0-9\u00df-\u058f"
_OTHERS = f"[^\\W_{_LETTERS}]"
_RUNS = re.compile(f"[{_LETTERS}]+|{_OTHERS}+")
# Looks at a word or at two other characters, and goes on behind the word or the first of the two.
_TOKENS = re.compile(f"(?=([{_LETTERS}]+|{_OTHERS}{{1,2}}))(?:[{_LETTERS}]+|{_OTHERS})")
_WORD = re.compile(f"[{_LETTERS}]")
_ASKED = re.compile('"([^"]+)"|(\\S+)')  # words, or a phrase in quotes
_BORDER = " ¶ "  # a token no text has: no phrase goes on from the title into the summary
_MAY_BE_PLURAL = re.compile("[a-z]{3}$")
_AT_ONCE = 200  # phrases in one question; SQLite bounds how deep an expression may be
_LOT = 500  # articles read at once to be indexed

# Contentless: the articles are in their own table. `ascii` takes every other character for a letter.
_CREATE = "CREATE VIRTUAL TABLE article_search USING fts5(tokens, content='', columnsize=0, tokenize='ascii')"
# Merged less often and kept in larger pages than by default: a third less work for each article (measured).
_SETTINGS = {"automerge": 16, "pgsz": 16_000}
_SET = text("INSERT INTO article_search(article_search, rank) VALUES (:name, :value)")
_INSERT = text("INSERT INTO article_search(rowid, tokens) VALUES (:id, :tokens)")
_NEWEST = text(
    "SELECT rowid FROM article_search WHERE article_search MATCH :asked ORDER BY rowid DESC LIMIT :limit"
)
_MATCHING = text("SELECT rowid FROM article_search WHERE article_search MATCH :asked")


def create(connection: Connection) -> None:
    """Make the empty index."""
    connection.exec_driver_sql(_CREATE)
    connection.execute(_SET, [{"name": name, "value": value} for name, value in _SETTINGS.items()])


def index(connection: Connection, article_id: int, article: Article) -> None:
    """Make an article findable."""
    _put(connection, article_id, (article.title, article.summary, article.body))


def index_all(connection: Connection) -> None:
    """Make every article findable that was kept before there was an index."""
    a = t.articles.c
    after = 0
    lot = select(a.id, a.title, a.summary, a.body).where(a.id > bindparam("after")).order_by(a.id).limit(_LOT)
    while rows := connection.execute(lot, {"after": after}).all():
        for row in rows:
            _put(connection, row.id, (row.title, row.summary, row.body))
        after = rows[-1].id


def newest(connection: Connection, words: str, limit: int) -> tuple[ArticleId, ...]:
    """The newest articles that have all these words; a phrase stands in quotes, a beginning before a *."""
    asked = _question(words)
    if not asked:
        return ()
    return tuple(ArticleId(found) for found in connection.scalars(_NEWEST, {"asked": asked, "limit": limit}))


def candidates(connection: Connection, terms: Collection[str], since: datetime) -> tuple[ArticleId, ...]:
    """Every article seen at or after `since` that may contain one of the rule terms, and some that do not."""
    a = t.articles.c
    recent = select(a.id).where(a.seen_at >= since).order_by(a.id)
    found = matching(connection, terms)
    if found is None:
        return tuple(map(ArticleId, connection.scalars(recent)))
    return tuple(
        ArticleId(one)
        for lot in chunks(sorted(found))
        for one in connection.scalars(recent.where(a.id.in_(lot)))
    )


def matching(connection: Connection, terms: Collection[str]) -> set[int] | None:
    """The articles that may contain one of the rule terms; None when the index cannot tell of one of them."""
    wanted = [_spellings(term) for term in terms]
    if not all(wanted):
        return None
    found: set[int] = set()
    for lot in chunks(chain.from_iterable(wanted), _AT_ONCE):
        found.update(connection.scalars(_MATCHING, {"asked": " OR ".join(lot)}))
    return found


# ── text becomes tokens, words become questions ──


def tokens(folded: str) -> list[str]:
    """The tokens of a normalised text, in its order."""
    found: list[str] = _TOKENS.findall(folded)
    return found


def _put(connection: Connection, article_id: int, texts: tuple[str, ...]) -> None:
    folded = _BORDER.join(" ".join(tokens(normalise(field).text)) for field in texts if field)
    connection.execute(_INSERT, {"id": article_id, "tokens": folded})


def _question(words: str) -> str:
    asked = (_phrases([phrase or word]) for phrase, word in _ASKED.findall(words))
    return " AND ".join(f"({' OR '.join(phrases)})" for phrases in asked if phrases)


def _spellings(term: str) -> tuple[str, ...]:
    """Phrases of which every text has one that a rule term is found in; none when there is no telling."""
    if term[:1] == "/":  # a regular expression
        return ()
    folded, wildcard, _ = spelled(term)
    if wildcard:
        return _phrases([f"{folded}*"])
    if not _MAY_BE_PLURAL.search(folded):
        return _phrases([folded])
    return _phrases(
        [folded, f"{folded}s", f"{folded}es", *([f"{folded[:-1]}ies"] if folded[-1] == "y" else [])]
    )


def _phrases(written: Iterable[str]) -> tuple[str, ...]:
    """What to look for, in either Chinese wording; none when nothing has a letter or digit."""
    phrases: dict[str, None] = {}
    for words in written:
        folded = normalise(words).text
        for wording in dict.fromkeys((folded, mainland_wording(folded))):
            phrases |= dict.fromkeys(_phrase(wording, beginning=words.endswith("*")))
    return tuple(phrases)


def _phrase(folded: str, *, beginning: bool) -> Iterator[str]:
    """Neighbouring tokens, as FTS5 asks for them."""
    *before, last = _RUNS.findall(folded) or [""]
    if not last:
        return
    *pairs, end = tokens(last)
    # A text may go on after the last character, which is then the beginning of a pair.
    words = pairs or [end]
    open_ended = beginning if _WORD.match(last) else not pairs
    yield f'"{" ".join((*tokens(" ".join(before)), *words))}"' + ("*" if open_ended else "")
