"""What a model has to know to write a workflow; a text, so that nothing is imported for it."""

from typing import Final

WRITING_A_WORKFLOW: Final = """\
Write a workflow for this server: a procedure that is saved once and then runs by tool, clock, change or hook.

1. Look at the tables, fields and options it needs with describe_base. Use their exact names.
2. Ask me about what the job leaves open: what starts it, what becomes of doubtful cases, what I must approve.
3. Write the definition as YAML and check it with save_workflow and dry_run. Put right everything it names.
4. Show me the definition and what the dry run says. Save it only when I agree.

A definition, with something of everything:

name: close-project                  # small letters, digits, - and _
description: One sentence.
inputs:                              # type: text, number, boolean, date, choice, base, table, record or list
  invoice: {type: record, base: Studio, table: Invoices}
  size: {type: choice, choices: [Small, Large], default: Small}    # without a default it has to be given
on:                                  # manual is always there
  schedule:
    - {id: monday, cron: 0 8 * * MON, timezone: Europe/Berlin, catch_up: latest, with: {invoice: INV-1}}
  record:                            # events: created, changed, deleted
    - base: Studio
      table: Invoices
      events: [changed]
      fields: [Status]               # only changes of these count
      when: "{Status} = 'Paid'"      # Airtable formulas on what is there now, and (was:) on what was before
      was: "{Status} != 'Paid'"
      with: {invoice: "${{ trigger.record.id }}"}
  webhook:
    - {auth: hmac, payload: {type: object}, with: {invoice: "${{ trigger.body.invoice }}"}}
steps:                               # in order; should one fail, those before it are taken back
  - id: found
    do: find
    with: {base: Studio, table: Invoices, where: [{field: Status, value: Sent}], fields: [Number], limit: 100}
  - id: each
    do: for_each                     # its steps see item and index
    with:
      in: ${{ steps.found.records }}
      steps:
        - {id: say, do: comment, with: {base: Studio, table: Invoices, record: "${{ item.id }}", text: Due}}
on_failure:                          # steps that see failure.error, failure.saga and failure.step
  - {id: tell, do: http_request, with: {url: "https://example.com/alarm", body: "${{ failure.error }}"}}
concurrency: {key: "${{ inputs.invoice }}", while_running: queue}  # or skip, replace
timeout: 3600                        # seconds, after which it is taken back
approval: {deletes: true}            # what waits for a person

Kinds of steps: create, update, upsert, delete, attach, comment, create_table, create_fields, update_schema
(with: what the tool of that name takes); replace (as update, fields left out are cleared); find (as
find_records); http_request (method, url, headers, body, repeatable, undo); trigger_automation (url, payload);
wait (seconds or until); approve (message); if (condition, then, else); for_each (in, steps). With
on_error: continue a failure is noted, and the rest goes on.

${{ }} holds an expression: inputs.x, trigger.x, steps.a.records[0].fields.Name, steps.a.count, now, today,
item, index; + - * / == != < and or not in, [x.id for x in list if x.ok], a if b else c. An empty cell is not
there: get(item.fields, 'Name', ''). Functions: len, text, number, round, abs, min, max, sum, lower, upper,
trim, join, first, default, unique, get, flat, group, add_days, days_between. A text that is one expression
becomes its value. In { } and [ ], and with a colon in it, an expression stands in quotes.\
"""
"""The prompt `write_workflow`, but for the job itself."""
