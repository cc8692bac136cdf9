"""Settings: every leaf by variable and flag, misspellings refused, secrets never shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.settings import Leaf, Settings, leaves, load
from tests.support.behaviours import behaviour

LEAVES = tuple(leaves())
OTHER = {
    "sandbox": "true",
    "read_only": "true",
    "toolsets": "read, schema",
    "show_spent": "true",
    "store": "shared.db",
    "time_zone": "Europe/Berlin",
    "locale": "de",
    "log_level": "DEBUG",
    "api_key": "patSomething",
    "endpoint_url": "https://airtable.example",
    "base_rate": "7",
    "token_rate": "8",
    "call_seconds": "9.5",
    "result_tokens": "500",
    "cell_characters": "50",
    "read_records": "9",
    "write_records": "10",
    "read_most": "10",
    "egress_allow": "10.0.0.0/8,hooks.local",
    "keep_days": "3",
    "max_mb": "9",
    "deletes": "1",
    "creates": "1",
    "changes": "1",
    "records_over": "100",
    "schema_changes": "1",
    "policies": "policies.toml",
    "keys": "x",
    "oauth": "true",
    "airtable_client_id": "some-client",
    "airtable_client_secret": "x",
    "airtable_scopes": "data.records:read",
    "airtable_login_url": "https://airtable.example",
    "issuer": "https://login.example.com",
    "audience": "https://mcp.example.com/mcp",
    "jwks_url": "https://login.example.com/keys",
    "jwt_policy": "outside",
    "audit_days": "30",
    "public_url": "https://flows.example.com",
    "stateless": "1",
    "hosts": "mcp.local",
    "origins": "https://app.example.com",
    "require_tokens": "1",
    "body_mb": "9",
    "publish_as_tools": "1",
}


def held(settings: Settings, leaf: Leaf) -> object:
    value: object = settings
    for step in leaf.path:
        value = getattr(value, step)
    return value


@behaviour("settings.env")
@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: ".".join(leaf.path))
def test_every_setting_is_set_by_each_of_its_variables(leaf: Leaf) -> None:
    text = OTHER[leaf.path[-1]]
    changed = held(load({leaf.env[0]: text}, {}), leaf)
    assert changed != held(Settings(), leaf)
    for name in leaf.env:
        assert held(load({name: text}, {}), leaf) == changed, name


@behaviour("settings.flag_wins")
@pytest.mark.parametrize(
    "leaf", [leaf for leaf in LEAVES if leaf.has_flag], ids=lambda leaf: ".".join(leaf.path)
)
def test_a_flag_wins_over_a_variable(leaf: Leaf) -> None:
    text = OTHER[leaf.path[-1]]
    assert held(load({leaf.env[0]: leaf.default}, {leaf.path: text}), leaf) == held(
        load({}, {leaf.path: text}), leaf
    )


@behaviour("settings.token_names")
def test_the_token_is_taken_under_the_names_other_tools_use() -> None:
    for name in ("AIRTABLE_API_KEY", "AIRTABLE_TOKEN", "AIRTABLE_PAT"):
        assert load({name: "patX"}, {}).airtable.api_key.get_secret_value() == "patX"
    both = load({"AIRTABLE_TOKEN": "second", "AIRTABLE_API_KEY": "first"}, {})
    assert both.airtable.api_key.get_secret_value() == "first"


@behaviour("settings.misspelt")
@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PYAIRTABLE_MCP_READONLY", "PYAIRTABLE_MCP_READ_ONLY"),
        ("PYAIRTABLE_MCP_TOOL_SETS", "PYAIRTABLE_MCP_TOOLSETS"),
        ("PYAIRTABLE_MCP_LIMIT_WRITE_RECORDS", "PYAIRTABLE_MCP_LIMITS_WRITE_RECORDS"),
        ("PYAIRTABLE_MCP_TIMEZONE", "PYAIRTABLE_MCP_TIME_ZONE"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_closest_name(name: str, near: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        load({name: "1"}, {})
    assert list(refused.value.candidates) == [near]
    assert name in refused.value.message
    assert near in refused.value.hint


def test_variables_of_other_programs_are_left_alone() -> None:
    load({"PATH": "x", "AIRTABLE_OTHER": "y", "PYAIRTABLE": "z"}, {})


@behaviour("settings.bad_value")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PYAIRTABLE_MCP_READ_ONLY", "perhaps"),
        ("PYAIRTABLE_MCP_TOOLSETS", "read,wrote"),
        ("PYAIRTABLE_MCP_TOOLSETS", ","),
        ("PYAIRTABLE_MCP_LIMITS_RESULT_TOKENS", "10"),
        ("PYAIRTABLE_MCP_LIMITS_READ_RECORDS", "many"),
        ("PYAIRTABLE_MCP_QUOTA_BASE_RATE", "0"),
        ("PYAIRTABLE_MCP_QUOTA_CALL_SECONDS", "nan"),
        ("PYAIRTABLE_MCP_LOG_LEVEL", "LOUD"),
        ("AIRTABLE_ENDPOINT_URL", "airtable.com"),
        ("AIRTABLE_ENDPOINT_URL", "ftp://airtable.com"),
        ("AIRTABLE_ENDPOINT_URL", "https://airtable.com/v0"),
        ("AIRTABLE_ENDPOINT_URL", "https://airtable.com?x=1"),
        ("AIRTABLE_ENDPOINT_URL", "https://user:secretword@airtable.com"),
        ("AIRTABLE_ENDPOINT_URL", "https://"),
        ("AIRTABLE_ENDPOINT_URL", "https://airtable.com:99999"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_naming_the_variable(name: str, text: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        load({name: text}, {})
    assert name in refused.value.message
    assert "secretword" not in f"{refused.value.message} {refused.value.hint}"


@behaviour("settings.time_zone")
@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../../etc/passwd", "Europe/Berlim", "/etc/localtime", "\x00"]
)
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        load({"PYAIRTABLE_MCP_TIME_ZONE": zone}, {})
    assert "PYAIRTABLE_MCP_TIME_ZONE" in refused.value.message


@behaviour("settings.secret")
@given(st.text("abcdefXYZ0123456789.-_", min_size=12, max_size=40).map(lambda tail: f"pat{tail}"))
def test_the_token_shows_in_no_form_of_the_settings(token: str) -> None:
    settings = load({"AIRTABLE_API_KEY": token}, {})
    for text in (
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        repr(settings.airtable),
    ):
        assert token not in text
    with pytest.raises(NotConfigured) as refused:
        load({"AIRTABLE_API_KEY": token, "PYAIRTABLE_MCP_LIMITS_READ_RECORDS": "x"}, {})
    assert token not in repr(refused.value.message)


def test_settings_are_frozen_and_take_no_other_keys() -> None:
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        Settings.__setattr__(settings, "read_only", True)
    with pytest.raises(ValueError, match="Extra"):
        Settings.model_validate({"readonly": True})


def test_every_setting_has_words_for_its_documentation() -> None:
    assert all(leaf.info.description for leaf in LEAVES)
    assert len({leaf.flag for leaf in LEAVES}) == len(LEAVES)
    names = [name for leaf in LEAVES for name in leaf.env]
    assert len(set(names)) == len(names)
    assert json.dumps([leaf.default for leaf in LEAVES])
