"""Webhooks: what they are told, in what order, for how long, and what they do not ask for."""

from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.access.scopes import EVERY
from pyairtable_mcp.sandbox.state.access import Token

from .driving import STUDIO, Driver, some
from .hooks import HOOKS, base_of, field_id, hook, payloads, table_id, told, watching

WEEK = 7 * 24 * 3600.0


async def test_records_made_changed_and_deleted_are_told_in_their_order(studio: Driver) -> None:
    path = await hook(studio, includePreviousCellValues=True)
    name, city = (field_id(studio, "Clients", each) for each in ("Name", "City"))
    made = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "New", "City": "Bonn"}})
    record = str(made.body["id"])
    await studio("PATCH", f"{STUDIO}/Clients/{record}", {"fields": {"City": "Köln", "Name": "New"}})
    await studio("PATCH", f"{STUDIO}/Clients/{record}", {"fields": {"City": None}})
    await studio("DELETE", f"{STUDIO}/Clients/{record}")
    created, changed, emptied, removed = await told(studio, path, "Clients")
    computed = {
        field_id(studio, "Clients", name): value
        for name, value in (
            ("Project count", 0), ("Total billed", 0), ("Created", made.body["createdTime"]), ("Ref", 61),
        )
    }  # fmt: skip
    cells = {name: "New", city: "Bonn", **computed}
    assert created == {
        "createdRecordsById": {
            record: {"createdTime": made.body["createdTime"], "cellValuesByFieldId": cells}
        }
    }
    assert changed == {
        "changedRecordsById": {
            record: {
                "current": {"cellValuesByFieldId": {city: "Köln"}},
                "previous": {"cellValuesByFieldId": {city: "Bonn"}},
            }
        }
    }
    assert emptied["changedRecordsById"] == {
        record: {
            "current": {"cellValuesByFieldId": {city: None}},
            "previous": {"cellValuesByFieldId": {city: "Köln"}},
        }
    }
    assert removed == {"destroyedRecordIds": [record]}


async def test_a_payload_says_when_by_whom_and_in_which_transaction(studio: Driver) -> None:
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "Before"}})
    path = await hook(studio)
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "After"}})
    page = await studio("GET", f"{path}/payloads")
    (payload,) = some(page.body["payloads"])
    assert isinstance(payload, dict)
    assert (payload["baseTransactionNumber"], payload["payloadFormat"]) == (2, "v0")
    assert payload["timestamp"] == "2026-01-01T00:00:00.000Z"
    assert payload["actionMetadata"]["source"] == "publicApi"
    assert payload["actionMetadata"]["sourceMetadata"]["user"]["id"] == "usrSamRivera00001"
    assert (page.body["cursor"], page.body["mightHaveMore"]) == (2, False)


async def test_a_refused_write_and_one_that_changes_nothing_are_not_told(studio: Driver) -> None:
    path = await hook(studio)
    record = (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).records[0]
    await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "x", "Status": "No such option"}})
    fields = record["fields"]
    assert isinstance(fields, dict)
    await studio("PATCH", f"{STUDIO}/Clients/{record['id']}", {"fields": {"Name": fields["Name"]}})
    assert await told(studio, path, "Clients") == []


async def test_options_and_links_are_told_as_objects_and_both_sides_of_a_link(studio: Driver) -> None:
    path = await hook(studio)
    client: Any = (await studio("GET", f"{STUDIO}/Clients", maxRecords=1)).records[0]
    body = {"fields": {"Name": "Linked", "Client": [client["id"]], "Status": "Planned"}}
    made = await studio("POST", f"{STUDIO}/Projects", body)
    assert made.status == 200, made.body
    (project,) = await told(studio, path, "Projects")
    cells = project["createdRecordsById"][made.body["id"]]["cellValuesByFieldId"]
    link, status = field_id(studio, "Projects", "Client"), field_id(studio, "Projects", "Status")
    assert cells[link] == [{"id": client["id"], "name": client["fields"]["Name"]}]
    assert cells[status]["name"] == "Planned"
    (other,) = await told(studio, path, "Clients")
    assert list(other["changedRecordsById"]) == [client["id"]]


