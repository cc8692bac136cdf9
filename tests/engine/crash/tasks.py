"""What one process of the ordeal is to do; sent to it as a line of JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Role = Literal["run", "go on", "leave", "serve"]
Signal = Literal["kill", "stop"]
HostName = Literal["dbos", "tasks"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Run a saga, go on with what others left, leave sagas for others, or serve until nothing is left.

    `at` is the number of the checkpoint (from 1) at which the process is killed or stopped; 0 for none. With
    `bury` all leases count as run out. `out` is the file for what it has to tell. `haste` divides the waits
    of the client. `many` sagas are left, and due in so many seconds.
    """

    role: Role
    where: str
    url: str
    token: str
    out: str
    prefix: str
    updated: str = ""
    deleted: str = ""
    noted: str = ""
    fails: bool = False
    at: int = 0
    signal: Signal = "kill"
    host: HostName = "tasks"
    bury: bool = False
    lease: float = 60.0
    haste: float = 100.0
    many: int = 1
    due_in: float = 0.0

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def read(line: str) -> Task:
    return Task(**json.loads(line))
