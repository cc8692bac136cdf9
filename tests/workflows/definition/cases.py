"""Definitions that are wrong in one way each, and what is said of them."""

from typing import Final

GOOD: Final = """\
name: close-project
description: Closes a project when its invoice is paid.
inputs:
  invoice: {type: record, base: Studio, table: Invoices}
  note: {type: text, default: ""}
  kind: {type: choice, choices: [soft, hard], default: soft}
on:
  schedule:
    - id: nightly
      cron: 0 2 * * MON-FRI
      timezone: Europe/Berlin
      with: {invoice: INV-0001, note: "${{ trigger.due }}"}
  record:
    - base: Studio
      table: Invoices
      fields: [Status]
      when: "{Status} = 'Paid'"
      was: "{Status} != 'Paid'"
      with:
        invoice: ${{ trigger.record.id }}
        note: ${{ trigger.before.fields.Status }}
  webhook:
    - payload: {type: object, properties: {invoice: {type: string}}}
      with:
        invoice: ${{ trigger.body.invoice }}
steps:
  - id: paid
    do: find
    with: {base: Studio, table: Invoices, where: [{field: Status, value: Paid}], limit: "${{ 5 + 5 }}"}
  - id: each
    do: for_each
    with:
      in: ${{ steps.paid.records }}
      steps:
        - id: hint
          do: comment
          with:
            base: Studio
            table: Invoices
            record: ${{ item.id }}
            text: "${{ inputs.kind }}: ${{ trigger.kind }} ${{ today }}"
on_failure:
  - id: tell
    do: http_request
    with: {url: "https://example.com", body: "${{ failure.error }} ${{ inputs.invoice }}"}
concurrency:
  key: ${{ inputs.invoice }}
  while_running: replace
timeout: 600
approval: {deletes: true}
"""
"""A definition with something of everything, and nothing wrong."""

Case = tuple[str, str, int, str, str, tuple[str, ...]]
"""What to replace in the good one, by what, and then: line, path, what is said, the closest right words."""

SHAPE: Final[tuple[Case, ...]] = (
    ("name: close-project", "name: Close It", 1, "name",
     "'Close It' does not fit: small letters, digits, _ and -, a letter first, 50 at most.", ()),
    ("description:", "descripton:", 2, "descripton",
     "There is no key 'descripton' here.", ("description",)),
    ("timeout: 600", "timeout: 0", 49, "timeout", "It is at least 1, not 0.", ()),
    ("timeout: 600", "timeout: soon", 49, "timeout", "It takes a whole number, not 'soon'.", ()),
    ("while_running: replace", "while_running: replac", 48, "concurrency.while_running",
     "It is 'queue', 'skip' or 'replace', not 'replac'.", ("replace",)),
    ("approval: {deletes: true}", "approval: {delete: true}", 50, "approval.delete",
     "There is no key 'delete' here.", ("deletes",)),
    ("approval: {deletes: true}", "approval: [deletes]", 50, "approval",
     "It takes keys with values, not a list.", ()),
    ("description: Closes", "description: [Closes]\nx: Closes", 2, "description",
     "It takes a text, not a list.", ()),
    ("  note: {type: text", "  my note: {type: text", 5, "inputs.my note",
     "'my note' cannot be its name: letters, digits and _, no digit first, 40 at most.", ()),
    ("  note: {type: text", "  note: {type: txt", 5, "inputs.note.type",
     "It is 'text', 'number', 'boolean', 'date', 'choice', 'base', 'table', 'record' or 'list', not 'txt'.",
     ("text",)),
    ("  note: {type: text", "  note: {typ: text", 5, "inputs.note.typ",
     "There is no key 'typ' here.", ("type",)),
    ("fields: [Status]", "fields: [1]", 16, "on.record[0].fields[0]", "It takes a text, not 1.", ()),
    ("fields: [Status]", "events: [chnaged]", 16, "on.record[0].events[0]",
     "It is 'created', 'changed' or 'deleted', not 'chnaged'.", ("changed",)),
    ("    - base: Studio\n", "    - bse: Studio\n", 14, "on.record[0].bse",
     "There is no key 'bse' here.", ("base",)),
)  # fmt: skip

