"""The fixtures of the pytest plugin, as somebody's own tests would use them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from pyairtable_mcp.sandbox import BadLoad, Fault
from pyairtable_mcp.sandbox.testing.served import AirtableBase, AirtableSandbox, serve_for_tests
from pyairtable_mcp.sandbox.wire import ApiError

TASKS = {
    "Tasks": {
        "Name": "singleLineText",
        "Status": ["Todo", "Done"],
        "Due": "date",
        "Points": {"type": "number", "options": {"precision": 1}},
        "Project": "Projects",
    },
    "Projects": {
        "Name": "singleLineText",
        "Parent": {"type": "multipleRecordLinks", "options": {"linkedTableId": "Projects"}},
    },
}


def ask(sandbox: AirtableSandbox, path: str) -> requests.Response:
    return requests.get(f"{sandbox.url}{path}", headers=sandbox.headers, timeout=5)


def test_a_sandbox_is_served_and_holds_nothing_but_people(airtable_sandbox: AirtableSandbox) -> None:
    assert ask(airtable_sandbox, "/v0/meta/bases").json() == {"bases": []}
    assert ask(airtable_sandbox, "/v0/meta/whoami").json()["id"] == "usrSamRivera00001"
    airtable_sandbox.base("studio")
    airtable_sandbox.faults.add(Fault(times=0))
    airtable_sandbox.rate = 1
    airtable_sandbox.freeze()


def test_nothing_of_the_test_before_is_left(airtable_sandbox: AirtableSandbox) -> None:
    assert [ask(airtable_sandbox, "/v0/meta/bases").json() for _ in range(9)] == [{"bases": []}] * 9
    assert (len(airtable_sandbox.requests), airtable_sandbox.writes, airtable_sandbox.rate) == (9, [], 0)


@pytest.mark.airtable_sandbox(seed="empty", rate=2)
def test_a_marker_says_what_it_holds_and_how_often_it_may_be_asked(airtable_sandbox: AirtableSandbox) -> None:
    path = "/v0/meta/bases/appEmpty000000001/tables"
    assert [ask(airtable_sandbox, path).status_code for _ in range(3)] == [200, 200, 429]
    airtable_sandbox.advance(31)
    assert ask(airtable_sandbox, path).status_code == 200


def test_the_base_is_the_studio_when_nothing_is_said(airtable_base: AirtableBase) -> None:
    assert (airtable_base.id, airtable_base.name) == ("appStudio00000001", "Studio")
    assert len(airtable_base.table("Clients").all()) == 60
    assert ask(airtable_base.sandbox, airtable_base.url("Clients").removeprefix(airtable_base.sandbox.url)).ok


@pytest.mark.airtable_base(
    TASKS,
    name="Planning",
    records={"Tasks": [{"Name": f"Task {n}", "Project": ["Alpha"], "Points": 1.5} for n in range(23)]},
)
def test_a_base_is_described_in_a_few_words(airtable_base: AirtableBase) -> None:
    assert (airtable_base.name, list(airtable_base.tables)) == ("Planning", ["Tasks", "Projects"])
    assert (airtable_base.sandbox.requests, airtable_base.sandbox.writes) == ([], [])
    tasks = airtable_base.table("Tasks").all()
    (project,) = airtable_base.table("Projects").all()
    assert len(tasks) == 23
    assert {tuple(each["fields"]["Project"]) for each in tasks} == {(project["id"],)}
    assert len(project["fields"]["Tasks"]) == 23
    airtable_base.table("Tasks").create({"Name": "More", "Status": "Done", "Due": "2026-05-01"})
    airtable_base.table("Projects").create({"Name": "Beta", "Parent": [project["id"]]})
    (made, _) = airtable_base.sandbox.writes
    assert (made.table, len(made.created), made.lost) == (airtable_base.tables["Tasks"], 1, False)


@pytest.mark.parametrize("airtable_base", ["empty", TASKS], indirect=True, ids=["seed", "tables"])
def test_a_base_may_be_a_parameter(airtable_base: AirtableBase) -> None:
    assert airtable_base.name in ("Empty", "Test")


def test_a_base_may_be_the_metadata_of_a_real_one(airtable_sandbox: AirtableSandbox) -> None:
    studio = airtable_sandbox.base()
    tables = ask(airtable_sandbox, f"/v0/meta/bases/{studio.id}/tables").json()["tables"]
    airtable_sandbox.reset()
    rehearsed = airtable_sandbox.base({"id": studio.id, "name": "Rehearsed", "tables": tables})
    assert rehearsed.tables == studio.tables
    assert len(rehearsed.add("Clients", {"Name": "A"}, {"Name": "B"})) == 2
    with pytest.raises(BadLoad):
        airtable_sandbox.base({"id": "app", "name": "Bad", "tables": [1]})


def test_what_cannot_be_made_says_so(airtable_sandbox: AirtableSandbox) -> None:
    with pytest.raises(KeyError):
        airtable_sandbox.base("nonsense")
    with pytest.raises(ValueError, match="was refused: 422"):
        airtable_sandbox.base({"Tasks": {"Name": "nonsense"}})
    with pytest.raises(ValueError, match="was refused: 422"):
        airtable_sandbox.base({"Tasks": {"Name": "singleLineText", "To": {"type": "multipleRecordLinks"}}})
    with pytest.raises(ValueError, match="needs fields by name"):
        airtable_sandbox.base({"Tasks": {}})
    with pytest.raises(ValueError, match="UNKNOWN_FIELD_NAME"):
        airtable_sandbox.base({"Tasks": {"Name": "singleLineText"}}, records={"Tasks": [{"Nope": 1}]})


def test_a_fault_reaches_the_client_and_the_ledger_knows_the_truth(airtable_base: AirtableBase) -> None:
    sandbox = airtable_base.sandbox
    sandbox.faults.add(Fault("POST", kind="cut", keep=10))
    with pytest.raises(requests.RequestException):
        sandbox.api(retry_strategy=None).table(airtable_base.id, "Clients").create({"Name": "Lost"})
    (line,) = sandbox.writes
    assert line.lost
    found = airtable_base.table("Clients").get(line.created[0])
    assert found["fields"]["Name"] == "Lost"


def test_somebody_changes_data_behind_the_clients_back(airtable_base: AirtableBase) -> None:
    (record,) = airtable_base.table("Clients").all(max_records=1)
    path = f"/v0/{airtable_base.id}/Clients/{record['id']}"
    answer = airtable_base.sandbox.act_as("Mei Tanaka", "PATCH", path, {"fields": {"City": "Bonn"}})
    assert answer.status == 200
    assert airtable_base.table("Clients").get(record["id"])["fields"]["City"] == "Bonn"
    with pytest.raises(ApiError, match="no user"):
        airtable_base.sandbox.act_as("Nobody", "GET", "/v0/meta/whoami")


def test_the_clock_is_stopped_moved_and_let_go(airtable_base: AirtableBase) -> None:
    sandbox, moment = airtable_base.sandbox, datetime(2030, 1, 2, tzinfo=UTC)
    sandbox.freeze(moment)
    sandbox.advance(60)
    made = airtable_base.table("Clients").create({"Name": "Later"})
    assert made["createdTime"] == "2030-01-02T00:01:00.000Z"
    sandbox.run()
    assert sandbox.now > moment


def test_data_is_set_aside_and_put_back(airtable_base: AirtableBase) -> None:
    clients = airtable_base.table("Clients")
    airtable_base.sandbox.save("before")
    clients.batch_delete([each["id"] for each in clients.all()])
    airtable_base.sandbox.restore("before")
    assert len(clients.all()) == 60


def test_a_token_may_be_allowed_less(airtable_base: AirtableBase) -> None:
    token = airtable_base.sandbox.issue_token(scopes=["data.records:read"])
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(airtable_base.url("Clients"), headers=headers, timeout=5).status_code == 200
    row = {"fields": {"Name": "A"}}
    assert (
        requests.post(airtable_base.url("Clients"), json=row, headers=headers, timeout=5).status_code == 403
    )


def test_a_request_left_waiting_holds_nobody_up() -> None:
    with serve_for_tests() as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.freeze()
        sandbox.faults.add(Fault(kind="pass", delay=3_600))
        waiting = pool.submit(ask, sandbox, "/v0/meta/whoami")
        while list(sandbox.faults):
            sandbox.advance(0)
        sandbox.reset()
        with pytest.raises(requests.ConnectionError):
            waiting.result(5)


def test_other_programs_steer_it_over_its_control_api(airtable_sandbox: AirtableSandbox) -> None:
    requests.post(f"{airtable_sandbox.url}/_control/faults", json={"status": 418}, timeout=5)
    assert ask(airtable_sandbox, "/v0/meta/whoami").status_code == 418
