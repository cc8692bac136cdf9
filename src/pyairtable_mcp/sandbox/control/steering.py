"""What may be done to a running sandbox; the control API and the pytest plugin both use it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from pyairtable_mcp.sandbox.control.acting import Stage
from pyairtable_mcp.sandbox.control.asking import unknown
from pyairtable_mcp.sandbox.control.clock import AdjustableClock
from pyairtable_mcp.sandbox.http.call import World
from pyairtable_mcp.sandbox.http.faults import FaultQueue
from pyairtable_mcp.sandbox.http.front import Front
from pyairtable_mcp.sandbox.http.ledger import RequestRecord, Writes
from pyairtable_mcp.sandbox.http.rate import Quota, RateLaw
from pyairtable_mcp.sandbox.keeping.snapshots import Snapshot, restore, snapshot
from pyairtable_mcp.sandbox.state.model import Base, Workspace


@dataclass(frozen=True, slots=True)
class Steered:
    """The parts of a sandbox that can be steered; `fill` puts a seed, by name, into an empty workspace."""

    world: World
    front: Front
    clock: AdjustableClock
    law: RateLaw
    quota: Quota
    faults: FaultQueue
    fill: Callable[[Workspace, str], None]


class Control:
    """A sandbox's data set aside and put back, and its faults, clock, laws and ledgers."""

    def __init__(self, parts: Steered) -> None:
        self.clock = parts.clock
        self.faults = parts.faults
        self.law = parts.law
        self.quota = parts.quota
        self.workspace = parts.world.workspace
        self.stage = Stage(parts.front, parts.world)
        self._world = parts.world
        self._front = parts.front
        self._fill = parts.fill
        self._laws = (parts.law.rate, parts.quota.limit)
        self._named: dict[str, Snapshot] = {}
        self._seeds: dict[str, Snapshot] = {"": snapshot(self.workspace)}

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, in order of arrival."""
        return self._front.requests

    @property
    def writes(self) -> Writes:
        """Every request that changed something, in the order in which they took effect."""
        return self._front.writes

    def reset(self, seed: str = "") -> None:
        """Begin again: with what the sandbox held at its start, or with a seed; named snapshots stay.

        Faults, ledgers and page cursors are gone, the laws as they were, and the clock runs with its source.
        Requests that were waiting for a fault's delay lose their connections and do nothing any more. Raises
        `KeyError` for an unknown seed.
        """
        self._put(self._seed(seed))
        self.faults.clear()
        self._world.cursors.clear()
        self.law.rate, self.quota.limit = self._laws
        self._front.begin_anew()
        self.clock.reset()

    def add_seed(self, seed: str) -> Base:
        """Add the bases of a seed to what is there and return its first; raise `KeyError` if unknown."""
        fresh = Workspace(self.clock, Random())
        restore(fresh, self._seed(seed))
        self.workspace.users |= fresh.users
        self.workspace.bases |= fresh.bases
        self.workspace.changes.everything = True
        return next(iter(fresh.bases.values()))

    def base(self, key: str) -> Base:
        """Return the base of this id; raise `ApiError` for an unknown one."""
        found = self.workspace.bases.get(key)
        if found is None:
            raise unknown("base", key, self.workspace.bases)
        return found

    @property
    def snapshots(self) -> Sequence[str]:
        """The names of the snapshots that were taken."""
        return sorted(self._named)

    def save(self, name: str) -> None:
        """Take a snapshot of the data, in the place of one of the same name."""
        self._named[name] = snapshot(self.workspace)

    def restore(self, name: str) -> None:
        """Put a snapshot in the place of the data; raise `ApiError` for an unknown one."""
        self._put(self._found(name))

    def forget(self, name: str) -> None:
        """Drop a snapshot; raise `ApiError` for an unknown one."""
        self._found(name)
        del self._named[name]

    def _put(self, taken: Snapshot) -> None:
        restore(self.workspace, taken)
        # Notifications may be due that were not.
        self.workspace.bell.set()

    def _seed(self, seed: str) -> Snapshot:
        if seed not in self._seeds:
            fresh = Workspace(self.clock, Random())
            self._fill(fresh, seed)
            self._seeds[seed] = snapshot(fresh)
        return self._seeds[seed]

    def _found(self, name: str) -> Snapshot:
        if name not in self._named:
            raise unknown("snapshot", name, self.snapshots)
        return self._named[name]
