"""What the tools that work with sagas take."""

from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.operations.call import Args

SagaId = Annotated[str, Arg(min_length=1, max_length=20)]


class RunSaga(Args):
    """Run steps in order, all or nothing, across tables and bases. A failure takes everything back.

    A step is {id, do, with}: do is create, update, replace, upsert, delete, attach, comment, create_table,
    create_fields, update_schema (with: that tool's arguments), find, http_request, trigger_automation, wait,
    approve, if or for_each. ${{ steps.a.records[0].id }} refers to an earlier step.
    """

    steps: Annotated[list[dict[str, JsonValue]], Arg(min_length=1)]
    title: Annotated[str, Arg(max_length=200)] = ""
    wait: Annotated[bool, Arg(description="false: answer at once, look later with list_sagas")] = True
    dry_run: bool = False


class ListSagas(Args):
    """List what was changed through this server, or tell all about one `saga`."""

    saga: str = ""
    status: Annotated[list[Status], Arg(description="only these")] = []
    record: Annotated[str, Arg(description="only those that touched this record id")] = ""
    limit: Annotated[int, Arg(ge=1, le=100)] = 20


class UndoSaga(Args):
    """Take back what a saga did. What a person changed since is left and told, unless `force`."""

    saga: SagaId
    from_step: Annotated[str, Arg(description="only this step and those after it")] = ""
    force: bool = False
    dry_run: bool = False


class ResumeSaga(Args):
    """Go on with a saga that waits, or try again what could not be taken back (`force`: over changes).

    One that waits for a person goes on with the confirm token they give you.
    """

    saga: SagaId
    confirm: Annotated[str, Arg(max_length=100)] = ""
    force: bool = False


class CancelSaga(Args):
    """Stop a running saga and take back what it did."""

    saga: SagaId


class DecideSaga(Args):
    """What a person (`by`) said to the question a saga waits with; no tool takes this."""

    saga: SagaId
    question: str
    approved: bool
    by: str