async def test_a_webhook_hears_only_of_its_table_its_fields_its_kinds_and_its_sources(studio: Driver) -> None:
    clients, city = table_id(studio, "Clients"), field_id(studio, "Clients", "City")
    paths = {
        "table": await hook(studio, {"recordChangeScope": clients}),
        "field": await hook(studio, {"watchDataInFieldIds": [city]}),
        "kind": await hook(studio, {"changeTypes": ["remove"]}),
        "source": await hook(studio, {"fromSources": ["client"]}),
        "schema": await hook(studio, {"dataTypes": ["tableFields"]}),
    }
    made = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "a"}})
    await studio("PATCH", f"{STUDIO}/Clients/{made.body['id']}", {"fields": {"City": "Bonn", "Name": "b"}})
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "c"}})
    await studio("PATCH", f"{STUDIO}/Clients/{made.body['id']}", {"fields": {"Name": "d"}})
    await studio("DELETE", f"{STUDIO}/Clients/{made.body['id']}")
    heard = {key: [list(each) for each in await told(studio, path, "Clients")] for key, path in paths.items()}
    created, changed, removed = ["createdRecordsById"], ["changedRecordsById"], ["destroyedRecordIds"]
    assert heard == {
        "table": [created, changed, changed, removed],
        "field": [changed, removed],
        "kind": [removed],
        "source": [],
        "schema": [],
    }
    (change, _) = await told(studio, paths["field"], "Clients")
    assert change["changedRecordsById"][made.body["id"]] == {
        "current": {"cellValuesByFieldId": {city: "Bonn"}}
    }


@pytest.mark.parametrize("wanted", ["all", "one"])
async def test_cells_that_did_not_change_come_along_when_asked_for(studio: Driver, wanted: str) -> None:
    name, city = (field_id(studio, "Clients", each) for each in ("Name", "City"))
    path = await hook(studio, includeCellValuesInFieldIds="all" if wanted == "all" else [name])
    made = await studio("POST", f"{STUDIO}/Clients", {"fields": {"Name": "a", "VIP": True}})
    await studio("PATCH", f"{STUDIO}/Clients/{made.body['id']}", {"fields": {"City": "Bonn"}})
    (_, change) = await told(studio, path, "Clients")
    kept = change["changedRecordsById"][made.body["id"]]["unchanged"]["cellValuesByFieldId"]
    assert city not in kept
    assert kept[name] == "a"
    assert len(kept) == (6 if wanted == "all" else 1)


async def test_payloads_come_fifty_at_a_time_and_again_from_any_cursor(studio: Driver) -> None:
    path = await hook(studio)
    for number in range(53):
        await studio("POST", f"{STUDIO}/People", {"fields": {"Name": str(number)}})
    first = (await studio("GET", f"{path}/payloads")).body
    assert (len(some(first["payloads"])), first["cursor"], first["mightHaveMore"]) == (50, 51, True)
    second = (await studio("GET", f"{path}/payloads", cursor=51)).body
    assert (len(some(second["payloads"])), second["cursor"], second["mightHaveMore"]) == (3, 54, False)
    assert (await studio("GET", f"{path}/payloads", cursor=51, limit=2)).body["cursor"] == 53
    end = (await studio("GET", f"{path}/payloads", cursor=54)).body
    assert (end["payloads"], end["cursor"], end["mightHaveMore"]) == ([], 54, False)
    listed: Any = (await studio("GET", HOOKS)).body["webhooks"]
    assert listed[0]["cursorForNextPayload"] == 54


@pytest.mark.parametrize(
    "params", [{"cursor": 0}, {"cursor": "x"}, {"cursor": -1}, {"limit": 51}, {"limit": 0}, {"nonsense": 1}]
)
async def test_cursors_and_limits_that_are_none_are_refused(
    studio: Driver, params: dict[str, object]
) -> None:
    assert (await studio("GET", f"{await hook(studio)}/payloads", **params)).status == 422


async def test_a_webhook_lives_a_week_from_its_creation_its_refresh_or_its_last_reading(
    studio: Driver,
) -> None:
    plain, refreshed, read = [await hook(studio) for _ in range(3)]
    await studio.clock.advance(WEEK - 1)
    again = await studio("POST", f"{refreshed}/refresh")
    assert again.body == {"expirationTime": "2026-01-14T23:59:59.000Z"}
    await studio("GET", f"{read}/payloads")
    await studio.clock.advance(1)
    listed: Any = (await studio("GET", HOOKS)).body["webhooks"]
    assert [f"{HOOKS}/{each['id']}" for each in listed] == [plain, refreshed, read]
    assert [each["isHookEnabled"] for each in listed] == [False, True, True]


