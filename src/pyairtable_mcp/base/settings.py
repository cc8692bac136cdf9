"""Settings: one frozen tree, filled from environment variables and command-line flags.

The tree is the only truth. The names of variables and flags, the documentation page and the check for
misspelt variables all derive from its leaves.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo

from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.base.text import closest, listed, visible

PREFIX: Final = "PYAIRTABLE_MCP_"
Toolset = Literal["read", "write", "schema", "saga", "workflow"]
TOOLSETS: Final[tuple[Toolset, ...]] = get_args(Toolset)
AIRTABLE_SCOPES: Final = (
    "data.records:read",
    "data.records:write",
    "data.recordComments:read",
    "data.recordComments:write",
    "schema.bases:read",
    "schema.bases:write",
    "user.email:read",
    "webhook:manage",
)
_PRINTED: Final = r"^[^\x00-\x08\x0e-\x1f\x7f]*$"
_ADDRESS: Final = r"^(https?://[!-~]+)?$"
AIRTABLE_URL: Final = "https://api.airtable.com"


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AirtableSettings(_Section):
    """Where Airtable is and as whom to speak to it."""

    api_key: SecretStr = Field(
        SecretStr(""),
        description="Personal access token. Without it every call says what to set.",
        json_schema_extra={"env": ["AIRTABLE_API_KEY", "AIRTABLE_TOKEN", "AIRTABLE_PAT"]},
    )
    endpoint_url: str = Field(
        AIRTABLE_URL,
        pattern=r"^https?://[^/?#@\s]+/?$",
        description="Scheme and host of the Airtable API. Uploads follow it when it is not Airtable's own.",
        json_schema_extra={"env": ["AIRTABLE_ENDPOINT_URL"]},
    )

    @field_validator("endpoint_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        try:
            usable = urlsplit(value).port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("it has a port that cannot be; ports go from 1 to 65535")
        return value.rstrip("/")

    @field_validator("api_key")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value().strip()
        if not all("!" <= char <= "~" for char in token):
            raise ValueError("it has blanks, line breaks or characters that no token has; copy it again")
        return SecretStr(token)


class QuotaSettings(_Section):
    """How fast Airtable is asked. Airtable allows 5 requests a second per base and 50 per user."""

    base_rate: int = Field(5, ge=1, le=1000, description="Requests a second for one base.")
    token_rate: int = Field(50, ge=1, le=1000, description="Requests a second for the token over all bases.")
    call_seconds: float = Field(
        120, gt=0, le=3600, description="How long one request may take, waiting and resending included."
    )


class LimitSettings(_Section):
    """Ceilings that protect the model's context and the base."""

    result_tokens: int = Field(
        2_000,
        ge=200,
        le=20_000,
        description="Target size of one result, in tokens; what is left out is said.",
    )
    cell_characters: int = Field(400, ge=20, le=100_000, description="Characters shown of one cell.")
    read_records: int = Field(20, ge=1, le=1000, description="Records a read returns when no limit is given.")
    read_most: int = Field(1000, ge=1, le=1000, description="Records one call may read at most.")
    write_records: int = Field(500, ge=1, le=50_000, description="Records one call may write or delete.")


class SagaSettings(_Section):
    """How long it is remembered what was changed, so that it can be taken back."""

    keep_days: int = Field(
        30, ge=1, le=3650, description="Days a finished change is kept, with what was there before it."
    )
    max_mb: int = Field(
        500, ge=1, le=1_000_000, description="Megabytes these may take; the oldest finished ones give way."
    )


class WorkflowSettings(_Section):
    """How workflows are offered."""

    publish_as_tools: bool = Field(
        False,
        description="Offer each workflow that is on when the server starts as a tool of its own, "
        "workflow_<name>.",
    )


class ApprovalSettings(_Section):
    """For which changes a person is asked first. Taking back at once what has failed needs no approval."""

    creates: bool = Field(False, description="A person has to approve before records are created.")
    changes: bool = Field(False, description="A person has to approve before records are changed.")
    deletes: bool = Field(False, description="A person has to approve before records are deleted.")
    records_over: int = Field(
        0,
        ge=0,
        le=50_000,
        description="A person has to approve before a saga writes more records than this; 0: any number.",
    )
    schema_changes: bool = Field(
        False, description="A person has to approve before tables or fields are created or changed."
    )


