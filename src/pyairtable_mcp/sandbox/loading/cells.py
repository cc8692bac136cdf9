"""Cells of loaded records: what the API or a CSV file shows, turned back into what is stored."""

from collections.abc import Mapping
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.fields.choices import names
from pyairtable_mcp.sandbox.fields.kinds import Incoming
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.loading.problems import suggestion
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import COLOURS, Base, Field, Table, User, Workspace
from pyairtable_mcp.sandbox.wire import bad_value

_SUGGESTED_AMONG: Final = 2_000
"""Names of linked records among which a like one is looked for."""

_TELLING: Final = frozenset({"number", "currency", "percent", "duration", "rating", "date", "dateTime"})
"""Types of which text that spells nothing would be lost without a word."""


class CellReader:
    """Reads cells of one base; satisfies `fields.kinds.Writer`.

    With `typecast`, as for CSV, text is read as each field's type, missing options are made, and links are
    names of records. `users` are people met in cells whom the workspace does not know.
    """

    def __init__(self, workspace: Workspace, base: Base, users: dict[str, User], *, typecast: bool) -> None:
        self._workspace = workspace
        self._base = base
        self._users = users
        self.typecast = typecast
        self._names: dict[str, dict[str, str]] = {}
        self._reader: BaseReader | None = None

    def read(self, field: Field, raw: Json) -> Json:
        """Return the stored form of a value, None for an empty cell; refuse what does not fit."""
        if field.type in ("singleCollaborator", "multipleCollaborators"):
            self.meet(raw)
        parse = kind_of(field.type).parse
        cell = parse(Incoming(raw, field, self)) if parse else raw
        if cell is None and isinstance(raw, str) and raw.strip() and field.type in _TELLING:
            raise bad_value(field.name, f"cannot be read from {raw!r}")
        return cell

    def meet(self, raw: Json) -> None:
        """Remember the people of a collaborator cell."""
        for each in raw if isinstance(raw, list) else [raw]:
            if isinstance(each, Mapping) and isinstance(key := each.get("id"), str):
                email, name = each.get("email") or "", each.get("name") or each.get("email") or key
                if self.person(key) is None:
                    self._users[key] = User(key, str(name), str(email))

    def choice(self, field: Field, name: str) -> str:
        """Return the option id of this name, making the option under typecast."""
        known = {shown: key for key, shown in names(field).items()}
        if name in known:
            return known[name]
        if not self.typecast:
            raise bad_value(field.name, f"has no option {name!r}{suggestion(name, known)}")
        held = field.options.get("choices")
        before = list(held) if isinstance(held, list) else []
        key, colour = self._workspace.new_id("sel"), COLOURS[len(before) % len(COLOURS)]
        field.options["choices"] = [*before, {"id": key, "name": name.strip(), "color": colour}]
        return key

    def link(self, field: Field, key: str) -> str:
        """Return the id of the linked record `key`, its id or under typecast its name."""
        target = self._base.tables.get(str(field.options.get("linkedTableId")))
        if target is None or not self.typecast or key in target.records:
            return key
        known = self._named(target)
        if key not in known:
            near = suggestion(key, known) if len(known) <= _SUGGESTED_AMONG else ""
            raise bad_value(field.name, f"names a record {key!r} that {target.name!r} does not have{near}")
        return known[key]

    def _named(self, table: Table) -> Mapping[str, str]:
        """Return record ids by the names of the records; the first of several with one name."""
        if table.id not in self._names:
            reader = self._reader = self._reader or BaseReader(self._workspace, self._base, Formulas())
            named = self._names[table.id] = {}
            for record in table.records.values():
                named.setdefault(reader.text(table, record, table.primary), record.id)
        return self._names[table.id]

    def person(self, key: str) -> User | None:
        """Return the user of this id or e-mail, and under typecast also of this name."""
        return self._users.get(key) or self._workspace.user_by(key)

    def attachment(self, given: Json, held: Json) -> Json:
        """Return an attachment as it was, or one for a `{"url"}`."""
        del held
        if not isinstance(given, Mapping) or not isinstance(url := given.get("url"), str):
            raise bad_value("attachment", "needs a url")
        if "id" in given:
            return given
        name = given.get("filename") or url.rsplit("/", 1)[-1] or "attachment"
        return {"id": self._workspace.new_id("att"), "url": url, "filename": name}
