"""`serve`: the remote endpoint, until somebody wants it to end."""

import click

from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.pass_obj
def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve MCP over Streamable HTTP and SSE, and hooks, until interrupted; triggers are tended meanwhile.

    Callers show a token of `pyairtable-mcp token create`; on an address that only this machine reaches they
    need none. The first line printed is the address. What is under way is finished first.
    """
    import anyio

    try:
        anyio.run(_serve, settings, host, port)
    except NotConfigured as problem:
        raise click.UsageError(f"{problem.message} {problem.hint}".strip()) from None
    except OSError as problem:
        raise click.ClickException(f"{host}:{port} cannot be listened on: {problem.strerror}.") from None


async def _serve(settings: Settings, host: str, port: int) -> None:
    from pyairtable_mcp.app.endpoint import Doors, remote
    from pyairtable_mcp.transport.http.serving import listening, server_of

    with listening(host, port) as bound:
        async with remote(settings, Doors.of(host, settings)) as app:
            found, number, *_ = bound.getsockname()
            click.echo(f"http://{f'[{found}]' if ':' in found else found}:{number}/mcp")
            await server_of(app).serve(sockets=[bound])
