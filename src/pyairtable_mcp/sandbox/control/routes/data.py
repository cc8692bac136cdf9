"""What the sandbox holds: begun again, set aside, put back, loaded, exported, changed as a person would."""

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.control.asking import Asking, text, unknown
from pyairtable_mcp.sandbox.control.steering import Control
from pyairtable_mcp.sandbox.loading.exporting import export_base
from pyairtable_mcp.sandbox.loading.load import Document, load_bases
from pyairtable_mcp.sandbox.loading.problems import BadLoad
from pyairtable_mcp.sandbox.seeds import SEEDS
from pyairtable_mcp.sandbox.wire import invalid


async def reset(control: Control, ask: Asking) -> Json:
    """Begin again, with a seed when one is named."""
    ask.takes(body={"seed"})
    seed = text(ask.body, "seed", "")
    if seed and seed not in SEEDS:
        raise unknown("seed", seed, SEEDS)
    control.reset(seed)
    return {"bases": [{"id": each.id, "name": each.name} for each in control.workspace.bases.values()]}


async def load(control: Control, ask: Asking) -> Json:
    """Add the base a document describes, ids kept."""
    try:
        (base,) = load_bases(control.workspace, [Document("the body", ask.body)])
    except BadLoad as bad:
        raise invalid(str(bad)) from bad
    return {"id": base.id, "name": base.name}


async def export(control: Control, ask: Asking) -> Json:
    """Answer a base as a document."""
    ask.takes()
    return export_base(control.workspace, control.base(ask.path["base"]))


async def list_snapshots(control: Control, ask: Asking) -> Json:
    """Answer the names of snapshots."""
    ask.takes()
    return {"snapshots": control.snapshots}


async def save(control: Control, ask: Asking) -> Json:
    """Take a snapshot."""
    ask.takes()
    control.save(ask.path["name"])
    return {"snapshots": control.snapshots}


async def restore(control: Control, ask: Asking) -> Json:
    """Put a snapshot back."""
    ask.takes()
    control.restore(ask.path["name"])
    return {"snapshots": control.snapshots}


async def forget(control: Control, ask: Asking) -> Json:
    """Drop a snapshot."""
    ask.takes()
    control.forget(ask.path["name"])
    return {"snapshots": control.snapshots}


async def act(control: Control, ask: Asking) -> Json:
    """Do as a person what the API can do, and answer what it answers."""
    ask.takes(body={"user", "method", "path", "body"})
    user, method, path = (text(ask.body, key) for key in ("user", "method", "path"))
    answer = control.stage.act(user, method, path, ask.body.get("body"), ask.origin)
    return {"status": answer.status, "body": answer.body}
