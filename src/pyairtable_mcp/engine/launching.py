"""Building the engine out of everything it stands on; what is heavy is imported when it is built."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.standing import InNames

if TYPE_CHECKING:
    # Only their names are needed here.
    from pyairtable_mcp.engine.engine import Engine
    from pyairtable_mcp.engine.hosts import Host
    from pyairtable_mcp.store.store import Store

_FILE: Final = "store.sqlite3"
_DAY: Final = 86_400.0

NewHost = Callable[["Store", str], "Host"]
"""Makes the host of runs, given the store and the name of this process."""


@contextmanager
def store_place(settings: Settings, *, temporary: bool) -> Iterator[Callable[[], str]]:
    """Give where the store is; a `temporary` one that nobody named is deleted in the end."""
    named = settings.store.get_secret_value()
    folders: list[tempfile.TemporaryDirectory[str]] = []

    def place() -> str:
        if named:
            return named
        if temporary:
            if not folders:
                folders.append(tempfile.TemporaryDirectory(prefix="pyairtable-mcp-"))
            return str(Path(folders[0].name) / _FILE)
        from platformdirs import user_data_path

        return str(user_data_path("pyairtable-mcp") / _FILE)

    try:
        yield place
    finally:
        for folder in folders:
            folder.cleanup()


def build_engine(
    settings: Settings,
    place: Callable[[], str],
    names: InNames,
    clock: Clock,
    rng: Random,
    new_host: NewHost | None,
) -> "Engine":
    """Return the engine with all kinds of steps and carriers; nothing is opened yet."""
    from pyairtable_mcp.engine.airtable_carrier import AIRTABLE, AirtableCarrier
    from pyairtable_mcp.engine.engine import Engine
    from pyairtable_mcp.engine.host import DbosHost
    from pyairtable_mcp.engine.opening import Terms
    from pyairtable_mcp.engine.ports import Carrier, Ports
    from pyairtable_mcp.engine.steps.calling import HTTP, HttpCarrier
    from pyairtable_mcp.engine.steps.consenting import CONSENT, consent_kind
    from pyairtable_mcp.engine.steps.table import KINDS
    from pyairtable_mcp.engine.steps.undoing import undoing_kinds
    from pyairtable_mcp.engine.worker import Keep
    from pyairtable_mcp.net.addresses import Allowed
    from pyairtable_mcp.net.egress import Egress
    from pyairtable_mcp.store.journal_values import History
    from pyairtable_mcp.store.store import open_store

    carriers: dict[str, Carrier] = {
        AIRTABLE: AirtableCarrier(),
        HTTP: HttpCarrier(Egress(Allowed(settings.egress_allow)), clock),
    }

    async def load(saga: str) -> History:
        return await engine.get(saga)

    kinds = {**KINDS, **{kind.name: kind for kind in undoing_kinds(load, carriers)}}
    kinds[CONSENT] = consent_kind(dict(kinds), carriers)
    keep = Keep(seconds=settings.sagas.keep_days * _DAY, max_bytes=settings.sagas.max_mb * 1_000_000)
    engine = Engine(
        lambda: open_store(place(), clock),
        new_host or DbosHost,
        Ports(kinds=kinds, carriers=carriers, new_call=names.new_call, stopped=names.stopped),
        clock,
        rng,
        Terms(keep=keep, everybody=names.everybody),
    )
    return engine