async def test_a_disabled_webhook_can_be_read_for_another_week_and_hears_of_nothing(studio: Driver) -> None:
    path = await hook(studio)
    await studio.clock.advance(WEEK - 1)
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "heard"}})
    await studio.clock.advance(1)
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "unheard"}})
    assert (await studio("POST", f"{path}/refresh")).kind == "INVALID_REQUEST_UNKNOWN"
    await studio.clock.advance(WEEK - 2)
    assert len(await payloads(studio, path)) == 1
    await studio.clock.advance(1)
    assert await payloads(studio, path) == []
    await studio.clock.advance(1)
    assert (await studio("GET", HOOKS)).body == {"webhooks": []}
    assert (await studio("GET", f"{path}/payloads")).status == 403


async def test_disabled_webhooks_leave_their_place_to_others(studio: Driver) -> None:
    for _ in range(10):
        await hook(studio)
    await studio.clock.advance(WEEK)
    await hook(studio)
    assert len(some((await studio("GET", HOOKS)).body["webhooks"])) == 11


async def test_payloads_are_kept_for_a_week(studio: Driver) -> None:
    path = await hook(studio)
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "old"}})
    await studio.clock.advance(WEEK - 1)
    await studio("POST", f"{path}/refresh")
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "young"}})
    await studio.clock.advance(1)
    page: Any = (await studio("GET", f"{path}/payloads")).body
    assert [each["baseTransactionNumber"] for each in page["payloads"]] == [2]
    assert page["cursor"] == 3


async def test_a_base_has_ten_webhooks_and_deleting_one_makes_room(studio: Driver) -> None:
    paths = [await hook(studio) for _ in range(10)]
    refused = await studio("POST", HOOKS, watching())
    assert (refused.status, refused.kind) == (422, "TOO_MANY_WEBHOOKS_IN_BASE")
    gone = await studio.ask("DELETE", paths[0])
    assert (gone.status, gone.body) == (200, {})
    await hook(studio)
    assert (await studio("DELETE", paths[0])).status == 403


async def test_notifications_wait_while_they_are_enabled_and_have_somewhere_to_go(studio: Driver) -> None:
    made: Any = (await studio("POST", HOOKS, watching())).body
    silent = watching()
    del silent["notificationUrl"]
    await studio("POST", HOOKS, silent)
    told_of, unheard = base_of(studio).webhooks.values()
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "told"}})
    assert (told_of.ping is None, unheard.ping) == (False, None)
    await studio.ask("POST", f"{HOOKS}/{made['id']}/enableNotifications", json={"enable": False})
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "not told"}})
    assert told_of.ping is None
    listed: Any = (await studio("GET", HOOKS)).body["webhooks"]
    assert [each["areNotificationsEnabled"] for each in listed] == [False, True]
    assert [each["cursorForNextPayload"] for each in listed] == [3, 3]
    assert "macSecretBase64" not in listed[0]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"specification": {}},
        {"specification": {"options": {}}},
        {"specification": {"options": {"filters": {}}}},
        {"specification": {"options": {"filters": {"dataTypes": []}}}},
        {"specification": {"options": {"filters": {"dataTypes": "tableData"}}}},
        {"specification": {"options": {"filters": {"dataTypes": [1]}}}},
        {"specification": {"options": {"filters": {"dataTypes": ["nothing"]}}}},
        watching({"recordChangeScope": "tblNope"}),
        watching({"recordChangeScope": 1}),
        watching({"watchDataInFieldIds": ["fldNope"]}),
        watching({"nonsense": 1}),
        watching(includePreviousCellValues="yes"),
        {**watching(), "notificationUrl": "nowhere"},
        {**watching(), "notificationUrl": 1},
        {**watching(), "extra": 1},
    ],
)
async def test_specifications_of_the_wrong_shape_are_refused(studio: Driver, body: object) -> None:
    assert (await studio("POST", HOOKS, body)).status == 422


async def test_an_unknown_webhook_or_base_is_hidden(studio: Driver) -> None:
    nope = f"{HOOKS}/achXXXXXXXXXXXXXX"
    for method, path in (
        ("DELETE", nope), ("GET", f"{nope}/payloads"), ("POST", f"{nope}/refresh"),
        ("GET", "/v0/bases/appXXXXXXXXXXXXXX/webhooks"),
    ):  # fmt: skip
        assert (await studio(method, path)).status == 403
    assert (await studio("POST", f"{await hook(studio)}/enableNotifications", {})).status == 422


