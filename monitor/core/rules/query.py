"""The query language: what a desk writes becomes clauses.

    any    := all (OR all)*
    all    := not ((AND | NOT) not)*            "a NOT b" reads as "a AND NOT b"
    not    := NOT not | near
    near   := one ((NEAR/n | ONEAR/n) one)*
    one    := ATLEAST/n one | field: one | trait | ( any ) | @set | "exact phrase" | /regex/ | plain words
    trait  := tier:1-2 | source:id | source:begin* | lang:zh | topic:ecny

Operators are upper-case. Words side by side are a phrase. A full-width bracket, quote, colon or operator from
a Chinese input method means the same as the plain one.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

from monitor.core.errors import RuleError
from monitor.core.model import Field, Topic
from monitor.core.rules.clauses import (
    AllOf,
    AnyOf,
    AtLeast,
    Clause,
    InField,
    LanguageIs,
    Near,
    Not,
    SourceIs,
    Terms,
    TierIs,
    TopicIs,
    Trait,
    inside,
)

MAX_DEPTH = (
    64  # brackets within brackets: more than a person reads; each costs seven of Python's 1,000 frames
)
MAX_COUNT = 1000  # the n of NEAR/n and ATLEAST/n
LANGUAGES = ("en", "zh")  # that rules tell apart

# One character for one, so that positions in messages stay true.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；！？"}
_PLAIN = _FULL_WIDTH | {0x3000: " ", 0x201C: '"', 0x201D: '"', 0x201E: '"', 0x301D: '"', 0x301E: '"'}

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<open>\() | (?P<close>\))
    | (?P<quoted>(?:cs:)?"[^"]*")
    | (?P<unclosed>(?:cs:)?")
    | (?P<set>@[^\s()"@]*)
    | (?P<reach>(?:NEAR|ONEAR|ATLEAST)/?[0-9]*(?=[\s()"@]|$))
    | (?P<join>(?:AND|OR|NOT)(?=[\s()"@]|$))
    | (?P<regex>/(?:\\.|[^/\\])+/(?=[\s()]|$))
    | (?P<slash>/)
    | (?P<tier>tier:[0-9]?(?:-[0-9])?)
    | (?P<source>(?i:source):\s*[^\s()"]*)
    | (?P<lang>(?i:lang):\s*[^\s()"]*)
    | (?P<topic>(?i:topic):\s*[^\s()"]*)
    | (?P<field>(?!cs:)[A-Za-z]+:)
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\*?")


class _Token(NamedTuple):
    kind: str
    text: str
    position: int  # counts from 1


class Reader(NamedTuple):
    """How the parser turns what it read into terms; bound to one rule and key for messages."""

    term: Callable[[str], Terms]
    regex: Callable[[str], Terms]
    term_set: Callable[[str], Terms]
    refuse: Callable[[str, str], RuleError]


def parse(query: str, reader: Reader) -> Clause:
    """Read a query. Raises RuleError with the position of the mistake."""
    return _Parser(query, reader).whole()


def did_you_mean(name: str, known: list[str]) -> str:
    """A mend for a mistyped name, or the list of what there is."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are: {', '.join(sorted(known)[:12])}" if known else "none are defined"


