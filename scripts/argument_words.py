"""What arguments mean, for the reference page, where the tool list itself says nothing.

A model pays for each word of a tool list in every conversation, so the list leaves out what a name says.
Keys are `argument`, or `tool.argument` where one tool means something of its own, which also replaces the
list's words. Parts of nested objects are written as on the page, e.g. `fields[].name`.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "base": "id or name of the base",
    "table": "id or name of the table",
    "view": "id or name of a view: its filter and order apply",
    "field": "id or name of the attachment field",
    "fields": "ids or names of the fields to show; all when left out",
    "limit": "how many to return at most; the server's own default when left out",
    "cursor": "the cursor an earlier answer of the same call gave",
    "dry_run": "show what would change and write nothing",
    "text": "the comment",
    "check_formula.formula": "the formula, of a field or a filter",
    "url": "public address Airtable fetches the file from",
    "filename": "name the file gets",
    "records[].id": "record id or primary value",
    "records[].fields": "new values by field; null clears",
    "create_table.fields": "the fields to create, the primary one first",
    "create_table.description": "description of the new table",
    "create_fields.fields": "the fields to create",
    "update_schema.fields": "what to change about which fields",
    "update_schema.description": "new description of the table",
    "fields[].name": "name of the field",
    "update_schema.fields[].name": "new name of the field",
    "fields[].field": "id or name of the field",
    "fields[].type": "Airtable's name of the field type, or a common one such as text, select or link",
    "fields[].description": "description of the field",
    "fields[].choices": "options of a select",
    "fields[].add_choices": "options to add to a select",
    "create_table.fields[].links_to": "id or name of the table a link field links to",
    "create_fields.fields[].links_to": "id or name of the table a link field links to",
    "update_records.records": "each record's own new values",
    "attach_file.content": "the file itself, in base64",
    "on_error": "undo: all or nothing; continue: keep what works and report each record",
    "unfinished": "only those that are not finished, or wait for somebody",
    "from_step": "only this step and those after it",
    "saga": "the name a write's answer gives, such as sgk3f9x2",
    "steps": "the steps in order; docs/sagas.md has what each kind takes and gives",
    "title": "what the list of sagas calls it",
    "force": "also over what people changed meanwhile",
    "workflow": "name of the workflow",
    "runs": "how many of its last runs to show",
    "definition": "the workflow as YAML or JSON text, or as an object; docs/workflows.md has its words",
    "save_workflow.workflow": "name of the workflow to switch on or off, without a definition",
    "enabled": "whether it starts runs; when left out it stays as it is, and a new one is on",
    "save_workflow.dry_run": "check it and tell what saving would do",
    "inputs": "what the run is told, by the names of the workflow's inputs",
    "rerun": "saga id of the run to repeat, with its inputs except those given anew",
    "run_workflow.from_step": "repeat from this step on, with what the steps before it gave",
    "run_workflow.wait": "false: answer at once and let it run",
    "fields[].options": "Airtable's own options object, for what the other words do not cover",
}
