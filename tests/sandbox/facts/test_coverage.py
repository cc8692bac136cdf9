"""Every endpoint is asked by a fact, and by an independent client that has a call for it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from pyairtable_mcp.sandbox.http.enterprise import ENTERPRISE
from pyairtable_mcp.sandbox.http.table import OPEN, ROUTES

from .test_facts import FACTS

CLIENTS: Final = Path(__file__).parents[2] / "clients"
ANSWERED: Final = (
    *((each.method, each.path) for each in ROUTES),
    *((each.method, each.path) for each in OPEN),
)
HOOK: Final = "/v0/bases/{base}/webhooks/{webhook}"
COMMENTS: Final = "/v0/{base}/{table}/{record}/comments"
PY, JS = "test_pyairtable_{}.py::test_{}", "test_airtablejs_{}.py::test_{}"

DRIVEN: Final[Mapping[str, tuple[str, ...]]] = {
    "GET /v0/meta/whoami": (PY.format("schema", "who_am_i"),),
    "GET /v0/meta/bases": (PY.format("schema", "bases_have_ids_names_and_permissions"),),
    "POST /v0/meta/bases": (PY.format("schema", "a_base_is_created_with_its_tables"),),
    "GET /v0/meta/bases/{base}": (PY.format("schema", "the_collaborators_of_a_base_are_told"),),
    "POST /v0/meta/bases/{base}/collaborators": (
        PY.format("enterprise", "people_are_added_changed_and_taken_out_with_pyairtable"),
    ),
    "PATCH /v0/meta/bases/{base}/collaborators/{collaborator}": (
        PY.format("enterprise", "people_are_added_changed_and_taken_out_with_pyairtable"),
    ),
    "DELETE /v0/meta/bases/{base}/collaborators/{collaborator}": (
        PY.format("enterprise", "people_are_added_changed_and_taken_out_with_pyairtable"),
    ),
    "DELETE /v0/meta/bases/{base}/views/{view}": (
        PY.format("enterprise", "a_view_is_deleted_with_pyairtable"),
    ),
    "GET /v0/meta/bases/{base}/tables": (PY.format("schema", "formulas_and_links_describe_themselves"),),
    "POST /v0/meta/bases/{base}/tables": (PY.format("schema", "a_table_is_created_renamed_and_described"),),
    "PATCH /v0/meta/bases/{base}/tables/{table}": (
        PY.format("schema", "a_table_is_created_renamed_and_described"),
    ),
    "POST /v0/meta/bases/{base}/tables/{table}/fields": (
        PY.format("schema", "fields_of_many_types_are_created"),
    ),
    "PATCH /v0/meta/bases/{base}/tables/{table}/fields/{field}": (
        PY.format("schema", "a_field_is_renamed_described_and_given_options"),
    ),
    "GET /v0/bases/{base}/webhooks": (
        PY.format("comments_and_webhooks", "a_webhook_is_added_listed_and_deleted"),
    ),
    "POST /v0/bases/{base}/webhooks": (
        PY.format("comments_and_webhooks", "a_webhook_is_added_listed_and_deleted"),
    ),
    f"DELETE {HOOK}": (PY.format("comments_and_webhooks", "a_webhook_is_added_listed_and_deleted"),),
    f"POST {HOOK}/refresh": (
        PY.format("comments_and_webhooks", "notifications_are_switched_off_and_on_and_the_life_is_extended"),
    ),
    f"POST {HOOK}/enableNotifications": (
        PY.format("comments_and_webhooks", "notifications_are_switched_off_and_on_and_the_life_is_extended"),
    ),
    f"GET {HOOK}/payloads": (
        PY.format("comments_and_webhooks", "payloads_tell_what_was_created_changed_and_destroyed"),
    ),
    "POST /v0/{base}/{record}/{field}/uploadAttachment": (
        PY.format("records", "a_file_is_uploaded_and_appended"),
    ),
    "GET /v0/{base}/{table}": (
        PY.format("records", "all_iterate_and_first_agree"),
        JS.format("reading", "all_pages_are_read_and_every_record_comes_once"),
    ),
    "POST /v0/{base}/{table}": (
        PY.format("records", "batches_of_any_size_go_ten_at_a_time"),
        JS.format("writing", "several_records_are_created_changed_replaced_and_destroyed"),
    ),
    "PATCH /v0/{base}/{table}": (
        PY.format("records", "upserts_tell_the_created_from_the_updated"),
        JS.format("writing", "several_records_are_created_changed_replaced_and_destroyed"),
    ),
    "PUT /v0/{base}/{table}": (
        PY.format("records", "batches_of_any_size_go_ten_at_a_time"),
        JS.format("writing", "several_records_are_created_changed_replaced_and_destroyed"),
    ),
    "DELETE /v0/{base}/{table}": (
        PY.format("records", "batches_of_any_size_go_ten_at_a_time"),
        JS.format("writing", "several_records_are_created_changed_replaced_and_destroyed"),
    ),
    "POST /v0/{base}/{table}/listRecords": (
        PY.format("formulas", "records_are_named_by_their_own_id_in_a_body_when_the_url_grows"),
        JS.format("reading", "a_long_question_goes_in_a_body_page_after_page"),
    ),
    "GET /v0/{base}/{table}/{record}": (
        PY.format("records", "a_record_is_got_by_table_name_and_by_table_id"),
        JS.format("reading", "a_record_is_found_by_id_and_fetched_again"),
    ),
    "PATCH /v0/{base}/{table}/{record}": (
        PY.format("records", "a_record_is_created_changed_replaced_and_deleted"),
        JS.format("writing", "a_record_updates_and_replaces_its_own_fields"),
    ),
    "PUT /v0/{base}/{table}/{record}": (
        PY.format("records", "a_record_is_created_changed_replaced_and_deleted"),
        JS.format("writing", "a_record_updates_and_replaces_its_own_fields"),
    ),
    "DELETE /v0/{base}/{table}/{record}": (
        PY.format("records", "a_record_is_created_changed_replaced_and_deleted"),
        JS.format("writing", "a_record_destroys_itself"),
    ),
    f"GET {COMMENTS}": (
        PY.format("comments_and_webhooks", "comments_of_many_pages_are_all_listed_the_newest_first"),
    ),
    f"POST {COMMENTS}": (
        PY.format("comments_and_webhooks", "a_comment_is_written_changed_listed_and_deleted"),
        JS.format("reading", "any_request_of_the_base_can_be_made_by_hand"),
    ),
    f"PATCH {COMMENTS}/{{comment}}": (
        PY.format("comments_and_webhooks", "a_comment_is_written_changed_listed_and_deleted"),
    ),
    f"DELETE {COMMENTS}/{{comment}}": (
        PY.format("comments_and_webhooks", "a_comment_is_written_changed_listed_and_deleted"),
    ),
}
"""What the clients' own calls ask, and the tests that make them."""


