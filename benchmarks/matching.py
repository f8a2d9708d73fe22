"""How fast reports are judged, side by side: our whole path, one `re` alternation, a loop over keywords.

Ours folds the text, finds the terms, checks word boundaries and evaluates the rules; the other two only look
for terms in small letters and stop at the first, so the comparison favours them. Texts are the headlines and
summaries of the labelled corpus in ../shared, joined to articles of some 3,000 characters; terms are shipped
ones and, where those run out, words of the texts put together at random. Processor time; trust ratios.
"""

import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from itertools import chain, cycle, islice, repeat
from pathlib import Path
from time import process_time

from monitor.config.load import load_rules_alone
from monitor.config.terms import shipped_sets
from monitor.core.classify import Judge, compile_rules
from monitor.core.model import Rule, RuleBook, RuleId, Topic

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "eval" / "dev.jsonl"
COUNTS = (50, 500, 5_000, 50_000)
TERMS_TO_A_RULE = 10
SHIPPED_TERMS = 50
ARTICLE = 3_000  # characters
SECONDS = 0.5  # a rival is timed for, at least one article
ROUNDS = 5  # of ours; the best counts
REACH = {"MB/s at 50,000": 15.0, "50 to 50,000": 3.0, "over the loop": 100.0, "500 rules, ms": 20.0}

_WORDS = {"en": re.compile("[A-Za-z]{3,}"), "zh": re.compile("[\u4e00-\u9fff]{2}")}
_HAN = re.compile("[\u4e00-\u9fff]")


def articles(language: str) -> list[str]:
    """The corpus in one language, joined to articles."""
    made, lines = [], []
    with CORPUS.open(encoding="utf-8") as corpus:
        for item in map(json.loads, corpus):
            if item["lang"] == language:
                lines.append(f"{item['title']}\n\n{item['summary'] or ''}\n\n")
            if sum(map(len, lines)) >= ARTICLE:
                made.append("".join(lines))
                lines = []
    return made


def terms(language: str, texts: Sequence[str], count: int) -> list[str]:
    """Some shipped terms of the language, then invented ones; the same at every call."""
    dice = random.Random(2026)
    shipped = {term for each in shipped_sets() for term in each.terms if not term.startswith(("@", "cs:"))}
    own = sorted(term for term in shipped if bool(_HAN.search(term)) == (language == "zh") and len(term) > 1)
    dice.shuffle(own)
    del own[SHIPPED_TERMS:]  # an article of ours is about one thing, and does not fire a hundred rules
    words = sorted({word for text in texts for word in _WORDS[language].findall(text)})
    gap = " " if language == "en" else ""
    invented = (gap.join(dice.sample(words, 2)) for _ in repeat(None))
    return list(dict.fromkeys(islice(chain(own, invented), count)))


def our_judge(found: Sequence[str]) -> Judge:
    """A rule for every ten terms."""
    slices = (tuple(found[at : at + TERMS_TO_A_RULE]) for at in range(0, len(found), TERMS_TO_A_RULE))
    rules = tuple(Rule(id=RuleId(f"r{n}"), query=q, topic=Topic.ECNY) for n, q in enumerate(slices))
    return compile_rules(RuleBook(rules=rules))


def megabytes(texts: Sequence[str]) -> float:
    """Size in UTF-8."""
    return sum(len(text.encode()) for text in texts) / 1e6


def ours(judge: Judge, texts: Sequence[str]) -> float:
    """MB/s of the whole path."""
    best = 0.0
    for _ in range(ROUNDS):
        begun = process_time()
        for text in texts:
            judge.classify(title=text[:80], body=text[80:])
        best = max(best, megabytes(texts) / (process_time() - begun))
    return best


def rival(looks: Callable[[str], object], texts: Sequence[str]) -> float:
    """MB/s of something that looks for terms in a text in small letters."""
    done, begun = 0.0, process_time()
    for text in cycle(texts):
        looks(text.lower())
        done += len(text.encode()) / 1e6
        if (spent := process_time() - begun) > SECONDS:
            return done / spent
    raise AssertionError("cycle ended")


