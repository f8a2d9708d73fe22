"""What a report is found and compared by: its profile, samples of its text, and the keys of both."""

from dataclasses import dataclass

from monitor.core.fingerprint import containment, fingerprint
from monitor.core.language import language_of
from monitor.core.lexicon import Lexicon
from monitor.core.model import Article
from monitor.core.pairs import compare
from monitor.core.profile import Profile, keys_of, profile_of

# Estimated from twelve samples of each text: half of them in common is no chance, and no mere quotation.
COPIED = 0.5
_APART = ("another_place", "another_object")
LEAST_SAMPLES = 8  # of the shorter text; fewer come from a text too short to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A report's mark."""

    profile: Profile
    samples: tuple[int, ...]
    keys: tuple[int, ...]


def mark_of(article: Article, lexicon: Lexicon) -> Mark:
    """The mark of an article."""
    lead = article.summary or article.body
    profile = profile_of(
        lexicon,
        title=article.title,
        lead=lead,
        published_at=article.published_at or article.seen_at,
        outlet=article.source_id,
        language=article.language or language_of(f"{article.title}\n{lead[:200]}"),
        document_number=article.document_number,
    )
    text = fingerprint(article.title, article.body or article.summary)
    keys = dict.fromkeys((*text.keys, *keys_of(profile)))
    return Mark(profile=profile, samples=text.samples, keys=tuple(keys))


def copied(one: Mark, samples: tuple[int, ...], profile: Profile) -> float:
    """How much of the shorter text the longer one holds, where that makes the two one report of one event,
    else 0.

    One outlet's own boilerplate is no copy, and headlines that contradict each other, or name another place
    or another object, head two notices with one wording.
    """
    if min(len(one.samples), len(samples)) < LEAST_SAMPLES or one.profile.outlet == profile.outlet:
        return 0.0
    share = containment(one.samples, samples)
    return 0.0 if share < COPIED or _set_apart(one.profile, profile) else share


def _set_apart(one: Profile, other: Profile) -> bool:
    found = compare(one, other)
    return bool(found.veto) or any(dict(found.features).get(name) for name in _APART)
