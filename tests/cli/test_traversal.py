"""Texts that try to get out of their place, as arguments of commands."""

from pathlib import Path
from typing import Final

from tests.cli.shell import Shell
from tests.support.behaviours import behaviour
from tests.support.payloads import payloads

COMMANDS: Final = (
    ("sagas", "show", "@"),
    ("sagas", "undo", "@", "--yes"),
    ("sagas", "undo", "sgaaaaaa", "--yes", "--from-step", "@"),
    ("sagas", "resume", "@"),
    ("sagas", "approve", "@", "--yes"),
    ("sagas", "approve", "@", "--token"),
    ("sagas", "reject", "@"),
    ("sagas", "resolve", "@", "--note", "x"),
    ("sagas", "cancel", "@", "--yes"),
    ("workflow", "run", "@"),
    ("workflow", "run", "--rerun", "@"),
    ("workflow", "history", "@"),
    ("workflow", "triggers", "@"),
    ("workflow", "triggers", "looks", "--secret", "@"),
    ("workflow", "enable", "@"),
    ("workflow", "disable", "@"),
    ("workflow", "delete", "@", "--yes"),
    ("token", "rotate", "@"),
    ("token", "revoke", "@"),
    ("user", "remove", "@"),
    ("credential", "remove", "@"),
)
LOOKS: Final = (("sagas", "list", "--record", "@"), ("audit", "read", "--principal", "@", "--tool", "@"))
"""Commands that search: what is not found there is no error."""
NO_CHARACTER: Final = "\udcff"
"""What a byte becomes in an argument that is no UTF-8."""


@behaviour("places.console")
def test_no_text_in_the_place_of_an_id_leads_to_an_accident_or_a_request(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "store.db", AIRTABLE_API_KEY="pat", AIRTABLE_ENDPOINT_URL="http://127.0.0.1:9")
    texts = [one for one in payloads("sgaaaaaa") if not one.startswith("-")]
    for turn, command in enumerate((*COMMANDS, *LOOKS)):
        for text in (*texts[turn :: len(COMMANDS)], NO_CHARACTER):
            ran = shell.run(*(text if word == "@" else word for word in command))
            assert ran.exit_code in ((0,) if command in LOOKS and text != NO_CHARACTER else (1, 2)), (
                command,
                text,
                ran.output,
            )
            assert isinstance(ran.exception, SystemExit | None), (command, text, ran.exception)
            assert "Traceback" not in ran.output
            assert "127.0.0.1" not in ran.output
