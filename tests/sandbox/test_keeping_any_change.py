"""The file after any sequence of requests, refused ones among them: it holds what the memory holds."""

import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from .driving import EMPTY, Driver, some
from .test_keeping import kept, survives

META = f"/v0/meta/bases{EMPTY.removeprefix('/v0')}/tables"
HOOKS = f"/v0/bases{EMPTY.removeprefix('/v0')}/webhooks"
CHOICES = ("One", "Two", "Three")
WATCH = {"options": {"filters": {"dataTypes": ["tableData", "tableFields", "tableMetadata"]}}}


async def make_table(ask: Driver, rng: Random) -> None:
    kind = {
        "name": "Kind",
        "type": "singleSelect",
        "options": {"choices": [{"name": each} for each in CHOICES]},
    }
    fields = [{"name": "Name", "type": "singleLineText"}, kind]
    await ask("POST", META, {"name": f"T{rng.randrange(3)}", "fields": fields})


async def make_link(ask: Driver, rng: Random) -> None:
    target = {"linkedTableId": await table_id(ask, rng)}
    field = {"name": f"Link {rng.randrange(4)}", "type": "multipleRecordLinks", "options": target}
    await ask("POST", f"{META}/{await table_id(ask, rng)}/fields", field)


async def make_computed(ask: Driver, rng: Random) -> None:
    field = {"name": f"Size {rng.randrange(4)}", "type": "number", "options": {"precision": 0}}
    await ask("POST", f"{META}/{await table_id(ask, rng)}/fields", field)


async def change_choices(ask: Driver, rng: Random) -> None:
    for table in await tables(ask):
        for field in some(table["fields"]):
            assert isinstance(field, dict)
            if field["type"] == "singleSelect":
                held = field["options"]["choices"]
                fewer = rng.sample(held, k=rng.randint(0, len(held)))
                path = f"{META}/{table['id']}/fields/{field['id']}"
                await ask("PATCH", path, {"options": {"choices": fewer}, "name": field["name"]})


async def create(ask: Driver, rng: Random) -> None:
    table = await table_id(ask, rng)
    rows = [{"fields": await some_cells(ask, rng)} for _ in range(rng.randint(1, 3))]
    await ask("POST", f"{EMPTY}/{table}", {"records": rows, "typecast": rng.random() < 0.7})


async def change(ask: Driver, rng: Random) -> None:
    table = await table_id(ask, rng)
    record = await record_id(ask, rng, table)
    method = rng.choice(("PATCH", "PUT"))
    await ask(method, f"{EMPTY}/{table}/{record}", {"fields": await some_cells(ask, rng), "typecast": True})


async def delete(ask: Driver, rng: Random) -> None:
    table = await table_id(ask, rng)
    await ask("DELETE", f"{EMPTY}/{table}/{await record_id(ask, rng, table)}")


async def comment(ask: Driver, rng: Random) -> None:
    table = await table_id(ask, rng)
    await ask("POST", f"{EMPTY}/{table}/{await record_id(ask, rng, table)}/comments", {"text": "Hello"})


async def watch(ask: Driver, rng: Random) -> None:
    del rng
    await ask("POST", HOOKS, {"notificationUrl": "https://example.com/hook", "specification": WATCH})


async def unwatch(ask: Driver, rng: Random) -> None:
    hooks = some((await ask("GET", HOOKS)).body["webhooks"])
    if hooks:
        hook = rng.choice(hooks)
        assert isinstance(hook, dict)
        await ask("DELETE", f"{HOOKS}/{hook['id']}")


async def wait(ask: Driver, rng: Random) -> None:
    await ask.clock.advance(rng.choice((1, 3 * 86_400, 8 * 86_400)))
    await ask("GET", HOOKS)


ACTS = (
    *(make_table, make_link, make_computed, change_choices, create, create, create, change, change),
    *(delete, comment, watch, unwatch, wait),
)


async def tables(ask: Driver) -> list[dict[str, object]]:
    return [each for each in some((await ask("GET", META)).body["tables"]) if isinstance(each, dict)]


async def table_id(ask: Driver, rng: Random) -> str:
    found = await tables(ask)
    return str(rng.choice(found)["id"]) if found else "tblNone0000000000"


async def record_id(ask: Driver, rng: Random, table: str) -> str:
    answer = await ask("GET", f"{EMPTY}/{table}")
    found = answer.records if answer.status == 200 else []
    return str(rng.choice(found)["id"]) if found else "recNone0000000000"


async def some_cells(ask: Driver, rng: Random) -> dict[str, object]:
    fields: dict[str, object] = {"Name": rng.choice(("a", "b", "c"))}
    if rng.random() < 0.5:
        fields["Kind"] = rng.choice((*CHOICES, "Four"))
    if rng.random() < 0.4:
        table = await table_id(ask, rng)
        fields[f"Link {rng.randrange(4)}"] = rng.choice((["d"], [await record_id(ask, rng, table)]))
    if rng.random() < 0.3:
        fields[f"Size {rng.randrange(4)}"] = rng.choice((3, "x"))
    return fields


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(ACTS), min_size=6, max_size=25))
async def test_the_file_holds_what_the_memory_holds(seed: int, acts: list[object]) -> None:
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder, kept(Path(folder) / "kept.db", "empty") as ask:
        await make_table(ask, rng)
        for act in acts:
            assert callable(act)
            await act(ask, rng)
            assert survives(Path(folder) / "kept.db", ask), act