async def test_an_upload_is_told(studio: Driver) -> None:
    path = await hook(studio)
    record: Any = (await studio("GET", f"{STUDIO}/Projects", maxRecords=1)).records[0]
    body = {"contentType": "text/plain", "filename": "a.txt", "file": "aGVsbG8="}
    await studio("POST", f"{STUDIO}/{record['id']}/Files/uploadAttachment", body)
    (change,) = await told(studio, path, "Projects")
    files = change["changedRecordsById"][record["id"]]["current"]["cellValuesByFieldId"]
    assert files[field_id(studio, "Projects", "Files")][-1]["filename"] == "a.txt"


async def test_an_integration_has_two_webhooks_and_sees_no_others(studio: Driver) -> None:
    mine = await hook(studio)
    workspace = studio.sandbox.workspace
    for client in ("one", "two"):
        value = f"oaa{client}"
        workspace.tokens[value] = Token(value, workspace.owner, EVERY, client_id=client)
    studio.token = "oaaone"
    theirs = [await hook(studio) for _ in range(2)]
    refused = await studio("POST", HOOKS, watching())
    assert (refused.status, refused.kind) == (422, "TOO_MANY_WEBHOOKS_IN_BASE")
    listed: Any = (await studio("GET", HOOKS)).body["webhooks"]
    assert [f"{HOOKS}/{each['id']}" for each in listed] == theirs
    assert (await studio("GET", f"{mine}/payloads")).status == 403
    studio.token = "oaatwo"
    await hook(studio)
    assert (await studio("DELETE", theirs[0])).status == 403


@pytest.mark.parametrize(
    ("types", "scope"),
    [
        ("tableData", "data.records:read"),
        ("tableFields", "schema.bases:read"),
        ("tableMetadata", "schema.bases:read"),
    ],
)
async def test_a_token_hears_only_of_what_it_may_read(studio: Driver, types: str, scope: str) -> None:
    path = await hook(studio, {"dataTypes": [types]})
    for scopes in ({"webhook:manage"}, {"webhook:manage", scope}):
        studio.token = studio.sandbox.issue_token(scopes=scopes)
        status = 200 if scope in scopes else 403
        assert (await studio("POST", HOOKS, watching({"dataTypes": [types]}))).status == status
        assert (await studio("GET", f"{path}/payloads")).status == status


async def test_a_reader_of_the_base_reads_payloads_and_makes_no_webhook(studio: Driver) -> None:
    path = await hook(studio)
    user = studio.sandbox.add_user("Ada Example", "ada@example.com")
    studio.sandbox.share("appStudio00000001", user.id, "read")
    studio.token = studio.sandbox.issue_token(user=user.id)
    assert (await studio("GET", HOOKS)).status == 200
    assert (await studio("GET", f"{path}/payloads")).status == 200
    assert (await studio("POST", HOOKS, watching())).status == 403


async def test_what_webhooks_were_told_is_kept_in_the_file(tmp_path: Path) -> None:
    clock = ManualClock()

    def opened() -> Driver:
        return Driver(Sandbox(clock=clock, rate=0, file=tmp_path / "kept.sqlite"), clock)

    studio = opened()
    kept, deleted = await hook(studio), await hook(studio)
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "old"}})
    studio.sandbox.close()
    studio = opened()
    await clock.advance(WEEK - 1)
    await studio("POST", f"{kept}/refresh")
    for name in ("young", "younger"):
        await studio("POST", f"{STUDIO}/People", {"fields": {"Name": name}})
    assert len(await payloads(studio, kept)) == 3
    await studio("DELETE", deleted)
    await clock.advance(1)
    await studio("POST", f"{STUDIO}/People", {"fields": {"Name": "youngest"}})
    told_before = await payloads(studio, kept)
    studio.sandbox.close()
    studio = opened()
    assert [each["baseTransactionNumber"] for each in told_before] == [2, 3, 4]
    assert await payloads(studio, kept) == told_before
    listed: Any = (await studio("GET", HOOKS)).body["webhooks"]
    assert [(f"{HOOKS}/{each['id']}", each["cursorForNextPayload"]) for each in listed] == [(kept, 5)]
    studio.sandbox.close()
    with connect(tmp_path / "kept.sqlite") as database:
        assert database.execute("SELECT count(*) FROM payload").fetchone() == (3,)
    database.close()
