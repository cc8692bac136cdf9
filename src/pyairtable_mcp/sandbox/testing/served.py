"""What the fixtures give: a running sandbox and a base in it, steered in process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.http.answer import Answer
from pyairtable_mcp.sandbox.http.faults import FaultQueue
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, WriteRecord
from pyairtable_mcp.sandbox.loading.load import Document, load_bases
from pyairtable_mcp.sandbox.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.state.model import Base
from pyairtable_mcp.sandbox.testing.background import Background
from pyairtable_mcp.sandbox.testing.specs import TableSpec, plan

BATCH: Final = 10
"""Most records in one write (Airtable API reference)."""

SEED: Final = "none"
"""What a sandbox holds when a test says nothing else: people, and no base."""

BaseSource = str | Mapping[str, TableSpec] | JsonObject
"""A seed by name; tables by name with their fields; or the metadata of a base, which has a list of tables."""


class AirtableSandbox:
    """An Airtable of one's own at `url`, which takes `token`.

    Everything here acts on it directly, not over HTTP. `faults` scripts what requests meet.
    """

    def __init__(self, sandbox: Sandbox, background: Background) -> None:
        self.url = background.url
        self.token = DEFAULT_TOKEN
        self.faults: FaultQueue = sandbox.faults
        self._sandbox = sandbox
        self._control = sandbox.control
        self._background = background
        self._sessions: list[Any] = []

    @property
    def headers(self) -> dict[str, str]:
        """The headers a plain HTTP client has to send."""
        return {"Authorization": f"Bearer {self.token}"}

    def api(self, **options: Any) -> Any:
        """Return a `pyairtable.Api` of this sandbox; raise `ImportError` when pyairtable is not installed.

        It takes the options of `pyairtable.Api`, and its connections are closed when the test is over.
        """
        from pyairtable import Api

        api = Api(self.token, **{"endpoint_url": self.url, **options})
        self._sessions.append(api.session)
        return api

    def base(
        self,
        source: BaseSource = "studio",
        *,
        records: Mapping[str, Sequence[JsonObject]] | None = None,
        name: str = "Test",
    ) -> "AirtableBase":
        """Add a base and return it; `records` are cells by field name, by table name.

        Links in `records` may name a record by its primary field. Raises `KeyError` for an unknown seed,
        `BadLoad` for metadata that cannot be loaded, `ValueError` for tables or records that are refused.
        """
        if isinstance(source, str):
            made = self._background.do(lambda: self._control.add_seed(source))
        elif isinstance(source.get("tables"), list):
            documents = [Document("the base", source)]
            (made,) = self._background.do(lambda: load_bases(self._sandbox.workspace, documents))
        else:
            made = self._built(source, name)
        base = self._handle(made)
        for table, rows in (records or {}).items():
            base.add(table, *rows)
        return base

    def _built(self, tables: Mapping[str, Any], name: str) -> Base:
        planned = plan(tables)
        made = self.accepted(
            "POST",
            "/v0/meta/bases",
            {"name": name, "workspaceId": self._sandbox.workspace.id, "tables": planned.tables},
        )
        base = self._sandbox.workspace.bases[str(made["id"])]
        ids = {each.name: each.id for each in base.tables.values()}
        for table, field in planned.links(ids):
            self.accepted("POST", f"/v0/meta/bases/{base.id}/tables/{ids[table]}/fields", field)
        return base

    def _handle(self, base: Base) -> "AirtableBase":
        return AirtableBase(self, base.id, base.name, {each.name: each.id for each in base.tables.values()})

    def accepted(self, method: str, path: str, body: Json) -> JsonObject:
        """Do as the owner what the API can do; raise `ValueError` when it is refused."""
        answer = self.act_as(self._sandbox.workspace.owner, method, path, body)
        if answer.status != 200 or not isinstance(answer.body, Mapping):
            raise ValueError(f"{method} {path} was refused: {answer.status} {answer.body}")
        return answer.body

    def act_as(self, user: str, method: str, path: str, body: Json = None) -> Answer:
        """Do as a person (by id, e-mail or name) what the API can do, behind the clients' backs.

        No token, no rate and no fault is involved; webhooks tell of it as a person's change. Returns the
        status and the body; raises `ApiError` for an unknown user.
        """
        return self._background.do(lambda: self._control.stage.act(user, method, path, body, self.url))

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """What was asked so far."""
        return self._background.do(lambda: list(self._control.requests))

    @property
    def writes(self) -> Sequence[WriteRecord]:
        """What took effect so far, whatever its sender was told."""
        return self._background.do(lambda: list(self._control.writes))

    def forget(self) -> None:
        """Empty the ledgers of requests and writes."""
        self._background.do(self._control.requests.clear)
        self._background.do(self._control.writes.clear)

    @property
    def rate(self) -> int:
        """Requests a second each base admits, 0 for no limit; it can be set."""
        return self._control.law.rate

    @rate.setter
    def rate(self, rate: int) -> None:
        """Set the rate, forgetting arrivals and penalties."""
        self._background.do(lambda: setattr(self._control.law, "rate", rate))

    @property
    def now(self) -> datetime:
        """The moment of the sandbox's clock."""
        return self._control.clock.now()

    def freeze(self, moment: datetime | None = None) -> None:
        """Stop the clock, at a moment when one is given."""
        self._background.do(lambda: self._control.clock.freeze(moment))

    def advance(self, seconds: float) -> None:
        """Move the clock on; what waited for the time to pass goes on."""
        self._background.wait_for(self._control.clock.advance(seconds))

    def run(self) -> None:
        """Let the time pass again."""
        self._background.do(self._control.clock.run)

    def save(self, name: str) -> None:
        """Set the data aside under a name."""
        self._background.do(lambda: self._control.save(name))

    def restore(self, name: str) -> None:
        """Put data back that was set aside; raise `ApiError` for an unknown name."""
        self._background.do(lambda: self._control.restore(name))

    def issue_token(self, **options: Any) -> str:
        """Return a new token; it takes what `Sandbox.issue_token` takes."""
        return self._background.do(lambda: self._sandbox.issue_token(**options))

    def reset(self, seed: str = SEED) -> None:
        """Begin again with a seed; raise `KeyError` for an unknown one."""
        self._background.do(lambda: self._control.reset(seed))

    def close(self) -> None:
        """Close the connections of every `api` that was made."""
        while self._sessions:
            self._sessions.pop().close()


