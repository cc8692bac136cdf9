"""Prompts a person picks from a menu: the jobs people most often bring to a base."""

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt

from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.workflows.definition.guide import WRITING_A_WORKFLOW


def _explore_base(base: str) -> str:
    return (
        f"Explain the Airtable base {quoted(base)} to somebody new to it. Describe its tables, what one "
        "record of each stands for and how the tables link. Look at a few records of the most important "
        "tables. End with three questions that the data could answer."
    )


def _clean_up_table(base: str, table: str) -> str:
    return (
        f"Find what is untidy in table {quoted(table)} of the Airtable base {quoted(base)}: duplicates, "
        "near-duplicate names and options, empty fields that others fill, values in odd forms, broken links. "
        "List the findings with counts and record ids, propose changes, and show each with a dry run. Write "
        "nothing before I agree."
    )


def _import_rows(base: str, table: str, rows: str) -> str:
    return (
        f"Bring the rows below into table {quoted(table)} of the Airtable base {quoted(base)}. Match their "
        "columns to the table's fields, choose the field that identifies a row, and upsert on it so that "
        "nothing is doubled. Show the dry run first, with every value you had to interpret, and wait for my "
        f"yes.\n\n{rows}"
    )


def _write_workflow(base: str, job: str) -> str:
    return f"{WRITING_A_WORKFLOW}\n\nThe Airtable base: {quoted(base)}. What the workflow is to do:\n\n{job}"


def add_prompts(server: MCPServer) -> None:
    """Give the server its prompts."""
    for fn, name, title, about in (
        (_explore_base, "explore_base", "Explain a base", "A guided tour of a base for somebody new to it."),
        (
            _clean_up_table,
            "clean_up_table",
            "Clean up a table",
            "Find duplicates and odd values; propose fixes.",
        ),
        (
            _import_rows,
            "import_rows",
            "Import rows",
            "Upsert pasted rows (CSV, table, list) without doubles.",
        ),
        (
            _write_workflow,
            "write_workflow",
            "Write a workflow",
            "Turn a job into a workflow that starts by itself, checked before it is saved.",
        ),
    ):
        server.add_prompt(Prompt.from_function(fn, name=name, title=title, description=about))
