"""What a use case that works with sagas is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyairtable_mcp.base.mandates import Mandates
from pyairtable_mcp.operations.call import Call

if TYPE_CHECKING:
    # Only its name is needed here: what it costs to import is paid when a saga runs.
    from pyairtable_mcp.engine.engine import Engine


@dataclass(frozen=True, kw_only=True)
class SagaCall(Call):
    """Request scope with the engine; `principal` is who is calling, and `client` by which program.

    `mandates` are what they were let in with. `owner` is whose sagas and workflows are there: None, the
    operator, meets everybody's.
    """

    sagas: "Callable[[], Awaitable[Engine]]"
    principal: str = ""
    client: str = ""
    mandates: Mandates = ()
    owner: str | None = None