def endpoints() -> list[str]:
    """Return method and path of everything the sandbox answers with more than a refusal."""
    refused = {f"{method} {path}" for method, path, _ in ENTERPRISE}
    return [name for method, path in ANSWERED if (name := f"{method} {path}") not in refused]


def asked_by(method: str, path: str) -> str:
    """Return the first route, method and path, that answers a request."""
    for each, place in ANSWERED:
        if each == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", place), path):
            return f"{method} {place}"
    return ""


ASKED: Final = frozenset(asked_by(fact.ask.method, fact.ask.path.split("?")[0]) for fact in FACTS)


@pytest.mark.parametrize("endpoint", endpoints())
def test_every_endpoint_is_asked_by_a_fact(endpoint: str) -> None:
    assert endpoint in ASKED, "write down in tests/sandbox/facts what the documentation says of it"


def test_the_clients_table_names_endpoints_there_are_and_tests_there_are() -> None:
    assert set(DRIVEN) <= set(endpoints())
    written = {
        f"{path.name}::{name}"
        for path in CLIENTS.glob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert not {test for tests in DRIVEN.values() for test in tests} - written


def test_records_comments_webhooks_and_the_schema_are_driven_by_a_client() -> None:
    alone = re.compile(r"GET .*/views|.*/sync/|\w+ (?!/v0/)")  # no client has a call for these
    assert not [each for each in endpoints() if not alone.match(each) and each not in DRIVEN]


def test_most_of_what_is_for_enterprises_is_asked_as_well() -> None:
    paths = {path for _, path, _ in ENTERPRISE}
    asked = {name.split(" ", 1)[1] for name in ASKED if name}
    assert len(paths & asked) * 2 > len(paths)
