"""Seconds that a backtest of a whole archive takes after a change of the rules, beside judging it all again.

    python -m benchmarks.backtest [--articles 100000] [--days 30] [--database PATH] [--config config.yaml]

The archive is of our own writing: half English, half Chinese, bodies of some 1,800 bytes, about three reports
in a hundred relevant, judged by the shipped rules and kept as the service keeps them. With --database it is
made once and found again. Every change is compared with the rules as they stand, as `policywire rules diff`
does it; the rate of judging everything again is measured on a thousand articles.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from monitor.backtest import compare
from monitor.config.load import load, rules_version
from monitor.core.classify import Judge, classify_article, compile_rules
from monitor.core.model import (
    Article,
    BodyFrom,
    Decision,
    Reason,
    Rule,
    RuleBook,
    RuleId,
    Skip,
    Source,
    SourceId,
    Tier,
    Topic,
)
from monitor.core.ports import Work
from monitor.core.settings import Config
from monitor.store.sql import SqlStore, open_store
from tests.builders import a_source
from tests.store.desk import keep

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LOT = 2000  # articles in one transaction
SAMPLE = 1000
LENGTH = {"en": 1800, "zh": 600}  # characters of a body: the same bytes

_WORDS = {
    "en": (
        "The council|A team of researchers|The club|Local farmers|The airline|Her second novel|The museum|"
        "A shipping company|The coach|Voters in the north|The city's orchestra|An insurance group",
        "said on Monday that|reported that|hopes that|denied that|showed how|expects that|explained why",
        "the harvest|ticket sales|the new stadium|a long drought|rail traffic|the summer season|"
        "the old bridge|its quarterly profit|the water supply|a regional train line|the price of wheat",
        "had improved more than planned|would open again in spring|was delayed by heavy rain|"
        "cost less than last year|drew large crowds|needs repairs before winter|fell for a third month",
    ),
    "zh": (
        "当地农户|俱乐部|一家航空公司|博物馆|研究团队|她的新书|市交响乐团|铁路公司|主教练|一家保险集团|不少家长",
        "周一表示，|介绍说，|预计，|否认|透露，|认为，|提醒，|回忆道，",
        "今年的收成|门票销售|新体育场|长时间的干旱|铁路客流|夏季赛事|那座老桥|季度利润|城市供水|小麦价格|下半场",
        "好于预期|将在明年春天重新开放|因大雨推迟|比去年更便宜|吸引了大批观众|入冬前需要维修|连续三个月下降",
    ),
}
_POLICY = {
    "en": (
        "The People's Bank of China issued rules on the digital yuan pilot",
        "The Cyberspace Administration of China fined a platform over personal information",
        "China's State Council published draft measures on generative artificial intelligence",
        "The Ministry of Industry and Information Technology ordered apps to protect user data",
    ),
    "zh": (
        "中国人民银行发布数字人民币试点管理办法",
        "国家网信办依法处罚违规处理个人信息的平台企业",
        "国务院印发人工智能算法管理规定征求意见稿",
        "工业和信息化部通报侵害用户权益的应用程序",
    ),
}
_NOISE = {
    "en": ("Bitcoin rose two percent", "Chip makers reported earnings", "A new phone uses AI for its camera"),
    "zh": ("比特币价格上涨百分之二", "芯片企业公布业绩", "新手机用人工智能拍照"),
}


def sentence(draw: random.Random, language: str) -> str:
    """One sentence about nothing we watch."""
    parts = [draw.choice(words.split("|")) for words in _WORDS[language]]
    return f"{' '.join(parts)}. " if language == "en" else f"{''.join(parts)}。"


def write(draw: random.Random, number: int, total: int, days: int) -> Article:
    """The report of this number."""
    language = ("en", "zh")[number % 2]
    kind = draw.random()
    lead = draw.choice((_POLICY if kind < 0.03 else _NOISE)[language]) if kind < 0.15 else ""
    title = lead or sentence(draw, language)[:-1]
    body = lead
    while len(body) < LENGTH[language]:
        body += sentence(draw, language)
    seen_at = NOW - timedelta(days=days) * (1 - number / total)
    return Article(
        source_id=SourceId(f"wire-{language}"),
        title=f"{title} ({number})",
        url=f"https://wire.example/{number}",
        canonical_url=f"https://wire.example/{number}",
        seen_at=seen_at,
        body=body,
        body_from=BodyFrom.PAGE,
        language=language,
        published_at=seen_at - timedelta(minutes=20),
    )


def sources() -> Iterator[Source]:
    for language in ("en", "zh"):
        yield a_source(id=SourceId(f"wire-{language}"), tier=Tier.REPORTING, languages=(language,))


def fill(store: SqlStore, config: Config, articles: int, days: int) -> None:
    """Keep the articles as the intake would, each a story of its own."""
    judge = compile_rules(config.rules, config.rules_version)
    draw = random.Random(6)
    store.keep_rules(config.rules_version, config.rules, NOW)
    with store.work() as work:
        work.keep_sources(tuple(sources()), NOW)
    numbers = iter(range(articles))
    while lot := list(islice(numbers, LOT)):
        with store.work() as work:
            for number in lot:
                _keep(work, judge, write(draw, number, articles, days))


def _keep(work: Work, judge: Judge, article: Article) -> None:
    verdict = judge.classify(
        title=article.title,
        body=article.body,
        tier=Tier.REPORTING,
        source=article.source_id,
        language=article.language,
    )
    decision: Decision = Skip(
        reason=Reason.NO_CHAT if verdict.relevant else Reason.NOT_RELEVANT, words="a benchmark"
    )
    keep(work, article=article, verdict=verdict, decision=decision)


# ── the changes ──


def with_rules(config: Config, book: RuleBook) -> Config:
    return replace(config, rules=book, rules_version=rules_version(book))


def as_judged(store: SqlStore) -> RuleBook:
    """The rules that judged the archive, which may be of another day."""
    book = store.rules_kept(next(store.judged(NOW - timedelta(days=9999))).verdict().rules_version)
    assert book is not None
    return book


def new_rule(book: RuleBook) -> RuleBook:
    rule = Rule(id=RuleId("new"), query=("new phone", "user data", "新手机"), topic=Topic.DATA, weight=4.0)
    return replace(book, rules=(*book.rules, rule))


def other_weight(book: RuleBook) -> RuleBook:
    """The rule for artificial intelligence, which fires on noise as well, suffices by itself."""
    rules = (replace(rule, weight=4.0) if rule.id == "ai" else rule for rule in book.rules)
    return replace(book, rules=tuple(rules))


def other_threshold(book: RuleBook) -> RuleBook:
    return replace(book, threshold=book.threshold / 4)


def with_terms(book: RuleBook, name: str, *terms: str) -> RuleBook:
    sets = (replace(each, terms=(*each.terms, *terms)) if each.name == name else each for each in book.sets)
    return replace(book, sets=tuple(sets))


def longer_set(book: RuleBook) -> RuleBook:
    return with_terms(book, "ecny_core", "芯片企业")


def common_words(book: RuleBook) -> RuleBook:
    """The worst of its kind: words of most of the archive join the set that most rules name."""
    return with_terms(book, "authority", "rail traffic", "the council", "铁路", "研究团队")


CHANGES: tuple[tuple[str, Callable[[RuleBook], RuleBook]], ...] = (
    ("a new rule of three terms", new_rule),
    ("another weight", other_weight),
    ("another threshold", other_threshold),
    ("one term more in a shipped set", longer_set),
    ("common words in the set that most rules name", common_words),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Judging everything again, as far as it was measured."""

    each: float  # seconds for an article, read and judged

    @classmethod
    def of(cls, store: SqlStore, config: Config) -> "Rate":
        judge = compile_rules(config.rules, config.rules_version)
        ids = store.newest(SAMPLE)
        started = time.perf_counter()
        for kept in store.full(ids):
            classify_article(judge, kept.article, kept.source_tier)
        return cls(each=(time.perf_counter() - started) / len(ids))


