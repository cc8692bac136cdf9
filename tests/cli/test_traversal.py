"""Texts that try to get out of their place, as arguments of commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.cli.shell import Shell
from tests.support.behaviours import behaviour
from tests.support.payloads import payloads

ACTING: Final = (
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
)
"""Commands that start what runs sagas, which takes a second to end: each is tried with one text."""
LOOKING: Final = (
    ("sagas", "show", "@"),
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
SEARCHING: Final = (("sagas", "list", "--record", "@"), ("audit", "read", "--principal", "@", "--tool", "@"))
"""What is not found by these is no error."""
NO_CHARACTER: Final = "\udcff"
"""What a byte becomes in an argument that is no UTF-8."""
TEXTS: Final = tuple(one for one in payloads("sgaaaaaa") if not one.startswith("-"))


def tried() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield commands and what stands in the place of an id there."""
    yield from zip(ACTING, TEXTS[:: len(TEXTS) // len(ACTING)], strict=False)
    for turn, command in enumerate((*LOOKING, *SEARCHING)):
        yield from ((command, text) for text in (*TEXTS[turn % 4 :: 4], NO_CHARACTER))
    yield ("sagas", "undo", "@", "--yes"), NO_CHARACTER


@behaviour("places.console")
def test_no_text_in_the_place_of_an_id_leads_to_an_accident_or_a_request(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "store.db", AIRTABLE_API_KEY="pat", AIRTABLE_ENDPOINT_URL="http://127.0.0.1:9")
    for command, text in tried():
        ran = shell.run(*(text if word == "@" else word for word in command))
        nothing_wrong = command in SEARCHING and text != NO_CHARACTER
        assert ran.exit_code in ((0,) if nothing_wrong else (1, 2)), (command, text, ran.output)
        assert isinstance(ran.exception, SystemExit | None), (command, text, ran.exception)
        assert "Traceback" not in ran.output
        assert "127.0.0.1" not in ran.output
