"""The users of every seeded workspace."""

from datetime import UTC, datetime
from typing import Final

from pyairtable_mcp.sandbox.state.access import Collaborator, Level
from pyairtable_mcp.sandbox.state.model import User, Workspace

USERS: Final = (
    User("usrSamRivera00001", "Sam Rivera", "sam.rivera@example.com"),
    User("usrPriyaNair00001", "Priya Nair", "priya.nair@example.com"),
    User("usrJonasWeber0001", "Jonas Weber", "jonas.weber@example.com"),
    User("usrMeiTanaka00001", "Mei Tanaka", "mei.tanaka@example.com"),
)
"""The first owns the tokens."""


_SINCE: Final = datetime(2023, 2, 1, 9, tzinfo=UTC)


def add_users(workspace: Workspace) -> None:
    """Add the users: the first owns the workspace and its first tokens, the others edit every base."""
    workspace.owner = USERS[0].id
    for user in USERS:
        level: Level = "owner" if user.id == workspace.owner else "edit"
        workspace.users[user.id] = user
        workspace.members[user.id] = Collaborator(level, workspace.owner, _SINCE)