@dataclass(frozen=True)
class AirtableBase:
    """A base in a running sandbox: its id, its name, and its tables' ids by name."""

    sandbox: AirtableSandbox
    id: str
    name: str
    tables: Mapping[str, str]

    def url(self, table: str) -> str:
        """Return where a table's records are, for plain HTTP."""
        return f"{self.sandbox.url}/v0/{self.id}/{self.tables[table]}"

    def table(self, name: str, **options: Any) -> Any:
        """Return a `pyairtable.Table` of an `api` with these options; `ImportError` without pyairtable."""
        return self.sandbox.api(**options).table(self.id, self.tables[name])

    def add(self, table: str, *rows: JsonObject) -> Sequence[str]:
        """Add records, links named by primary field, and return their ids; `ValueError` when refused."""
        added: list[str] = []
        path = f"/v0/{self.id}/{self.tables[table]}"
        for start in range(0, len(rows), BATCH):
            some = [{"fields": each} for each in rows[start : start + BATCH]]
            answer = self.sandbox.accepted("POST", path, {"records": some, "typecast": True})
            records = answer["records"]
            if isinstance(records, Sequence):
                added += [str(each["id"]) for each in records if isinstance(each, Mapping)]
        return added


@contextmanager
def serve_for_tests() -> Iterator[AirtableSandbox]:
    """Serve a sandbox without a rate in the background until the block ends."""
    sandbox = Sandbox(SEED, rate=0, control=True)
    with Background(sandbox) as background:
        served = AirtableSandbox(sandbox, background)
        try:
            yield served
        finally:
            # Nobody is left waiting for a clock that stands still.
            served.reset()
            served.close()
