"""The users of every seeded workspace."""

from datetime import datetime
from typing import Final

from pyairtable_mcp.sandbox.state.access import Collaborator, Level
from pyairtable_mcp.sandbox.state.model import Base, User, Workspace

USERS: Final = (
    User("usrSamRivera00001", "Sam Rivera", "sam.rivera@example.com"),
    User("usrPriyaNair00001", "Priya Nair", "priya.nair@example.com"),
    User("usrJonasWeber0001", "Jonas Weber", "jonas.weber@example.com"),
    User("usrMeiTanaka00001", "Mei Tanaka", "mei.tanaka@example.com"),
)
"""The first owns the tokens."""


def add_users(workspace: Workspace) -> None:
    """Add the users and let the first own the tokens."""
    workspace.users.update({user.id: user for user in USERS})
    workspace.owner = USERS[0].id


def share_with_all(workspace: Workspace, base: Base, since: datetime) -> None:
    """Let everybody edit a base which the workspace's owner owns."""
    for user_id in workspace.users:
        level: Level = "owner" if user_id == workspace.owner else "edit"
        base.collaborators[user_id] = Collaborator(level, workspace.owner, since)
