"""Regular expressions as terms: held to a time limit, and tried only where their fixed text occurs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import regex

from monitor.core.errors import RuleError
from monitor.core.model import Field
from monitor.core.rules.clauses import Spot
from monitor.core.text import mainland_wording, normalise

SECONDS = 0.02  # of processor time for one expression and one report
MOST_TRIED = 50  # expressions for one report: with the limit above, a second at the very most
LONGEST = 500  # characters of an expression
MOST_REPEATS = 10_000  # all {n} of an expression multiplied: the compiler writes each repetition out
MOST_SPOTS = 100  # places one expression may be found at in one field

_SHORTEST_ANCHOR = 2  # characters
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code).isalnum()}
_COUNTED = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")
# Flags that change how a pattern is read, and escapes that take letters or digits behind them.
_DOUBTFUL = re.compile(r"\(\?[a-zA-Z0-9-]*[xV]|\\(?![dDwWsSbBAZnrt]|[pP]\{|[^a-zA-Z0-9])")
_PIECE = re.compile(
    r"""(?: (?P<escape>\\.) | \[\^?\]?(?:\\.|[^\]\\])*\] | (?P<bracket>[()|]) | (?P<literal>[^.^$]) | [.^$] )
    (?: (?P<optional>[*?]|\{[^}]*\})[+?]? | (?P<more>\+)[+?]? )?""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled expression with the text that every match contains; "" when none could be told."""

    term: int
    pattern: "regex.Pattern[str]"
    anchor: str


class Tried(NamedTuple):
    """What became of the expressions tried on one report."""

    spots: list[Spot]
    stopped: frozenset[int]  # terms whose expression ran out of time, or whose turn never came


def compile_regex(written: str, term: int, refuse: Callable[[str, str], RuleError]) -> Regex:
    """An expression of the `regex` module, upper and lower case alike. Raises what `refuse` makes."""
    if len(written) > LONGEST:
        raise refuse(f"a regular expression of more than {LONGEST} characters", "split it")
    if _repeats(written) > MOST_REPEATS:
        raise refuse("its repetitions multiply to a giant", f"keep all {{n}} together below {MOST_REPEATS:,}")
    folded = _HAN_RUN.sub(lambda run: mainland_wording(run[0]), written.translate(_FULL_WIDTH))
    try:
        pattern = regex.compile(folded, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError) as error:
        raise refuse(f"not a regular expression: {error}", "the syntax is that of Python's regex") from error
    if pattern.search("") is not None:
        raise refuse("it holds for an empty text as well", "ask for at least one character")
    return Regex(term, pattern, _anchor(folded))


def try_regexes(regexes: Sequence[Regex], texts: Mapping[Field, str]) -> Tried:
    """Run expressions over the folded texts of a report, each within its limit."""
    spots: list[Spot] = []
    stopped = {each.term for each in regexes[MOST_TRIED:]}
    for each in regexes[:MOST_TRIED]:
        # Twice: Python's collector may take up the whole of the time, but not of two tries in a row.
        found = _in_time(each, texts)
        if found is None:
            found = _in_time(each, texts)
        if found is None:
            stopped.add(each.term)
        else:
            spots += found
    return Tried(spots, frozenset(stopped))


def _in_time(each: Regex, texts: Mapping[Field, str]) -> list[Spot] | None:
    try:
        return [spot for field in texts for spot in _found(each, field, texts)]
    except TimeoutError:
        return None


def _found(each: Regex, field: Field, texts: Mapping[Field, str]) -> list[Spot]:
    matches = each.pattern.finditer(texts[field], timeout=SECONDS / len(texts))
    spans = (match.span() for match in islice(matches, MOST_SPOTS))
    return [Spot(field, start, end, each.term) for start, end in spans if end > start]


def _repeats(written: str) -> int:
    product = 1
    for least, most in _COUNTED.findall(written):
        product *= max(int(most[:9] or 0), int(least[:9] or 0), 1)
    return product


def _anchor(pattern: str) -> str:
    """The longest literal text outside of brackets, as it stands in a folded text; "" when in doubt."""
    if _DOUBTFUL.search(pattern):
        return ""
    runs = [normalise(run).text.strip() for run in _literal_runs(pattern)]
    fit = [run for run in runs if sum(map(str.isalnum, run)) >= _SHORTEST_ANCHOR]
    return max(fit, key=len, default="")


def _literal_runs(pattern: str) -> list[str]:
    runs, depth = [""], 0
    for piece in _PIECE.finditer(pattern):
        bracket, literal = piece["bracket"], _literal(piece)
        if bracket == "|" and not depth:
            return []  # either side may be the one that is found
        depth += (bracket == "(") - (bracket == ")")
        if depth or not literal:
            runs.append("")
            continue
        runs[-1] += literal
        if piece["more"]:
            runs.append("")
    return runs


def _literal(piece: re.Match[str]) -> str:
    if piece["optional"]:
        return ""
    if escape := piece["escape"]:
        return "" if escape[1].isalnum() else str(escape[1])
    return str(piece["literal"] or "")
