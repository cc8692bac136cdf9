"""What causes and ends become, as decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.base.mandates import Mandate
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.engine.approving import demanded
from pyairtable_mcp.engine.model import StepSpec
from pyairtable_mcp.engine.ports import Stakes
from pyairtable_mcp.engine.steps.foreseeing import needed
from pyairtable_mcp.store.journal_values import History, SagaRow, StepRow
from pyairtable_mcp.store.workflow_values import Cause, RunRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import Approval
from pyairtable_mcp.workflows.runs.becoming import Reason, tightened
from pyairtable_mcp.workflows.runs.endings import failure_of, reason_after
from pyairtable_mcp.workflows.runs.firing import noted, offer_of_event
from tests.support.behaviours import behaviour

ROW = WorkflowRow(
    name="tour",
    version=3,
    principal="p",
    definition={
        "name": "tour",
        "inputs": {"city": {}},
        "concurrency": {"key": "${{ inputs.city }} ${{ trigger.kind }}", "while_running": "skip"},
        "timeout": 60,
        "steps": [{"id": "found", "do": "find", "with": {"base": "Studio", "table": "${{ inputs.city }}"}}],
    },
)
EVENT = Reason(
    cause="webhook", event_key="door:1", trigger="door", event={"kind": "webhook", "body": {"c": "Oslo"}}
)


def offered(**expressions: JsonValue) -> object:
    offer = offer_of_event(
        ROW, EVENT, expressions, saga="sg1", approval=ApprovalSettings(), moment={"now": "", "today": ""}
    )
    return offer.run.admission, offer.run.reason, offer.run.inputs, offer.run.key, offer.saga is not None


def test_an_event_becomes_a_run_of_its_version_with_its_inputs_and_key() -> None:
    assert offered(city="${{ trigger.body.c }}") == ("waiting", "", {"city": "Oslo"}, "Oslo webhook", True)


@pytest.mark.parametrize(
    ("expression", "why"), [("${{ trigger.body.d }}", "cannot be computed"), (["a"], "It takes a text")]
)
def test_an_event_whose_inputs_do_not_fit_is_noted_and_starts_nothing(
    expression: JsonValue, why: str
) -> None:
    offer = offer_of_event(
        ROW, EVENT, {"city": expression}, saga="sg1", approval=ApprovalSettings(), moment={}
    )
    assert (offer.saga, offer.run.admission) == (None, "skipped")
    assert why in offer.run.reason
    missed = noted(ROW, EVENT, saga="sg1", why="late", missed=True)
    assert (missed.run.admission, missed.run.event_key) == ("missed", "door:1")


TERMS = st.builds(
    ApprovalSettings, deletes=st.booleans(), schema_changes=st.booleans(), records_over=st.integers(0, 9)
)
OWN = st.builds(
    Approval,
    deletes=st.booleans(),
    schema_changes=st.booleans(),
    records_over=st.none() | st.integers(1, 9),
)
STAKES = st.builds(Stakes, records=st.integers(0, 12), deletes=st.booleans(), schema=st.booleans())


@behaviour("workflow.approval")
@given(TERMS, OWN, st.lists(STAKES, max_size=3))
def test_what_the_settings_ask_a_person_about_is_asked_whatever_a_workflow_says(
    terms: ApprovalSettings, own: Approval, stakes: list[Stakes]
) -> None:
    asks = demanded(terms, stakes)
    assert not asks or demanded(tightened(terms, own), stakes)
    alone = ApprovalSettings(
        deletes=own.deletes, schema_changes=own.schema_changes, records_over=own.records_over or 0
    )
    assert not demanded(alone, stakes) or demanded(tightened(terms, own), stakes)


@pytest.mark.parametrize(
    ("status", "stop", "cause", "failed"),
    [
        (Status.COMPLETED, "", "manual", False),
        (Status.COMPENSATED, "", "schedule", True),
        (Status.COMPENSATION_FAILED, "", "manual", True),
        (Status.COMPENSATED, "timeout: it took longer than 60 s", "manual", True),
        (Status.COMPENSATED, "cancel_saga", "manual", False),
        (Status.CANCELLED, "replaced by sg2", "manual", False),
        (Status.COMPENSATED, "", "failure", False),
    ],
)
def test_only_what_failed_by_itself_is_followed(
    status: Status, stop: str, cause: Cause, failed: bool
) -> None:
    run = RunRow(saga="sg1", workflow="tour", version=3, cause=cause, event_key="e", inputs={"city": "Oslo"})
    saga = SagaRow(
        id="sg1",
        status=status,
        stop=stop,
        result={"error": {"message": "No."}},
        mandates=[{"scopes": ["read"]}],
    )
    steps = (
        StepRow(number=1, id="a", kind="find", status="done"),
        StepRow(number=2, id="b", kind="find", status="failed"),
    )
    told = failure_of(run, History(saga=saga, steps=steps))
    assert told == ({"error": "No.", "saga": "sg1", "step": "b"} if failed else {})
    reason = reason_after(run, saga, told)
    assert (reason.event_key, reason.inputs, reason.cause) == ("failure:sg1", {"city": "Oslo"}, "failure")
    assert reason.mandates == (Mandate(scopes=("read",)),)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plain", frozenset()),
        ("${{ inputs.a + trigger.id }}", frozenset()),
        ("${{ steps.a.count }} ${{ steps['b'].count }}", frozenset({"a", "b.full"})),
        ("${{ steps }}", None),
        ("${{ steps[inputs.a] }}", None),
        ("${{ steps. }}", None),
    ],
)
def test_what_a_step_needs_of_others_is_read_from_its_expressions(
    text: str, names: frozenset[str] | None
) -> None:
    spec = StepSpec(
        id="x",
        kind="for_each",
        args={"in": text, "steps": ["${{ steps.inner }}"]},
        bound={"near": {"b": "b.full"}},
    )
    assert needed(spec) == names
