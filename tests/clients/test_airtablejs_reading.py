"""airtable.js reads: select with everything it takes, find, pages, and the body when the URL grows."""

from tests.clients.conftest import Served


def test_all_pages_are_read_and_every_record_comes_once(served: Served) -> None:
    (found,) = served.js().run({"table": "Tasks", "select": {"fields": ["Name"]}, "read": "all"})
    assert len({each["id"] for each in found.value}) == 900
    assert {key for each in found.value for key in each["fields"]} == {"Name"}
    assert len(served.asked()) == 9


def test_the_first_page_is_one_request(served: Served) -> None:
    step = {"table": "Tasks", "select": {"pageSize": 7}, "read": "firstPage"}
    promised, called = served.js().run(step, {**step, "callback": True})
    assert len(promised.value) == 7
    assert called.value == promised.value
    assert len(served.asked()) == 2


def test_pages_come_one_by_one_and_reading_may_stop(served: Served) -> None:
    step = {"table": "Clients", "select": {"pageSize": 25}, "read": "eachPage"}
    whole, two = served.js().run(step, {**step, "pages": 2})
    assert [len(page) for page in whole.value] == [25, 25, 10]
    assert [len(page) for page in two.value] == [25, 25]
    assert len(served.asked()) == 3 + 2


def test_max_records_is_a_total_over_pages(served: Served) -> None:
    select = {"maxRecords": 130, "pageSize": 100}
    (found,) = served.js().run({"table": "Tasks", "select": select, "read": "all"})
    assert len(found.value) == 130


def test_a_filter_a_sort_and_a_view_are_obeyed(served: Served) -> None:
    select = {
        "filterByFormula": "AND({Status} = 'In Review', {Priority} >= 2)",
        "sort": [{"field": "Priority", "direction": "desc"}, {"field": "Name"}],
        "view": "Open tasks",
        "fields": ["Name", "Status", "Priority"],
    }
    (found,) = served.js().run({"table": "Tasks", "select": select, "read": "all"})
    rows = [each["fields"] for each in found.value]
    assert rows
    assert {row["Status"] for row in rows} == {"In Review"}
    assert rows == sorted(rows, key=lambda row: (-row["Priority"], row["Name"].lower()))


def test_cells_come_as_text_when_that_is_asked_for(served: Served) -> None:
    text = {"cellFormat": "string", "timeZone": "Europe/Berlin", "userLocale": "de"}
    select = {**text, "maxRecords": 1, "fields": ["Billable", "Estimate", "Project", "Labels"]}
    found, refused = served.js().run(
        {"table": "Tasks", "select": {**select, "filterByFormula": "{Billable}"}, "read": "all"},
        {"table": "Tasks", "select": {"cellFormat": "string"}, "read": "all"},
    )
    assert all(isinstance(cell, str) for cell in found.value[0]["fields"].values())
    assert found.value[0]["fields"]["Billable"] == "checked"
    assert refused.error[0] == "INVALID_REQUEST_UNKNOWN"


def test_fields_are_keyed_by_id_and_comments_counted_when_asked(served: Served) -> None:
    key = served.table("Clients").all(max_records=1)[0]["id"]
    served.table("Clients").add_comment(key, "One")
    select = {"maxRecords": 2, "returnFieldsByFieldId": True, "recordMetadata": ["commentCount"]}
    (found,) = served.js().run({"table": "Clients", "select": select, "read": "all"})
    first, second = found.value
    assert (first["commentCount"], second["commentCount"]) == (1, 0)
    assert all(name.startswith("fld") for name in first["fields"])


def test_a_long_question_goes_in_a_body_page_after_page(served: Served) -> None:
    names = " , ".join(f"RECORD_ID() = 'rec{number:014}'" for number in range(500))
    select = {"filterByFormula": f"OR({{Billable}}, {names})", "fields": ["Name"]}
    text = {"cellFormat": "string", "timeZone": "Europe/Berlin", "userLocale": "de"}
    plain, spelled = served.js().run(
        {"table": "Tasks", "select": select, "read": "all"},
        {"table": "Tasks", "select": {**select, **text}, "read": "all"},
    )
    assert len(plain.value) > 100
    assert [each["id"] for each in spelled.value] == [each["id"] for each in plain.value]
    assert {line.split(" 200")[0] for line in served.asked()} == {
        "POST /v0/appStudio00000001/Tasks/listRecords"
    }


def test_the_method_of_listing_may_be_chosen(served: Served) -> None:
    steps = [
        {"table": "Tasks", "select": {"maxRecords": 2, "method": method}, "read": "all"}
        for method in ("post", "get")
    ]
    posted, got = served.js().run(*steps)
    assert posted.value == got.value
    assert [line.split()[0] for line in served.asked()] == ["POST", "GET"]


def test_a_table_is_named_by_id_or_by_a_name_with_any_signs(served: Served) -> None:
    strange = "a/b & c? #1 100% é"
    key = served.base.create_table(strange, [{"name": "Name", "type": "singleLineText"}]).id
    made, by_name, by_id = served.js().run(
        {"table": strange, "call": "create", "with": [{"Name": "In"}]},
        {"table": strange, "select": {}, "read": "all"},
        {"table": key, "select": {}, "read": "all"},
    )
    assert [each["id"] for each in by_name.value] == [made.value["id"]]
    assert by_id.value == by_name.value


def test_a_record_is_found_by_id_and_fetched_again(served: Served) -> None:
    record = served.table("Clients").all(max_records=1)[0]
    found, fetched, called = served.js().run(
        {"table": "Clients", "call": "find", "with": [record["id"]]},
        {"table": "Clients", "record": record["id"], "call": "fetch"},
        {"table": "Clients", "call": "find", "with": [record["id"]], "callback": True},
    )
    assert found.value["fields"] == record["fields"]
    assert fetched.value == called.value == found.value


def test_any_request_of_the_base_can_be_made_by_hand(served: Served) -> None:
    key = served.table("Clients").all(max_records=1)[0]["id"]
    got, posted, refused = served.js().run(
        {"request": {"path": "/Clients", "qs": {"maxRecords": 1, "fields": ["Name"]}}},
        {"request": {"method": "post", "path": f"/Clients/{key}/comments", "body": {"text": "By hand"}}},
        {"request": {"path": f"/Clients/{key}/nothing"}},
    )
    assert (got.value["statusCode"], len(got.value["body"]["records"])) == (200, 1)
    assert posted.value["body"]["text"] == "By hand"
    assert refused.error == ("NOT_FOUND", "Could not find what you are looking for", 404)