class AuthSettings(_Section):
    """Who may come in at the remote endpoint."""

    policies: str = Field(
        "",
        pattern=_PRINTED,
        description="A TOML or JSON file with policies by name, for tokens and users to be bound by.",
    )
    keys: SecretStr = Field(
        SecretStr(""),
        description="What seals linked accounts in the store: keys that `pyairtable-mcp keys new` makes, "
        "separated by commas, the newest first.",
    )
    oauth: bool = Field(
        False,
        description="Let programs connect by this server's address alone: people sign in on a page of it and "
        "agree. Needs auth.audience.",
    )
    airtable_client_id: str = Field(
        "",
        pattern=r"^[!-~]*$",
        description="This server's OAuth integration at Airtable; with it each user links their own account.",
    )
    airtable_client_secret: SecretStr = Field(SecretStr(""), description="Its secret, if it has one.")
    airtable_scopes: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        AIRTABLE_SCOPES, description="What it asks for at Airtable, separated by commas."
    )
    airtable_login_url: str = Field(
        "https://airtable.com", pattern=r"^https?://[^/?#@\s]+$", description="Where people agree to that."
    )
    issuer: str = Field(
        "", pattern=_ADDRESS, description="Whose JSON Web Tokens are accepted, as `iss` has it."
    )
    audience: str = Field(
        "", pattern=_ADDRESS, description="This server's address as clients know it: what `aud` has to hold."
    )
    jwks_url: str = Field(
        "",
        pattern=_ADDRESS,
        description="Where the issuer publishes its keys, if its own documents (OpenID Connect, RFC 8414) do "
        "not say so.",
    )
    jwt_policy: str = Field(
        "", pattern=_PRINTED, description="The policy that bounds everybody with a token of the issuer."
    )
    audit_days: int = Field(365, ge=1, le=36_500, description="Days the record of who did what is kept.")

    @field_validator("airtable_scopes")
    @classmethod
    def _scopes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not all("!" <= char <= "~" for char in one):
                raise ValueError(f"'{visible(one)}' is no scope")
        return value


