"""DBOS as the host of runs, and the only module that knows it.

A run is a workflow, and a turn of it a step, whose record says how far it came. What is to be done is in our
journal, so a workflow is never taken up by another process: that one starts a run of its own, by a new name.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from pyairtable_mcp.base.errors import NotConfigured, Unavailable
from pyairtable_mcp.engine.hosts import Lost, Turn
from pyairtable_mcp.store.store import Store

VERSION: Final = "sagas-1"
"""Moves only when what is recorded of a run changes, so that an update strands nothing."""
_POLL: Final = 1.0
"""Seconds between looks for what we do not use; also how long closing takes at most."""
_PATIENCE: Final = 5.0


@dataclass
class _Run:
    """A run that goes on here."""

    turn: Turn
    lost: Lost
    task: asyncio.Task[Any] | None = None
    over: bool = False


class DbosHost:
    """Runs as workflows. There can be one such host in a process, because DBOS is one."""

    def __init__(self, store: Store, executor: str, *, poll: float = _POLL) -> None:
        self._store = store
        self._executor = executor
        self._poll = poll
        self._runs: dict[str, _Run] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened = False

    async def open(self) -> None:
        """Launch it; raises `NotConfigured` when this process has one, `Unavailable` when it fails to."""
        await asyncio.to_thread(self._launch)
        self._opened = True

    def _launch(self) -> None:
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        self._engine = self._store.engine_for_others()
        config = DBOSConfig(
            name="pyairtable-mcp",
            system_database_engine=self._engine,
            system_database_url=str(self._engine.url),
            application_version=VERSION,
            executor_id=self._executor,
            serializer=DBOSPortableJSONSerializer(),
            enable_otlp=False,
            # Nothing of ours is told that way, and a pooler in front of PostgreSQL would break it.
            use_listen_notify=False,
            log_level="CRITICAL",
            notification_listener_polling_interval_sec=self._poll,
            scheduler_polling_interval_sec=self._poll,
            kafka_queue_polling_interval_sec=self._poll,
        )
        DBOS(config=config)
        if DBOS.executor_id != self._executor:
            self._engine.dispose()
            raise NotConfigured("This process works on sagas already.", hint="Use one engine in a process.")
        self._drive = DBOS.workflow(name="saga")(_driving(self._runs, self._tasks))
        try:
            DBOS.launch()
        except Exception as error:
            DBOS.destroy(destroy_registry=True)
            self._engine.dispose()
            raise Unavailable(
                f"The engine does not start on this store ({type(error).__name__}).",
                hint="Check the store, its version and the rights on it.",
            ) from error

    async def start(self, name: str, turn: Turn, lost: Lost) -> None:
        """Start a workflow of this name."""
        self._runs[name] = _Run(turn, lost)
        try:
            with SetWorkflowID(name):
                await DBOS.start_workflow_async(self._drive, name)
        except Exception as error:
            del self._runs[name]
            raise Unavailable(f"The run could not be started ({type(error).__name__}).") from error

    async def forget(self, names: Sequence[str]) -> None:
        """Delete the records of workflows."""
        if names:
            await DBOS.delete_workflows_async(list(names))

    async def close(self) -> None:
        """End what runs, and DBOS with it."""
        if not self._opened:
            return
        self._opened = False
        for run in self._runs.values():
            if run.task and not run.over:
                run.task.cancel()
        # Those whose last turn is over still write their records.
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_PATIENCE)
        # It had made its own threads those of this loop, and takes them with it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._engine.dispose()


def _driving(
    runs: dict[str, _Run], tasks: set[asyncio.Task[Any]]
) -> Callable[[str], Coroutine[Any, Any, None]]:
    """Return the workflow: a step for each turn of the run that it is named for."""

    async def drive(name: str) -> None:
        run = runs[name]
        run.task = asyncio.current_task()
        if run.task:
            tasks.add(run.task)
            run.task.add_done_callback(tasks.discard)

        async def taken() -> bool:
            more = await run.turn()
            run.over = not more
            return more

        try:
            while await DBOS.run_step_async({"name": "turn"}, taken):
                pass
        finally:
            # Also when the record of a turn could not be written.
            run.lost()
            del runs[name]

    return drive
