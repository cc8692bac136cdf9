"""What the tools that work with sagas take."""

from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.operations.call import Args

SagaId = Annotated[str, Arg(min_length=1, max_length=20)]


class RunSaga(Args):
    """Run steps in order, all or nothing. Step: {id, do, with}.

    do: create, update, upsert, delete, attach, comment, create_table, create_fields, update_schema (with:
    that tool's arguments), replace, find, http_request, trigger_automation, wait, approve, if, for_each.
    ${{ steps.a.records[0].id }} refers back.
    """

    steps: Annotated[list[dict[str, JsonValue]], Arg(min_length=1)]
    title: Annotated[str, Arg(max_length=200)] = ""
    wait: Annotated[bool, Arg(description="false: answer at once")] = True
    dry_run: bool = False


class ListSagas(Args):
    """List what was changed through this server, or tell all about one `saga`."""

    saga: str = ""
    unfinished: bool = False
    record: Annotated[str, Arg(description="only those that touched this record id")] = ""
    limit: Annotated[int, Arg(ge=1, le=100)] = 20


class UndoSaga(Args):
    """Take back what a saga did. What a person changed since is left and told, unless `force`."""

    saga: SagaId
    from_step: str = ""
    force: bool = False
    dry_run: bool = False


class ResumeSaga(Args):
    """Go on with a saga that waits, or try again what could not be taken back."""

    saga: SagaId
    confirm: Annotated[
        str, Arg(max_length=100, description="token a person gives for one that waits for them")
    ] = ""
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