class HttpSettings(_Section):
    """How the remote endpoint is reached, and by whom."""

    public_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#@\s]+(/[^?#\s]*)?)?$",
        description="Where this server is reached from outside, e.g. https://flows.example.com. Clients are "
        "told so, and Airtable is asked to send notifications of changes there; without it tables that "
        "workflows watch are read now and then instead.",
    )
    hosts: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        (), description="More host names this server answers to, separated by commas, without ports."
    )
    origins: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        (),
        description="Origins of web pages that may call it from a browser, separated by commas, e.g. "
        "https://app.example.com.",
    )
    require_tokens: bool = Field(
        False, description="Ask callers on this machine for a token too; others are always asked."
    )
    stateless: bool = Field(
        False,
        description="Keep nothing between requests, because the next one may come to another process: behind "
        "a balancer of several machines. It is always so with several workers. SSE is refused then, and "
        "clients of older revisions are asked nothing in the middle of a call.",
    )
    body_mb: int = Field(8, ge=1, le=64, description="Megabytes a request may bring.")

    @field_validator("hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+", one):
                raise ValueError(f"'{visible(one)}' is no host name; leave scheme and port out")
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not re.fullmatch(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?/?", one):
                raise ValueError(f"'{visible(one)}' is no origin; one looks like https://app.example.com")
        return value

    @field_validator("public_url")
    @classmethod
    def _without_end(cls, value: str) -> str:
        return value.rstrip("/")


class Settings(_Section):
    """Everything an operator can set."""

    sandbox: bool = Field(False, description="Use the built-in sandbox base instead of Airtable: no account.")
    read_only: bool = Field(False, description="Offer only tools that read.")
    toolsets: Annotated[tuple[Toolset, ...], BeforeValidator(_comma_separated)] = Field(
        TOOLSETS, description="Groups of tools to offer, separated by commas."
    )
    show_spent: bool = Field(
        False, description="End every answer with what it cost: requests sent and seconds waited for leave."
    )
    time_zone: str = Field(
        "UTC", description="IANA time zone in which dates with a time are shown and compared."
    )
    locale: str = Field(
        "en-us",
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        description="Locale for cell_format 'string', in Airtable's spelling.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="What is logged to standard error."
    )
    store: SecretStr = Field(
        SecretStr(""),
        description="A file, or a postgresql:// URL, for what is remembered of changes; processes that name "
        "the same share the request allowance of each base. Without it changes are remembered in a file of "
        "the user's data folder, and each process keeps the limits by itself.",
    )
    egress_allow: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        (),
        description="Hosts, addresses and ranges, separated by commas, that steps of sagas may call although "
        "they are not public.",
    )
    airtable: AirtableSettings = Field(default_factory=AirtableSettings)
    quota: QuotaSettings = Field(default_factory=QuotaSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    sagas: SagaSettings = Field(default_factory=SagaSettings)
    approval: ApprovalSettings = Field(default_factory=ApprovalSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    workflows: WorkflowSettings = Field(default_factory=WorkflowSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = closest(value, available_timezones())
            told = f"; did you mean {listed(near)}" if near else ""
            raise ValueError(f"there is no time zone '{visible(value)}'{told}") from None

    @field_validator("egress_allow")
    @classmethod
    def _places(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not all("!" <= char <= "~" for char in one):
                raise ValueError(f"'{visible(one)}' is no host, address or range")
        return value

    @field_validator("toolsets")
    @classmethod
    def _some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError(f"at least one toolset is needed: {', '.join(TOOLSETS)}")
        return value


@dataclass(frozen=True)
class Leaf:
    """One setting: its place in the tree, the variables that set it (first one preferred), and its words."""

    path: tuple[str, ...]
    env: tuple[str, ...]
    flag: str
    info: FieldInfo

    @property
    def is_switch(self) -> bool:
        """Tell whether this setting is on or off."""
        return self.info.annotation is bool

    @property
    def is_secret(self) -> bool:
        """Tell whether the value must never be shown."""
        return self.info.annotation is SecretStr

    @property
    def has_flag(self) -> bool:
        """Tell whether the command line takes it: secrets would show in the list of processes."""
        return not self.is_secret

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the words this setting takes, or () when it takes more than a few words."""
        return get_args(self.info.annotation) if get_origin(self.info.annotation) is Literal else ()

    @property
    def default(self) -> str:
        """Return the default as a person would type it."""
        value: Any = self.info.default
        if self.is_secret:
            return ""
        if isinstance(value, tuple):
            return ",".join(value)
        return str(value).lower() if isinstance(value, bool) else str(value)


def leaves(model: type[BaseModel] = Settings, at: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield every setting of the tree, in the order of the documentation."""
    for name, info in model.model_fields.items():
        path = (*at, name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from leaves(info.annotation, path)
            continue
        extra = info.json_schema_extra
        own = extra.get("env") if isinstance(extra, dict) else None
        names = [str(n) for n in own] if isinstance(own, list) else [PREFIX + "_".join(path).upper()]
        flag = "--" + "-".join(path).replace("_", "-").removeprefix("airtable-")
        yield Leaf(path, tuple(names), flag, info)


def load(environ: Mapping[str, str], flags: Mapping[tuple[str, ...], object]) -> Settings:
    """Build the settings from variables and flags; a flag wins over a variable.

    Raises NotConfigured for an unknown `PYAIRTABLE_MCP_*` variable (naming the closest right one) and for
    a value that does not fit, naming the variable or flag that holds it.
    """
    table = tuple(leaves())
    _refuse_unknown_variables(environ, table)
    tree: dict[str, Any] = {}
    for leaf in table:
        value = flags.get(leaf.path)
        if value is None:
            value = next((environ[name] for name in leaf.env if environ.get(name)), None)
        if value is not None:
            _put(tree, leaf.path, value)
    try:
        return Settings.model_validate(tree)
    except ValidationError as problem:
        raise NotConfigured(_explain(problem, table)) from None


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _refuse_unknown_variables(environ: Mapping[str, str], table: tuple[Leaf, ...]) -> None:
    known = {name for leaf in table for name in leaf.env}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = closest(name, known, count=1) or sorted(n for n in known if n.startswith(PREFIX))
            raise NotConfigured(
                f"Unknown setting {name}.", hint=f"Did you mean {listed(near)}?", candidates=near
            )


def _explain(problem: ValidationError, table: tuple[Leaf, ...]) -> str:
    by_path = {leaf.path: leaf for leaf in table}
    told = []
    for error in problem.errors(include_url=False, include_input=False):
        path = tuple(str(step) for step in error["loc"])
        leaf = next((by_path[path[:n]] for n in range(len(path), 0, -1) if path[:n] in by_path), None)
        where = " or ".join([leaf.env[0], *([leaf.flag] if leaf.has_flag else [])]) if leaf else "settings"
        told.append(f"{where}: {error['msg'].removeprefix('Value error, ')}")
    return "; ".join(told) + "."
