"""`serve`: the hooks of workflows over HTTP, with the engine and the triggers at work."""

import click

from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.pass_obj
def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve the hooks of workflows over HTTP, and tend all triggers, until interrupted.

    The first line printed is the address. What is under way is finished first.
    """
    import anyio

    try:
        anyio.run(_serve, settings, host, port)
    except NotConfigured as problem:
        raise click.UsageError(f"{problem.message} {problem.hint}".strip()) from None
    except OSError as problem:
        raise click.ClickException(f"{host}:{port} cannot be listened on: {problem.strerror}.") from None


async def _serve(settings: Settings, host: str, port: int) -> None:
    from pyairtable_mcp.app import running
    from pyairtable_mcp.transport.http.serving_hooks import serve_hooks

    async with running(settings) as app:
        app.airtable.ready()
        app.flows.warm()
        await serve_hooks(app.flows.receiver, host, port, click.echo)