def alternation(found: Sequence[str]) -> Callable[[str], object]:
    """One compiled pattern, the longest term first."""
    longest_first = sorted((term.lower() for term in found), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))).findall


def keyword_loop(found: Sequence[str]) -> Callable[[str], object]:
    """Every keyword looked for on its own."""
    small = [term.lower() for term in found]
    return lambda text: [term for term in small if term in text]


def many_rules(language: str, texts: Sequence[str]) -> float:
    """Milliseconds for 500 rules of all shapes, a third of which fire, on an article of 10,000 characters."""
    dice = random.Random(500)
    article = "".join(texts)[:10_000]
    words = sorted(set(_WORDS[language].findall(article)))
    shapes = (
        '"{0}" AND "{1}"',
        'title:"{0}" AND ("{1}" OR "{2}")',
        '"{0}" NEAR/5 ("{1}" OR "{2}")',
        'ATLEAST/2 "{0}" AND NOT title:"{1}"',
    )
    rules = tuple(
        Rule(
            id=RuleId(f"r{n}"),
            query=shapes[n % 4].format(*dice.sample(words, 3)),
            needs=(dice.choice(words),),
        )
        for n in range(500)
    )
    judge = compile_rules(RuleBook(rules=rules))
    spent = []
    for _ in range(ROUNDS):
        begun = process_time()
        judge.classify(title=article[:80], body=article[80:])
        spent.append((process_time() - begun) * 1000)
    return min(spent)


def shipped_book(*texts: Sequence[str]) -> None:
    """Print how the shipped rules, where sets are large and rules look closely, do on what they look for."""
    book = load_rules_alone(ROOT / "config.yaml")
    begun = process_time()
    judge = compile_rules(book)
    spent = process_time() - begun
    speeds = " and ".join(f"{ours(judge, each):.1f}" for each in texts)
    size = f"{len(book.rules)} rules, {len(judge.automaton.terms):,} terms"
    print(f"\nshipped: {size}, compiled in {spent:.2f} s; {speeds} MB/s\n")


def table(language: str, texts: Sequence[str]) -> dict[str, float]:
    """Print the speeds at every number of terms; what was to be reached, by name."""
    print(f"\n{language}: {len(texts)} articles, {megabytes(texts):.2f} MB; MB/s")
    print(f"{'terms':>7} {'ours':>8} {'re':>9} {'loop':>8} {'ours / re':>10} {'ours / loop':>12}")
    own, loops = [], []
    for count in COUNTS:
        found = terms(language, texts, count)
        own.append(ours(our_judge(found), texts))
        pattern, loop = rival(alternation(found), texts), rival(keyword_loop(found), texts)
        loops.append(loop)
        ratios = f"{own[-1] / pattern:>9.1f}x {own[-1] / loop:>11.1f}x"
        print(f"{count:>7,} {own[-1]:>8.1f} {pattern:>9.4f} {loop:>8.3f} {ratios}", flush=True)
    return {
        "MB/s at 50,000": own[-1],
        "50 to 50,000": own[0] / own[-1],
        "over the loop": own[-1] / loops[-1],
        "500 rules, ms": many_rules(language, texts),
    }


def main() -> int:
    """Print the tables and what of the marks was reached; 1 when one was not."""
    reached = {language: table(language, articles(language)) for language in ("en", "zh")}
    shipped_book(articles("en"), articles("zh"))
    missed = 0
    for name, mark in REACH.items():
        at_most = name in ("50 to 50,000", "500 rules, ms")
        for language, figures in reached.items():
            good = figures[name] <= mark if at_most else figures[name] >= mark
            missed += not good
            limit = f"{'at most' if at_most else 'at least'} {mark:g}"
            print(
                f"{language} {name:<16} {figures[name]:>8.1f}  {limit:<14} {'reached' if good else 'MISSED'}"
            )
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