def measure(store: SqlStore, config: Config, days: int) -> None:
    """Print a line for each change."""
    config = with_rules(config, as_judged(store))
    count = store.article_count()
    rate = Rate.of(store, config)
    for name, change in CHANGES:
        other = with_rules(config, change(config.rules))
        started, cpu = time.perf_counter(), time.process_time()
        found = compare(store, config, other, NOW - timedelta(days=days + 1))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(
            f"{name:46} {seconds:5.1f} s ({cpu:.1f} s CPU)  {found.judged_again:7,} "
            f"of {found.articles:,} judged again, {len(found.gained)} stories gained, {len(found.lost)} lost",
            flush=True,
        )
    print(f"judging everything again ({rate.each * 1000:.2f} ms each) {rate.each * count:16.1f} s")


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--database", type=Path, help="where the archive is kept for another run")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    options = parser.parse_args()
    config = load(options.config, {"TELEGRAM_CHAT_ID": "1"})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{options.database or Path(folder) / 'backtest.db'}")
        if not store.article_count():
            started = time.perf_counter()
            fill(store, config, options.articles, options.days)
            print(f"{options.articles:,} articles kept in {time.perf_counter() - started:.0f} s", flush=True)
        measure(store, config, options.days)
        store.close()


if __name__ == "__main__":
    main()