class _Parser:
    def __init__(self, query: str, reader: Reader) -> None:
        self.reader = reader
        self.query = query
        self.tokens = _tokens(query.translate(_PLAIN))
        self.at = 0
        self.depth = 0

    def whole(self) -> Clause:
        clause = self.any()
        if self.now.kind == "close":
            self.refuse("this ')' closes nothing", "remove it, or add the '(' it belongs to")
        if self.now.kind != "end":
            self.refuse(f"no operator before {self.now.text!r}", "put AND, OR or NEAR/n between the two")
        return clause

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> bool:
        if self.now.text not in texts or self.now.kind != "join":
            return False
        self.at += 1
        return True

    def refuse(self, problem: str, mend: str, token: _Token | None = None) -> NoReturn:
        raise self.reader.refuse(f"at character {(token or self.now).position}: {problem}", mend)

    def any(self) -> Clause:
        parts = [self.all()]
        while self.take("OR"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all(self) -> Clause:
        parts = [self.negation()]
        while self.take("AND") or (self.now.kind, self.now.text) == ("join", "NOT"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def negation(self) -> Clause:
        if not self.take("NOT"):
            return self.near()
        return Not(self.deeper(self.negation))

    def near(self) -> Clause:
        left = self.one()
        links = 0
        while self.now.kind == "reach" and not self.now.text.startswith("ATLEAST"):
            token = self.now
            distance = self.count()
            right = self.beside(self.one(), token)
            left = Near(self.beside(left, token), right, distance, token.text.startswith("O"))
            links += 1
            if links > MAX_DEPTH:
                self.refuse(f"more than {MAX_DEPTH} NEAR in a row", "split the rule", token)
        return left

    def beside(self, clause: Clause, token: _Token) -> Clause:
        if _denies(clause):
            problem = f"nothing can be near a NOT, tier, source, lang or topic: {token.text}"
            self.refuse(problem, "move it out of the NEAR with AND", token)
        return clause

    def one(self) -> Clause:
        token = self.now
        if token.kind == "reach":
            if not token.text.startswith("ATLEAST"):
                self.refuse(f"{token.text} has nothing to its left", "write: one term NEAR/5 another")
            return AtLeast(self.count(), self.deeper(self.one))
        reads = {
            "open": self.bracket,
            "field": self.field,
            "tier": self.tier,
            "source": self.source,
            "lang": self.language,
            "topic": self.topic,
            "regex": self.regex,
            "set": self.term_set,
            "quoted": self.quoted,
            "word": self.words,
        }.get(token.kind)
        if reads is None:
            self.missing()
        return reads()

    def missing(self) -> NoReturn:
        if self.now.kind == "unclosed":
            self.refuse("this quote is never closed", 'add the second "')
        if self.now.kind == "slash":
            mend = "add the second /, or quote a term that begins with one"
            self.refuse("this regular expression is never closed", mend)
        found = "the query ends here" if self.now.kind == "end" else f"{self.now.text!r} stands here"
        self.refuse(f"a term is expected, but {found}", "write a term, or quote the word to search for it")

    def deeper(self, read: Callable[[], Clause]) -> Clause:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"nested more than {MAX_DEPTH} deep", "split the rule, or name parts as @sets")
        clause = read()
        self.depth -= 1
        return clause

    def count(self) -> int:
        name = self.now.text.rstrip("0123456789/")
        digits = self.now.text[len(name) :].removeprefix("/")
        if not digits or not 1 <= int(digits[:9]) <= MAX_COUNT:
            self.refuse(f"{self.now.text} needs a number from 1 to {MAX_COUNT}", f"write {name}/5")
        self.at += 1
        return int(digits)

    def bracket(self) -> Clause:
        opened = self.now
        self.at += 1
        clause = self.deeper(self.any)
        if self.now.kind == "end":
            self.refuse("this '(' is never closed", "add the ')'", opened)
        if self.now.kind != "close":
            self.refuse(f"no operator before {self.now.text!r}", "put AND, OR or NEAR/n between the two")
        self.at += 1
        return clause

    def field(self) -> Clause:
        name = self.now.text[:-1].lower()
        known = [field.value for field in Field]
        if name not in known:
            mend = did_you_mean(name, [*known, "source", "lang", "topic", "tier", "cs"])
            self.refuse(f"there is no field {name!r}", f"{mend} or quote a term that has a colon")
        self.at += 1
        return InField(Field(name), self.deeper(self.one))

    def tier(self) -> Clause:
        best, _, worst = self.now.text.removeprefix("tier:").partition("-")
        if not best or not 1 <= int(best) <= int(worst or best) <= 5:
            self.refuse(f"{self.now.text} names no tier", "write tier:1 or tier:1-2; tiers go from 1 to 5")
        self.at += 1
        return TierIs(int(best), int(worst or best))

    def trait(self) -> str:
        value = self.now.text.partition(":")[2].strip()
        self.at += 1
        return value

    def source(self) -> Clause:
        token, name = self.now, self.trait().lower()
        if not _SOURCE.fullmatch(name):
            mend = "write source:pbc, or source:pbc* for every id that begins so"
            self.refuse(f"{token.text} names no source", mend, token)
        return SourceIs(name.rstrip("*"), name.endswith("*"))

    def language(self) -> Clause:
        token, code = self.now, self.trait().lower()
        if code not in LANGUAGES:
            self.refuse(f"{token.text} names no language", "write lang:en or lang:zh", token)
        return LanguageIs(code)

    def topic(self) -> Clause:
        token, name = self.now, self.trait().lower()
        known = [topic.value for topic in Topic]
        if name not in known:
            self.refuse(f"there is no topic {name!r}", did_you_mean(name, known), token)
        return TopicIs(Topic(name))

    def regex(self) -> Clause:
        # As it was typed: a full-width bracket is a character to look for here.
        token = self.now
        self.at += 1
        first = token.position  # of the opening slash, so this is the character behind it
        return self.located(token, self.reader.regex, self.query[first : first + len(token.text) - 2])

    def term_set(self) -> Clause:
        token = self.now
        self.at += 1
        return self.located(token, self.reader.term_set, token.text[1:])

    def quoted(self) -> Clause:
        token = self.now
        self.at += 1
        return self.located(token, self.reader.term, token.text.replace('"', ""))

    def words(self) -> Clause:
        token = self.now
        words: list[str] = []
        while self.now.kind == "word":
            words.append(self.now.text)
            self.at += 1
        return self.located(token, self.reader.term, " ".join(words))

    def located(self, token: _Token, read: Callable[[str], Terms], text: str) -> Terms:
        try:
            return read(text)
        except RuleError as error:
            problem = f"at character {token.position}: {error.problem}"
            raise RuleError(error.rule, error.key, problem, error.mend) from error


def _denies(clause: Clause) -> bool:
    return any(isinstance(part, Not | Trait) for part in inside(clause))


def _tokens(query: str) -> list[_Token]:
    tokens = [
        _Token(str(found.lastgroup), found[str(found.lastgroup)], found.start(str(found.lastgroup)) + 1)
        for found in _TOKEN.finditer(query)
    ]
    return [*tokens, _Token("end", "", len(query) + 1)]
