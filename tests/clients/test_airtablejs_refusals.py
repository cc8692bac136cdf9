"""What airtable.js makes of refusals: its errors, its waiting after 429, and what it checks by itself."""

from pathlib import Path

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import Fault, Sandbox
from tests.clients.airtablejs import AirtableJs
from tests.clients.conftest import STUDIO, Served
from tests.sandbox.serving import serving

READ = {"table": "Clients", "select": {"maxRecords": 1}, "read": "all"}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({**READ, "table": "Nope"}, ("NOT_AUTHORIZED", 403)),
        ({"table": "Clients", "call": "find", "with": ["recNone0000000000"]}, ("NOT_FOUND", 404)),
        ({"table": "Clients", "call": "create", "with": [{"Nope": 1}]}, ("UNKNOWN_FIELD_NAME", 422)),
        (
            {"table": "Clients", "call": "create", "with": [{"Name": 1}]},
            ("INVALID_VALUE_FOR_COLUMN", 422),
        ),
        (
            {"table": "Clients", "call": "create", "with": [{"Status": "Nope"}]},
            ("INVALID_MULTIPLE_CHOICE_OPTIONS", 422),
        ),
        (
            {"table": "Clients", "select": {"filterByFormula": "{Name"}, "read": "all"},
            ("INVALID_FILTER_BY_FORMULA", 422),
        ),
        ({"table": "Clients", "select": {"view": "Nope"}, "read": "all"}, ("VIEW_NAME_NOT_FOUND", 422)),
        (
            {"table": "Clients", "select": {"sort": [{"field": "Nope"}]}, "read": "all"},
            ("UNKNOWN_FIELD_NAME", 422),
        ),
        (
            {"table": "Clients", "call": "destroy", "with": [["recNone0000000000"]]},
            ("ROW_DOES_NOT_EXIST", 422),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_refusal_is_an_airtable_error_with_kind_message_and_status(
    served: Served, step: dict[str, object], error: tuple[str, int]
) -> None:
    (refused,) = served.js().run(step)
    kind, message, status = refused.error
    assert (kind, status) == error
    assert message


def test_a_wrong_token_is_told(served: Served) -> None:
    (refused,) = AirtableJs(served.url, "patWrong", STUDIO).run(READ)
    assert refused.error[0::2] == ("AUTHENTICATION_REQUIRED", 401)


@pytest.mark.parametrize(
    ("status", "kind"), [(413, "REQUEST_TOO_LARGE"), (500, "SERVER_ERROR"), (503, "SERVICE_UNAVAILABLE")]
)
def test_statuses_are_told_by_name(served: Served, status: int, kind: str) -> None:
    served.sandbox.faults.add(Fault(status=status))
    (refused,) = served.js().run(READ)
    assert refused.error[0::2] == (kind, status)


def test_a_429_is_waited_out_and_asked_again(served: Served) -> None:
    served.sandbox.faults.add(Fault(status=429, times=3))
    read, made = served.js().run(
        READ, {"table": "Clients", "call": "create", "with": [{"Name": "Once"}]}, dice=0.0001
    )
    assert len(read.value) == 1
    assert made.value["fields"]["Name"] == "Once"
    assert [line[-3:] for line in served.asked()] == ["429", "429", "429", "200", "200"]


def test_the_sixth_request_of_a_second_is_refused_and_so_is_everything_for_half_a_minute() -> None:
    clock = ManualClock()
    with serving(Sandbox(clock=clock, rate=5)) as line:
        js = AirtableJs(str(line["url"]), str(line["token"]), STUDIO, {"noRetryIfRateLimited": True})
        outcomes = js.run(*[READ] * 7)
    assert [len(each.value) for each in outcomes[:5]] == [1] * 5
    assert [each.error[0::2] for each in outcomes[5:]] == [("TOO_MANY_REQUESTS", 429)] * 2


def test_what_airtablejs_refuses_by_itself_never_leaves(served: Served) -> None:
    (refused,) = served.js().run({"table": "Clients", "select": {"maxRecords": "ten"}, "read": "all"})
    assert "maxRecords" in refused.error[1]
    assert served.asked() == []


def test_an_answer_that_is_no_json_is_an_error(served: Served) -> None:
    served.sandbox.faults.add(Fault(status=200, text="<html>"))
    (refused,) = served.js().run({"request": {"path": "/Clients"}})
    assert refused.error[0::2] == ("UNEXPECTED_ERROR", 200)


def test_a_server_that_is_gone_is_an_error() -> None:
    with serving(Sandbox("empty")) as line:
        gone = str(line["url"])
    (refused,) = AirtableJs(gone, "pat", STUDIO).run({"request": {"path": "/Clients"}})
    assert refused.error[0::2] == ("CONNECTION_ERROR", None)


def test_what_is_missing_is_said_plainly(tmp_path: Path) -> None:
    js = AirtableJs("http://127.0.0.1:1", "pat", STUDIO, environment=tmp_path)
    with pytest.raises(AssertionError, match=r"Node is missing .* run `make setup`"):
        js.run(READ)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").touch()
    with pytest.raises(AssertionError, match=r"airtable [\d.]+ is wanted and none is there"):
        js.run(READ)
