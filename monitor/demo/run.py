"""`policywire demo`: the real service on a small news site of our own, with the messages on this terminal."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alerts.console import ConsoleSender
from monitor import logs
from monitor.config.environment import read_environment
from monitor.core.model import ArticleId, ChatName, Feed, Kind, RuleBook, Source, SourceId, Tier, Verdict
from monitor.core.settings import AlertPolicy, Chat, Config, Network, Telegram
from monitor.crawl import new_process, run_until_done
from monitor.demo.site import Outlet, news_site
from monitor.service import Service, SystemClock
from monitor.store.sql import SqlStore, open_store


def run_demo(rules: RuleBook, config_path: Path, out: Console) -> int:
    """Sweep the demo site once with these rules, draw the alerts, then say what became of every article."""
    out.print("Sweeping a small news site of our own on this machine. No token, no network.\n")
    process = new_process()
    logs.set_up("ERROR", "console")

    async def sweep() -> int:
        clock = SystemClock()
        with TemporaryDirectory() as folder:
            environment = read_environment({"DATABASE_URL": f"sqlite:///{folder}/demo.db"}, None)
            store = open_store(environment.database_url)
            try:
                async with news_site(clock.now()) as outlets:
                    service = Service(
                        config=_config(outlets, rules),
                        config_path=config_path,
                        environment=environment,
                        store=store,
                        process=process,
                        sender=ConsoleSender(out),
                    )
                    await service.once()
                _print_outcome(store, out)
            finally:
                store.close()
        return 0

    return run_until_done(process, sweep())


def _config(outlets: Sequence[Outlet], rules: RuleBook) -> Config:
    return Config(
        chats=(Chat(name=ChatName("demo"), id=""),),
        operator=None,
        rules=rules,
        sources=tuple(_source(outlet) for outlet in outlets),
        alerts=AlertPolicy(timezone=ZoneInfo("Asia/Shanghai")),
        network=Network(trusted=tuple(outlet.origin for outlet in outlets)),
        telegram=Telegram(),
        rules_version="demo",
    )


def _source(outlet: Outlet) -> Source:
    return Source(
        id=SourceId(outlet.id),
        name=outlet.name,
        homepage=f"http://{outlet.origin}/",
        kind=Kind(outlet.kind),
        tier=Tier(outlet.tier),
        feeds=(Feed(name="all", url=f"http://{outlet.origin}/feed.xml"),),
        languages=(outlet.language,),
        delay=timedelta(0),
    )


def _print_outcome(store: SqlStore, out: Console) -> None:
    table = Table("Article", "Decision", "Why", title="What became of every article", title_justify="left")
    kept = (store.find_article(ArticleId(number + 1)) for number in range(store.article_count()))
    for article, verdict, reason, words in filter(None, kept):
        why = f"{words}; {_strongest(verdict)}" if verdict.hits else words
        table.add_row(escape(article.title), reason, escape(why))
    out.print(table)


def _strongest(verdict: Verdict) -> str:
    """The rule that moved the score most, in words."""
    points = [abs(hit.points) for hit in verdict.hits]
    return verdict.reasons()[points.index(max(points))]
