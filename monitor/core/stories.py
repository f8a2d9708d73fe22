"""Which story a report belongs to: decided over whole stories, so that chains of likeness do not drift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from monitor.core.pairs import compare, contradiction, likelihood
from monitor.core.profile import Profile

S = TypeVar("S")
M = TypeVar("M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where two groups of reports count as one story; likelihoods from 0 to 1."""

    join: float  # what the likeliest pair must reach,
    agree: float  # and all pairs on average,
    accompanied: float  # or the likeliest partner of each member of the one, on average


# Chosen on the odd months of the labelled stories; see docs/decisions/0010-stories.md.
TOGETHER = Limits(join=0.27, agree=0.12, accompanied=0.3)  # a batch, where the likeliest pairs join first
ONE_BY_ONE = Limits(join=0.33, agree=0.12, accompanied=0.4)  # in order of arrival, where it cannot be undone
FIRST_MEMBERS, LAST_MEMBERS = 2, 6  # of a large story: those that are asked


class Likelihoods:
    """How likely two of a list of reports tell one event, each pair worked out once."""

    def __init__(
        self, profiles: Sequence[Profile], known: Mapping[tuple[int, int], float] | None = None
    ) -> None:
        self._profiles = profiles
        self._known = dict(known or {})

    def of(self, i: int, j: int) -> float:
        """The likelihood for the reports at places `i` and `j`."""
        pair = (min(i, j), max(i, j))
        if pair not in self._known:
            self._known[pair] = likelihood(self._profiles[pair[0]], self._profiles[pair[1]])
        return self._known[pair]

    def contradict(self, one: Sequence[int], other: Sequence[int]) -> bool:
        """Whether any of the one and any of the other give numbers that cannot both be right."""
        return any(
            self.of(i, j) == 0.0 and contradiction(self._profiles[i], self._profiles[j])
            for i in one
            for j in other
        )


def sample(members: Sequence[M]) -> Sequence[M]:
    """The members that speak for a story: all of a small one, the first and the newest of a large one."""
    if len(members) <= FIRST_MEMBERS + LAST_MEMBERS:
        return members
    return [*members[:FIRST_MEMBERS], *members[-LAST_MEMBERS:]]


def linked(scores: Likelihoods, one: Sequence[int], other: Sequence[int], limits: Limits) -> bool:
    """Whether two groups of reports, given by their places, tell one event."""
    table = [[scores.of(i, j) for j in other] for i in one]
    # A report without a number fits the notice with either number; the two notices still are two.
    if max(map(max, table)) < limits.join or scores.contradict(one, other):
        return False
    rows, columns = [max(row) for row in table], [max(column) for column in zip(*table, strict=True)]
    mean = sum(map(sum, table)) / (len(one) * len(other))
    accompanied = max(sum(rows) / len(rows), sum(columns) / len(columns))
    return mean >= limits.agree or accompanied >= limits.accompanied


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Generic[S]):
    """Where a report belongs."""

    story: S | None  # None: it opens its own
    why: tuple[str, ...]  # in words: for joining, or against the likeliest story
    runner_up: tuple[str, ...] = ()  # in words: the next story and why not that one
    also_joins: tuple[S, ...] = ()  # other stories that, with this report, turn out to be the same


def place(report: Profile, candidates: Sequence[tuple[S, Sequence[Profile]]]) -> Placement[S]:
    """Place a report among stories, each given with its members, oldest first."""
    told = [(story, sample(members)) for story, members in candidates if members]
    if not told:
        return Placement(story=None, why=("no report like it",))
    profiles = [report, *(member for _, members in told for member in members)]
    scores, places = Likelihoods(profiles), _places(told)
    ranked = sorted(range(len(told)), key=lambda s: -max(scores.of(0, i) for i in places[s]))
    fitting = [s for s in ranked if linked(scores, [0], places[s], ONE_BY_ONE)]
    if not fitting:
        return Placement(story=None, why=_reasons(report, told[ranked[0]][1]))
    home = fitting[0]
    rest = [s for s in ranked if s != home]
    together = [0, *places[home]]
    return Placement(
        story=told[home][0],
        why=_reasons(report, told[home][1]),
        runner_up=_reasons(report, told[rest[0]][1]) if rest else (),
        also_joins=tuple(
            told[s][0] for s in rest if s in fitting and linked(scores, together, places[s], ONE_BY_ONE)
        ),
    )


def _places(told: Sequence[tuple[S, Sequence[Profile]]]) -> list[list[int]]:
    """Where each story's members stand behind the report itself."""
    places, start = [], 1
    for _, members in told:
        places.append(list(range(start, start + len(members))))
        start += len(members)
    return places


def _reasons(report: Profile, members: Sequence[Profile]) -> tuple[str, ...]:
    """Why it goes, or does not go, with the likeliest member of a story."""
    best = max(members, key=lambda member: likelihood(report, member))
    found = compare(report, best)
    return (f"{found.score:.2f} like “{best.title}” ({best.outlet})", *found.reasons(report, best))
