"""The command line: serving MCP is what it does when told nothing else."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import anyio
import click

from pyairtable_mcp import __version__
from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.log import log_to_stderr
from pyairtable_mcp.base.settings import Leaf, Settings, leaves, load
from pyairtable_mcp.base.text import listed
from pyairtable_mcp.console.audit import audit
from pyairtable_mcp.console.credentials import credential
from pyairtable_mcp.console.group import sagas
from pyairtable_mcp.console.keys import keys
from pyairtable_mcp.console.serving import serve
from pyairtable_mcp.console.tokens import token as tokens
from pyairtable_mcp.console.users import user as users
from pyairtable_mcp.console.workflows import workflow


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
    context.obj = settings
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


for commands in (serve, sagas, workflow, tokens, users, credential, keys, audit):
    cli.add_command(commands)
cli.params += [_option(leaf) for leaf in leaves() if leaf.has_flag]


async def _serve(settings: Settings) -> None:
    from pyairtable_mcp.app import running
    from pyairtable_mcp.transport.stdio import serve_stdio

    async with running(settings) as app:
        await serve_stdio(app.server)


_PATH = click.Path(dir_okay=False, path_type=Path)


@cli.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port to listen on; 0: any free one.")
@click.option("--token", default="patSandbox", help="The token clients must send.")
@click.option(
    "--rate", default="5", type=click.Choice(["0", "5"]), help="Requests a second for each base; 0: any."
)
@click.option(
    "--seed", help="What it holds at first: studio, empty or none.  [default: studio, or none with --load]"
)
@click.option(
    "--records",
    default=0,
    type=click.IntRange(0, 1_000_000),
    help="Adds a base Warehouse with this many records in its table Orders.",
)
@click.option("--load", multiple=True, type=_PATH, help="Adds the base a JSON file describes. Repeatable.")
@click.option(
    "--records-from",
    multiple=True,
    metavar="TABLE=FILE",
    help="Fills a table of a loaded base from a JSON or CSV file. Repeatable.",
)
@click.option(
    "--file", type=_PATH, help="Keeps everything in this SQLite file and begins with what it holds."
)
@click.option("--control", is_flag=True, help="Offers the control API under /_control.")
@click.option(
    "--control-secret",
    envvar="SANDBOX_CONTROL_SECRET",
    default="",
    help="What its callers must send; better set as SANDBOX_CONTROL_SECRET.",
)
@click.pass_context
def sandbox(
    context: click.Context,
    host: str,
    port: int,
    token: str,
    rate: str,
    seed: str | None,
    records: int,
    load: Sequence[Path],
    records_from: Sequence[str],
    file: Path | None,
    control: bool,
    control_secret: str,
) -> None:
    """Serve an Airtable-compatible API on this machine.

    The first line printed is a JSON object with its url, token and bases. A file that holds a sandbox already
    is served as it is: --seed, --records, --load and --records-from are for a new one.
    """
    if context.invoked_subcommand is not None:
        return
    from pyairtable_mcp.sandbox import Filling, Sandbox
    from pyairtable_mcp.sandbox.loading.files import read_documents, read_records
    from pyairtable_mcp.sandbox.serve import is_loopback, serve_sandbox

    if not is_loopback(host):
        click.echo(_exposed(host, control=control, guarded=bool(control_secret)), err=True)
    named, tables = _seed(seed, load), _tables(records_from, load)

    async def serving() -> None:
        await serve_sandbox(world, host=host, port=port, token=token, out=sys.stdout)

    with _told():
        filling = Filling(named, records, read_documents(load), read_records(tables))
        world = Sandbox(
            filling,
            rng=Random(),
            rate=int(rate),
            tokens=frozenset({token}),
            file=file,
            control=control,
            control_secret=control_secret,
        )
        with world:
            anyio.run(serving)


def _exposed(host: str, *, control: bool, guarded: bool) -> str:
    """Return the warning for an address that others can reach."""
    known = "Whoever can reach it reads and changes everything with the token"
    steered = ", and without it over the control API" if control and not guarded else ""
    return f"Warning: the sandbox listens on {host}, not on this machine alone. {known}{steered}."


def _seed(seed: str | None, load: Sequence[Path]) -> str:
    from pyairtable_mcp.sandbox.seeds import SEEDS

    named = seed or ("none" if load else "studio")
    if named not in SEEDS:
        raise click.UsageError(f"There is no seed '{named}'. Seeds: {listed(sorted(SEEDS))}.")
    return named


def _tables(records_from: Sequence[str], load: Sequence[Path]) -> Sequence[tuple[str, Path]]:
    """Return each table with the file its records come from."""
    if records_from and not load:
        raise click.UsageError("--records-from fills tables of bases that --load adds; there is no --load.")
    files = [(table, path) for table, _, path in (each.partition("=") for each in records_from)]
    for given, (table, path) in zip(records_from, files, strict=True):
        if not table or not path:
            raise click.UsageError(f"--records-from takes TABLE=FILE, and not '{given}'.")
    return [(table, Path(path)) for table, path in files]


@sandbox.command()
@click.option("--file", required=True, type=_PATH, help="The SQLite file of a sandbox that is not running.")
@click.option("--base", help="Which base, by id or name; needed when there are several.")
def export(file: Path, base: str | None) -> None:
    """Write a base as JSON that --load takes, to standard output."""
    from pyairtable_mcp.sandbox import Sandbox, export_base

    if not file.exists():
        raise click.UsageError(f"There is no file {file}.")
    with _told(), Sandbox("none", file=file) as world:
        bases = world.workspace.bases.values()
        found = [each for each in bases if base in (None, each.id, each.name)]
        if len(found) != 1:
            names = listed([f"{each.name} ({each.id})" for each in bases])
            raise click.UsageError(f"--base must name one of: {names}.")
        click.echo(json.dumps(export_base(world.workspace, found[0]), ensure_ascii=False, indent=1))


@contextmanager
def _told() -> Iterator[None]:
    """Turn what is wrong with files and ports into lines for people."""
    from pyairtable_mcp.sandbox import BadFile, BadLoad

    try:
        yield
    except BadLoad as bad:
        raise click.ClickException(f"Nothing was loaded.\n{bad}") from None
    except (BadFile, OSError) as bad:
        raise click.ClickException(str(bad)) from None
