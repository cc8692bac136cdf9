"""What a use case that works with sagas is given."""

from dataclasses import dataclass

from pyairtable_mcp.engine.engine import Engine
from pyairtable_mcp.operations.call import Call


@dataclass(frozen=True, kw_only=True)
class SagaCall(Call):
    """Request scope with the engine; `principal` is who is calling, and `client` by which program."""

    engine: Engine
    principal: str = ""
    client: str = ""