INPUTS: Final[tuple[Case, ...]] = (
    ("{type: choice, choices: [soft, hard], default: soft}", "{type: choice, default: x}", 6,
     "inputs.kind.choices", "A choice has `choices`.", ()),
    ("choices: [soft, hard], default: soft", "choices: [soft, hard], default: sotf", 6, "inputs.kind.default",
     "It takes one of 'soft', 'hard', not 'sotf'.", ("soft",)),
    ("{type: choice, choices", "{choices", 6, "inputs.kind.choices",
     "Only a choice has choices, and this is a text.", ("choice",)),
    ('{type: text, default: ""}', "{type: date, default: 31.12.2026}", 5, "inputs.note.default",
     "It takes a date such as 2026-03-31, not '31.12.2026'.", ("2026-12-31",)),
    ('{type: text, default: ""}', "{type: list, of: number, default: [1, two]}", 5, "inputs.note.default[1]",
     "It takes a number such as 1200.5, not 'two'.", ()),
    ('{type: text, default: ""}', '{of: number, default: ""}', 5, "inputs.note.of",
     "Only a list is `of` something, and this is a text.", ("list",)),
    ('{type: text, default: ""}', '{base: Studio, default: ""}', 5, "inputs.note.base",
     "Only a table or a record is in a base, and this is a text.", ()),
    ("{type: record, base: Studio, table: Invoices}", "{type: record, table: Invoices}", 4,
     "inputs.invoice.table", "A table is found by its name only when `base` is given too.", ()),
    ("{type: record, base: Studio, table: Invoices}", "{type: table, base: Studio, table: Invoices}", 4,
     "inputs.invoice.table", "Only a record is in a table, and this is a table.", ("record",)),
)  # fmt: skip

TRIGGERS: Final[tuple[Case, ...]] = (
    ("cron: 0 2 * * MON-FRI", "cron: 0 25 * * MON-FRI", 10, "on.schedule[0].cron",
     "'25' is no hour of a cron line (0-23).", ()),
    ("cron: 0 2 * * MON-FRI", "cron: 0 2 * * MUN", 10, "on.schedule[0].cron",
     "'MUN' is no day-of-week of a cron line (0-7, SUN-SAT).", ()),
    ("cron: 0 2 * * MON-FRI", "cron: 0 2 30 2 *", 10, "on.schedule[0].cron",
     "It is never due: no day is like that.", ()),
    ("cron: 0 2 * * MON-FRI", 'cron: "@daily"', 10, "on.schedule[0].cron",
     "A cron line has five words, minute, hour, day-of-month, month, day-of-week, and this one 1 word.",
     ("0 0 * * *",)),
    ("timezone: Europe/Berlin", "timezone: Berlin", 11, "on.schedule[0].timezone",
     "There is no time zone 'Berlin'.", ("Europe/Berlin",)),
    ("    - base: Studio\n", "    - id: nightly\n      base: Studio\n", 14, "on.record[0].id",
     "The id 'nightly' is taken by a schedule trigger.", ()),
    ("{invoice: INV-0001, note:", "{note:", 12, "on.schedule[0].with",
     "It does not give the input 'invoice', which has no default: the id or primary value of a record.", ()),
    ("{invoice: INV-0001, note:", "{invoice: INV-0001, nte:", 12, "on.schedule[0].with.nte",
     "There is no input 'nte'.", ("note",)),
    ("{invoice: INV-0001, note:", "{invoice: INV-0001, kind: hrd, note:", 12, "on.schedule[0].with.kind",
     "It takes one of 'soft', 'hard', not 'hrd'.", ("hard",)),
    ("${{ trigger.due }}", "${{ trigger.deu }}", 12, "on.schedule[0].with.note",
     "'trigger' has no 'deu'.", ("due",)),
    ("${{ trigger.due }}", "${{ trigger.record.id }}", 12, "on.schedule[0].with.note",
     "'trigger' has no 'record'.", ("kind", "id", "at", "due")),
    ("${{ trigger.due }}", "${{ inputs.kind }}", 12, "on.schedule[0].with.note",
     "There is no 'inputs'.", ("now", "today", "trigger")),
    ("${{ trigger.before.fields.Status }}", "${{ trigger.before.field.Status }}", 21,
     "on.record[0].with.note", "'trigger.before' has no 'field'.", ("fields",)),
    ("when: \"{Status} = 'Paid'\"", "when: \"IFF({Status}, 1)\"", 17, "on.record[0].when",
     "In the formula: IFF is no function.", ("IF",)),
    ("fields: [Status]", "fields: [Status]\n      events: [created]", 16, "on.record[0].fields",
     "Only changes have fields that count, and `events` does not name changed.", ()),
    ("payload: {type: object,", "payload: {type: objet,", 23, "on.webhook[0].payload.type",
     "'objet' is no type of JSON.", ("object",)),
    ("{type: string}", '{$ref: "https://example.com/x"}', 23,
     "on.webhook[0].payload.properties.invoice.$ref",
     "A schema refers only to its own parts, `#/$defs/…`.", ()),
    ("{type: string}", '{pattern: "("}', 23, "on.webhook[0].payload.properties.invoice.pattern",
     "'(' is no regular expression.", ()),
)  # fmt: skip

