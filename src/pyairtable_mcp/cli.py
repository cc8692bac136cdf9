"""The command line: serving MCP is what it does when told nothing else."""

import os
import sys
from collections.abc import Mapping
from random import Random

import anyio
import click

from pyairtable_mcp import __version__
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.log import log_to_stderr
from pyairtable_mcp.base.settings import Leaf, Settings, leaves, load
from pyairtable_mcp.base.text import listed


def main() -> None:
    """Run the command line."""
    cli(prog_name="pyairtable-mcp")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context, /, **flags: object) -> None:
    """Serve Airtable over MCP on standard input and output.

    Every option can also be set as an environment variable; docs/settings.md lists them. The token comes
    from AIRTABLE_API_KEY only, because a command line can be read by others.
    """
    settings = _settings(flags)
    log_to_stderr(settings.log_level)
    if context.invoked_subcommand is None:
        try:
            anyio.run(_serve, settings)
        except NotConfigured as problem:
            raise _usage(problem) from None


def _settings(flags: Mapping[str, object]) -> Settings:
    by_path = {leaf.path: flags.get(_parameter(leaf)) for leaf in leaves()}
    try:
        return load(os.environ, by_path)
    except NotConfigured as problem:
        raise _usage(problem) from None


def _usage(problem: NotConfigured) -> click.UsageError:
    return click.UsageError(f"{problem.message} {problem.hint}".strip())


def _parameter(leaf: Leaf) -> str:
    return "_".join(leaf.path)


def _option(leaf: Leaf) -> click.Option:
    """Return the flag that mirrors a setting. Its values are judged by the settings, not here."""
    about = f"{leaf.info.description}  [default: {leaf.default or 'none'}]"
    if leaf.is_switch:
        names = [f"{leaf.flag}/--no-{leaf.flag.removeprefix('--')}", _parameter(leaf)]
        return click.Option(names, default=None, help=about)
    kind = click.Choice(leaf.choices, case_sensitive=False) if leaf.choices else click.STRING
    return click.Option([leaf.flag, _parameter(leaf)], type=kind, default=None, help=about)


cli.params += [_option(leaf) for leaf in leaves() if leaf.has_flag]


async def _serve(settings: Settings) -> None:
    from pyairtable_mcp.app import running
    from pyairtable_mcp.transport.stdio import serve_stdio

    async with running(settings) as app:
        await serve_stdio(app.server)


@cli.command()
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option("--token", default="patSandbox", help="The token clients must send.")
@click.option(
    "--rate", default="5", type=click.Choice(["0", "5"]), help="Requests a second for each base; 0: any."
)
@click.option("--seed", default="studio", help="What the sandbox holds at first: studio or empty.")
def sandbox(port: int, token: str, rate: str, seed: str) -> None:
    """Serve an Airtable-compatible API on this machine.

    The first line printed is a JSON object with its url, token and bases.
    """
    from pyairtable_mcp.sandbox import Sandbox
    from pyairtable_mcp.sandbox.seeds import SEEDS
    from pyairtable_mcp.sandbox.serve import serve_sandbox

    if seed not in SEEDS:
        raise click.UsageError(f"There is no seed '{seed}'. Seeds: {listed(sorted(SEEDS))}.")
    world = Sandbox(seed, rng=Random(), rate=int(rate), tokens=frozenset({token}))

    async def serve() -> None:
        await serve_sandbox(world, port=port, token=token, out=sys.stdout)

    anyio.run(serve)
