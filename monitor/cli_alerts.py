"""Commands about alerts: what became of them, and chats that take them again."""

from typing import Annotated, Any

import typer

from monitor.core.errors import UserError
from monitor.core.messages import Delivery
from monitor.options import AsJson, ConfigPath, archive, config_path, configuration
from monitor.printing import print_rows, when

alerts_app = typer.Typer(help="The alerts that were queued and sent.", no_args_is_help=True)


@alerts_app.command("list")
def alerts_list(
    context: typer.Context,
    config: ConfigPath = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest alerts and what became of them."""
    _, environment = configuration(config_path(context, config))
    with archive(environment) as store:
        deliveries = store.recent_alerts(limit)
    print_rows([_delivery_row(delivery) for delivery in deliveries], as_json, empty="No alerts yet.")


@alerts_app.command("resume")
def alerts_resume(
    context: typer.Context,
    chat: Annotated[str, typer.Argument(help="The name of a parked chat.")],
    config: ConfigPath = None,
) -> None:
    """Let a parked chat receive again, with what was kept for it."""
    loaded, environment = configuration(config_path(context, config))
    name = next((known.name for known in loaded.chats if known.name == chat), None)
    if name is None:
        raise UserError(f"there is no chat {chat} (known are {', '.join(one.name for one in loaded.chats)})")
    with archive(environment) as store:
        if name not in store.parked_chats():
            raise UserError(f"chat {name} is not parked")
        kept = store.unpark_chat(name)
    print(f"Chat {name} receives again; kept messages that are due now: {kept}.")


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    alert = delivery.alert
    return {
        "queued": when(delivery.queued_at),
        "chat": delivery.chat,
        "kind": str(delivery.kind),
        "state": str(delivery.state),
        "story": alert.story.id if alert else "",
        "title": alert.article.title if alert else delivery.notice,
        "source": alert.article.source_id if alert else "",
        "topics": ", ".join(alert.verdict.topics) if alert else "",
        "why": delivery.why,
    }