STEPS: Final[tuple[Case, ...]] = (
    ("do: find", "do: fnd", 28, "steps[0].do", "There is no kind of step 'fnd'.", ("find",)),
    ("    do: find\n", "", 27, "steps[0].do", "A step says what to `do`.", ()),
    ("id: each", "id: paid", 30, "steps[1].id", "The id 'paid' is taken by an earlier step.", ()),
    ("id: each", "id: every one", 30, "steps[1].id", "A step has an id of letters, digits and _.", ()),
    ("    do: for_each\n", "    do: for_each\n    on_eror: continue\n", 32, "steps[1].on_eror",
     "Unknown key 'on_eror'.", ("on_error",)),
    ("{base: Studio, table: Invoices, where", "{base: Studio, tabel: Invoices, table: x, where", 29,
     "steps[0].with.tabel", "There is no argument 'tabel'.", ("table",)),
    ("{base: Studio, table: Invoices, where", "{base: Studio, where", 29, "steps[0].with.table",
     "It is missing.", ()),
    ('limit: "${{ 5 + 5 }}"', "limit: many", 29, "steps[0].with.limit",
     "It takes a whole number, not 'many'.", ()),
    ("      in: ${{ steps.paid.records }}\n", "", 32, "steps[1].with.in", "It is missing.", ()),
    ("${{ steps.paid.records }}", "${{ steps.pad.records }}", 33, "steps[1].with.in",
     "There is no step 'pad'.", ("paid",)),
    ("${{ steps.paid.records }}", "${{ steps.paid.recods }}", 33, "steps[1].with.in",
     "Step 'paid' gives no 'recods'.", ("records",)),
    ("${{ steps.paid.records }}", "${{ steps.paid.count }}", 33, "steps[1].with.in",
     "It takes a list, and this is none.", ()),
    ("record: ${{ item.id }}", "record: ${{ itm.id }}", 40, "steps[1].with.steps[0].with.record",
     "There is no 'itm'.", ("item",)),
    ("${{ inputs.kind }}: ", "${{ inputs.knd }}: ", 41, "steps[1].with.steps[0].with.text",
     "'inputs' has no 'knd'.", ("kind",)),
    ("${{ trigger.kind }}", "${{ trigger.knd }}", 41, "steps[1].with.steps[0].with.text",
     "'trigger' has no 'knd'.", ("kind",)),
    ("${{ today }}", "${{ toady }}", 41, "steps[1].with.steps[0].with.text",
     "There is no 'toady'.", ("today",)),
    ("${{ today }}", "${{ lenn(today) }}", 41, "steps[1].with.steps[0].with.text",
     "There is no function 'lenn'.", ("len",)),
    ("do: comment", "do: coment", 36, "steps[1].with.steps[0].do", "There is no kind of step 'coment'.",
     ("comment",)),
    ("${{ failure.error }}", "${{ failure.eror }}", 45, "on_failure[0].with.body",
     "'failure' has no 'eror'.", ("error",)),
    ("${{ failure.error }}", "${{ steps.paid.count }}", 45, "on_failure[0].with.body",
     "There is no step 'paid'.", ()),
    ("key: ${{ inputs.invoice }}", "key: ${{ inputs.invoce }}", 47, "concurrency.key",
     "'inputs' has no 'invoce'.", ("invoice",)),
    ("key: ${{ inputs.invoice }}", "key: ${{ steps.paid.count }}", 47, "concurrency.key",
     "There is no 'steps'.", ()),
)  # fmt: skip
