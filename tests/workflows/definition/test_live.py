"""Names in a definition are held against the live schema; what shows only when it runs is left alone."""

import pytest

from pyairtable_mcp.workflows.definition.checking import checked
from pyairtable_mcp.workflows.definition.live import live_checked
from tests.support.behaviours import behaviour
from tests.support.world import World
from tests.workflows.definition.cases import GOOD

WRONG = """\
name: wrong
inputs:
  invoice: {type: record, base: Studio, table: Invoces}
  client: {type: record, base: Studio, table: Clients, default: Acme Robtics}
  table: {type: table, base: Studio, default: Taks}
on:
  record:
    - {base: Studio, table: Invoices, fields: [Statsu], when: "{Staus} = 'Paid'", with: {invoice: x}}
    - {base: Studio, table: Invoces, with: {invoice: x}}
steps:
  - id: a
    do: find
    with:
      base: Studio
      table: Tasks
      where: [{field: Status, value: Blokced}, {any: [{field: Nam, value: "${{ inputs.invoice }}"}]}]
      fields: [Name, Du]
      sort: -Du
      view: Open taks
  - id: b
    do: update
    with:
      base: Studio
      table: Tasks
      formula: "{Nam} = 'x'"
      set: {Status: Blokced, Overdue: x, Nme: 1, Due: "${{ today }}"}
  - id: c
    do: create
    with: {base: Studoi, table: Tasks, records: [{Name: x}]}
  - id: d
    do: if
    with:
      condition: true
      then:
        - {id: e, do: upsert, with: {base: Studio, table: Peple, records: [{Name: x}], match_on: [Name]}}
      else:
        - {id: f, do: upsert, with: {base: Studio, table: People, records: [{Nam: x}], match_on: [Nam]}}
  - id: g
    do: update
    with: {base: Studio, table: Tasks, records: [{id: x, fields: {Due: soon, Prioritty: 1}}]}
  - id: h
    do: update_schema
    with: {base: Studio, table: Tasks, fields: [{field: Duee, name: Deadline}]}
"""

UNKNOWN = """\
name: later
steps:
  - id: table
    do: create_table
    with: {base: Studio, table: Risks, fields: [{name: Risk, type: singleLineText}]}
  - id: field
    do: create_fields
    with: {base: Studio, table: Tasks, fields: [{name: Risk note, type: singleLineText}]}
  - id: risk
    do: create
    with: {base: Studio, table: Risks, records: [{Risk: none}]}
  - id: note
    do: update
    with: {base: Studio, table: Tasks, where: [{field: Risk note, op: empty}], set: {Risk note: "-"}}
  - id: other
    do: find
    with: {base: "${{ steps.risk.records[0].id }}", table: Nowhere}
"""


@behaviour("definition.live")
async def test_every_name_that_names_nothing_is_told_with_the_closest(studio: World) -> None:
    found = await live_checked(studio.app.dispatcher.new_call(), checked(WRONG))
    assert found.workflow is None
    assert [(one.line, one.path, one.candidates[:1]) for one in found.problems] == [
        (3, "inputs.invoice.table", ("Invoices",)),
        (4, "inputs.client.default", ("Acme Robotics",)),
        (5, "inputs.table.default", ("Tasks",)),
        (8, "on.record[0].fields[0]", ("Status",)),
        (8, "on.record[0].when", ("Status",)),
        (9, "on.record[1].table", ("Invoices",)),
        (16, "steps[0].with.where[0]", ("Blocked",)),
        (16, "steps[0].with.where[1].any[0].field", ("Name",)),
        (17, "steps[0].with.fields[1]", ("Due",)),
        (18, "steps[0].with.sort", ("Due",)),
        (19, "steps[0].with.view", ("Open tasks",)),
        (25, "steps[1].with.formula", ("Name",)),
        (26, "steps[1].with.set.Status", ("Blocked",)),
        (26, "steps[1].with.set.Overdue", ()),
        (26, "steps[1].with.set.Nme", ("Name",)),
        (29, "steps[2].with.base", ("Studio",)),
        (35, "steps[3].with.then[0].with.table", ("People",)),
        (37, "steps[3].with.else[0].with.records[0].Nam", ("Name",)),
        (37, "steps[3].with.else[0].with.match_on[0]", ("Name",)),
        (40, "steps[4].with.records[0].fields.Due", ()),
        (40, "steps[4].with.records[0].fields.Prioritty", ("Priority",)),
        (43, "steps[5].with.fields[0].field", ("Due",)),
    ]


@behaviour("definition.live")
@pytest.mark.parametrize("text", [GOOD, UNKNOWN], ids=["good", "made by its own steps"])
async def test_what_is_there_or_will_be_is_not_complained_about(studio: World, text: str) -> None:
    found = await live_checked(studio.app.dispatcher.new_call(), checked(text))
    assert found.problems == ()
    assert found.workflow is not None


FIELDS = """\
name: fields
on:
  record:
    - {base: Studio, table: Invoices, with: {note: "${{ trigger.record.fields.Statsu }}"}}
inputs:
  note: {default: null}
steps:
  - id: tasks
    do: find
    with: {base: Studio, table: Tasks, fields: [Name, due]}
  - id: each
    do: for_each
    with:
      in: ${{ [one for one in steps.tasks.records if get(one.fields, 'Statsu') == 'Done'] }}
      steps:
        - id: say
          do: comment
          with:
            base: Studio
            table: Tasks
            record: ${{ item.id }}
            text: ${{ item.fields.Due }} ${{ item.fields.Duee }} ${{ trigger.before.fields.Amont }}
  - id: new
    do: create
    with: {base: Studio, table: Clients, records: [{Name: "${{ steps.tasks.records[0].fields.Nam }}"}]}
  - id: last
    do: find
    with: {base: Studio, table: Projects, search: "${{ steps.new.records[0].fields.Nmae }}"}
"""


@behaviour("definition.live")
async def test_fields_that_expressions_name_are_held_against_what_earlier_steps_give(studio: World) -> None:
    assert checked(FIELDS).problems == ()
    found = await live_checked(studio.app.dispatcher.new_call(), checked(FIELDS))
    assert [(one.line, one.says, one.candidates[:1]) for one in found.problems] == [
        (4, "'trigger.record.fields' has no 'Statsu'.", ("Status",)),
        (14, "'one.fields' has no 'Statsu'.", ("Name",)),
        (22, "'item.fields' has no 'Duee'.", ("Due",)),
        (22, "'trigger.before.fields' has no 'Amont'.", ("Amount",)),
        (25, "'steps.tasks.records[0].fields' has no 'Nam'.", ("Name",)),
        (28, "'steps.new.records[0].fields' has no 'Nmae'.", ("Name",)),
    ]
