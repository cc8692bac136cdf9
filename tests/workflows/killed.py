"""A process that is killed when a run was let in: `python -m tests.workflows.killed STORE`."""

import asyncio
import os
import signal
import sys
from unittest.mock import patch

from pydantic import SecretStr

from pyairtable_mcp.app import running
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.engine import Engine
from tests.support.world import in_process
from tests.workflows.flows import TOUR


async def _killed(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def run(where: str) -> None:
    """Save a workflow and run it, up to the moment at which its saga would be taken up."""
    settings = Settings(sandbox=True, store=SecretStr(where))
    async with running(settings, new_host=in_process) as app:
        await app.dispatcher.call("save_workflow", {"definition": TOUR})
        with patch.object(Engine, "join", _killed), patch.object(Engine, "poke", _killed):
            await app.dispatcher.call("run_workflow", {"workflow": "city-tour", "inputs": {"city": "Rome"}})


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
