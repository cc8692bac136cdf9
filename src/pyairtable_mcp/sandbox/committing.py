"""One request's changes of one base: kept and told together, or taken back together."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Base, Workspace
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.webhooks.announcing import announce


@contextmanager
def committing(
    workspace: Workspace, base: Base, actor: Actor, formulas: Formulas, origin: str = ""
) -> Iterator[Transaction]:
    """Yield a transaction; when the block fails, nothing of it stays, else webhooks hear of it.

    `origin` is where the sandbox was reached, for links to files.
    """
    transaction = Transaction(workspace, base, actor, origin)
    try:
        yield transaction
    except BaseException:
        transaction.rollback()
        raise
    transaction.note()
    announce(transaction, formulas)
