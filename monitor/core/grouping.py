"""Groups a whole batch of reports into stories, whatever order they come in; nothing is compared with all."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from monitor.core.pairs import WINDOW, likelihood
from monitor.core.profile import Profile, keys_of
from monitor.core.stories import TOGETHER, Likelihoods, linked, sample

MOST_ALIKE = 20  # reports looked at per key: the newest
MOST_COMPARED = 24  # reports a report is compared with: those that share the most keys


def group(profiles: Sequence[Profile]) -> list[int]:
    """For each report the number of its story; stories are numbered by their first report."""
    order = sorted(range(len(profiles)), key=lambda i: _age(profiles[i]))
    edges = [edge for edge in _edges(profiles, order) if edge[0] >= TOGETHER.join]
    # Likeliest first; ties fall by age, so that the order of the input does not matter.
    rank = {i: place for place, i in enumerate(order)}
    edges.sort(key=lambda edge: (-edge[0], rank[edge[1]], rank[edge[2]]))
    return _number(_joined(profiles, edges), order)


def _age(profile: Profile) -> tuple[str, str, str]:
    return profile.published_at.isoformat(), profile.title, profile.outlet


def _edges(profiles: Sequence[Profile], order: Sequence[int]) -> list[tuple[float, int, int]]:
    """The pairs that share a key, each with its likelihood."""
    index: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_ALIKE))
    edges = []
    for i in order:
        seen: Counter[int] = Counter()
        for key in keys_of(profiles[i]):
            seen.update(index[key])
            index[key].append(i)
        near = [j for j, _ in seen.most_common() if _in_window(profiles[i], profiles[j])]
        edges += [(likelihood(profiles[j], profiles[i]), j, i) for j in near[:MOST_COMPARED]]
    return edges


def _in_window(one: Profile, other: Profile) -> bool:
    return abs(one.published_at - other.published_at) <= WINDOW


def _joined(profiles: Sequence[Profile], edges: Sequence[tuple[float, int, int]]) -> list[list[int]]:
    """Join the likeliest pairs first, each time asking whether the two groups agree as a whole."""
    known = {(min(i, j), max(i, j)): score for score, i, j in edges}
    scores = Likelihoods(profiles, known)
    groups = {i: [i] for i in range(len(profiles))}
    home = list(range(len(profiles)))
    for _, i, j in edges:
        one, other = home[i], home[j]
        if one == other or not linked(scores, sample(groups[one]), sample(groups[other]), TOGETHER):
            continue
        if len(groups[one]) < len(groups[other]):
            one, other = other, one
        for member in groups[other]:
            home[member] = one
        groups[one] += groups.pop(other)
    return list(groups.values())


def _number(groups: Sequence[Sequence[int]], order: Sequence[int]) -> list[int]:
    home = {i: place for place, members in enumerate(groups) for i in members}
    numbers: dict[int, int] = {}
    for i in order:
        numbers.setdefault(home[i], len(numbers) + 1)
    return [numbers[home[i]] for i in range(len(order))]
