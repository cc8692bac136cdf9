"""The runs of workflows: offered, let in one by one or side by side, and followed to their end.

A run that is let in is a saga that nobody owns yet: whichever process looks for work next goes on with it.
It is entered in the transaction that lets the run in, so there is nothing to recover between the two. A run
that waits is a saga that is planned.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.store.admission import verdict
from pyairtable_mcp.store.database import Database
from pyairtable_mcp.store.journal import saga_of, values_of
from pyairtable_mcp.store.journal_tables import SAGAS
from pyairtable_mcp.store.journal_values import SagaRow
from pyairtable_mcp.store.shared_time import SharedTime
from pyairtable_mcp.store.triggers import advance
from pyairtable_mcp.store.turns import take_turns
from pyairtable_mcp.store.workflow_tables import RUNS
from pyairtable_mcp.store.workflow_values import Admission, Advance, Offer, RunRow, RunView

_OVER: Final = (*FINISHED, Status.COMPENSATION_FAILED)
_TURNED: Final = (*_OVER, Status.COMPENSATING)
_NEXT: Final = 0.000_001
"""Seconds between the entries of one offer, so that they keep their order."""
_PAGE: Final = 50
_AS_SAGA: Final = "saga_"
"""How the columns of a saga begin where they stand beside those of its run."""


class Runs:
    """The runs of one store; every method raises `Unavailable` when the store fails it."""

    def __init__(self, database: Database, time: SharedTime) -> None:
        self._database = database
        self._time = time
        insert = postgresql.insert if database.is_postgres else sqlite.insert
        self._saga = insert(SAGAS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)

    async def offer(self, offers: Sequence[Offer], *, trigger: Advance | None = None) -> list[RunRow]:
        """Enter the runs whose event is new and let in those that may run; return what each came to.

        For an event that is known that is the run it had led to. With `trigger` its new state is entered with
        them; raises `Fenced`, and does nothing at all, when its state is another by now.
        """

        def work(connection: Connection) -> list[RunRow]:
            take_turns(connection, [one.run.workflow for one in offers])
            now = self._time.wall(connection)
            if trigger is not None:
                advance(connection, trigger, now, self._time.steady(connection))
            return [self._offered(connection, one, now + at * _NEXT) for at, one in enumerate(offers)]

        # A state of a trigger that led to nothing is found again by the next look.
        return await self._database.run(work, durable=bool(offers))

    def _offered(self, connection: Connection, offer: Offer, now: float) -> RunRow:
        same = and_(RUNS.c.workflow == offer.run.workflow, RUNS.c.event_key == offer.run.event_key)
        known = connection.execute(select(RUNS).where(same)).mappings().first()
        if known:
            return RunRow(**known)
        run = replace(offer.run, created=now)
        if offer.saga is None:
            return _entered(connection, replace(run, followed=True))
        found = (
            verdict(offer.while_running, *_before(connection, run)) if run.key else verdict("queue", (), ())
        )
        run = _admitted(replace(run, admission=found.admission, reason=found.reason), now)
        if found.admission == "skipped":
            return _entered(connection, run)
        status = Status.RUNNING if found.admission == "admitted" else Status.PLANNED
        if not connection.execute(self._saga, values_of(replace(offer.saga, status=status), now)).rowcount:
            raise Unavailable("The saga's id was given before.", hint="Try again.")
        _give_way(connection, found.replaced, run.saga, now)
        _stop(connection, found.stopped, run.saga, now)
        return _entered(connection, run)

    async def admit(self) -> list[str]:
        """Let in the runs whose turn has come, and return their sagas."""

        def work(connection: Connection) -> list[str]:
            waiting = and_(RUNS.c.admission == "waiting", RUNS.c.followed.is_(False))
            names = connection.execute(select(RUNS.c.workflow).where(waiting).distinct()).scalars().all()
            if not names:
                return []
            take_turns(connection, names)
            now = self._time.wall(connection)
            _drop_cancelled(connection)
            return [saga for saga in _next_ones(connection) if _let_in(connection, saga, now)]

        return await self._database.run(work, durable=True)

    async def ended(self, limit: int = _PAGE) -> list[RunView]:
        """Return runs that are over and whose end was not attended to, the oldest first."""
        wish = _joined().where(_unfollowed("admitted"), SAGAS.c.status.in_(_OVER))
        return await self._views(wish.order_by(RUNS.c.created).limit(limit))

    async def follow(self, saga: str) -> None:
        """Note that the end of a run was attended to."""
        this = update(RUNS).where(RUNS.c.saga == saga).values(followed=True)

        def work(connection: Connection) -> None:
            connection.execute(this)

        await self._database.run(work)

    async def overdue(self, limit: int = _PAGE) -> list[RunView]:
        """Return runs whose deadline has passed and that nobody has stopped yet."""

        def work(connection: Connection) -> list[RunView]:
            late = and_(RUNS.c.deadline > 0, RUNS.c.deadline <= self._time.wall(connection))
            return _views(connection, _joined().where(_at_work(), late, SAGAS.c.stop == "").limit(limit))

        return await self._database.run(work)

    async def next_deadline(self) -> float | None:
        """Return in how many seconds the next run has to be stopped; None when none goes on."""

        def work(connection: Connection) -> float | None:
            joined = select(RUNS.c.deadline).join(SAGAS, SAGAS.c.id == RUNS.c.saga)
            wish = joined.where(_at_work(), RUNS.c.deadline > 0, SAGAS.c.stop == "")
            first = connection.execute(wish.order_by(RUNS.c.deadline).limit(1)).scalar()
            return None if first is None else float(first) - self._time.wall(connection)

        return await self._database.run(work)

    async def unsettled(self) -> bool:
        """Tell whether there are runs that wait, go on, or ended unattended."""
        wish = select(RUNS.c.saga).where(or_(_unfollowed("admitted"), _unfollowed("waiting"))).limit(1)
        return await self._database.run(lambda connection: connection.execute(wish).first() is not None)

    async def get(self, saga: str) -> RunView | None:
        """Return the run that a saga is; None when it is none."""
        return next(iter(await self._views(_joined().where(RUNS.c.saga == saga))), None)

    async def of(self, sagas: Collection[str]) -> Mapping[str, RunRow]:
        """Return the runs that sagas are, by their ids; what is no run is not in it."""
        wish = select(RUNS).where(RUNS.c.saga.in_(sagas))
        return await self._database.run(
            lambda connection: {row["saga"]: RunRow(**row) for row in connection.execute(wish).mappings()}
        )

    async def find(
        self, workflow: str = "", *, before: float | None = None, limit: int = _PAGE
    ) -> list[RunView]:
        """Return runs, the youngest first: of a workflow, from before a moment."""
        wish = _joined().order_by(RUNS.c.created.desc()).limit(limit)
        if workflow:
            wish = wish.where(RUNS.c.workflow == workflow)
        if before is not None:
            wish = wish.where(RUNS.c.created < before)
        return await self._views(wish)

    async def _views(self, wish: Any) -> list[RunView]:
        return await self._database.run(lambda connection: _views(connection, wish))


def _before(connection: Connection, run: RunRow) -> tuple[list[str], list[str]]:
    """Return the sagas that run and those that wait under a run's key, the oldest first."""
    joined = select(RUNS.c.saga, RUNS.c.admission).join(SAGAS, SAGAS.c.id == RUNS.c.saga)
    wish = joined.where(RUNS.c.workflow == run.workflow, RUNS.c.key == run.key, _unfinished())
    rows = connection.execute(wish.order_by(RUNS.c.created)).all()
    return _named(rows, "admitted"), _named(rows, "waiting")


def _named(rows: Sequence[Any], admission: Admission) -> list[str]:
    return [str(row.saga) for row in rows if row.admission == admission]


def _unfollowed(admission: Admission) -> ColumnElement[bool]:
    return and_(RUNS.c.admission == admission, RUNS.c.followed.is_(False))


def _at_work() -> ColumnElement[bool]:
    """Tell of a run that it was let in and has not turned back."""
    return and_(_unfollowed("admitted"), SAGAS.c.status.not_in(_TURNED))


def _unfinished() -> ColumnElement[bool]:
    """Tell of a run that it is not over."""
    return and_(or_(_unfollowed("admitted"), _unfollowed("waiting")), SAGAS.c.status.not_in(_OVER))


def _admitted(run: RunRow, now: float) -> RunRow:
    """Return a run with its deadline, if it is let in."""
    begins = run.admission == "admitted" and run.timeout > 0
    over = run.admission == "skipped"
    return replace(run, deadline=now + run.timeout if begins else 0.0, followed=over)


def _entered(connection: Connection, run: RunRow) -> RunRow:
    connection.execute(insert(RUNS).values(asdict(run)))
    return run


def _give_way(connection: Connection, sagas: Sequence[str], to: str, now: float) -> None:
    """Let runs that wait give way to another one."""
    why = f"replaced by {to}"
    if sagas:
        gone = {"admission": "replaced", "reason": why, "followed": True}
        connection.execute(update(RUNS).where(RUNS.c.saga.in_(sagas)).values(gone))
        ended = {"status": Status.CANCELLED, "reason": why, "changed": now}
        planned = and_(SAGAS.c.id.in_(sagas), SAGAS.c.status == Status.PLANNED)
        connection.execute(update(SAGAS).where(planned).values(ended))


def _stop(connection: Connection, sagas: Sequence[str], by: str, now: float) -> None:
    """Have runs stopped at once: their time is over."""
    if sagas:
        over = {"deadline": now, "reason": f"replaced by {by}"}
        connection.execute(update(RUNS).where(RUNS.c.saga.in_(sagas)).values(over))


def _drop_cancelled(connection: Connection) -> None:
    """Note of runs that somebody has cancelled while they waited that they will not be."""
    cancelled = select(SAGAS.c.id).where(SAGAS.c.status.in_(_OVER))
    gone = {"admission": "skipped", "reason": "cancelled while it waited", "followed": True}
    connection.execute(update(RUNS).where(_unfollowed("waiting"), RUNS.c.saga.in_(cancelled)).values(gone))


def _next_ones(connection: Connection) -> Iterator[str]:
    """Yield the oldest waiting run of each key under which none goes on."""
    columns = select(RUNS.c.saga, RUNS.c.workflow, RUNS.c.key, RUNS.c.admission)
    wish = columns.join(SAGAS, SAGAS.c.id == RUNS.c.saga).where(_unfinished()).order_by(RUNS.c.created)
    rows = connection.execute(wish).all()
    taken = {(row.workflow, row.key) for row in rows if row.admission == "admitted"}
    for row in rows:
        if row.admission == "waiting" and (row.workflow, row.key) not in taken:
            taken.add((row.workflow, row.key))
            yield str(row.saga)


def _let_in(connection: Connection, saga: str, now: float) -> bool:
    """Let in a run that waits; tell whether nobody has cancelled it meanwhile."""
    planned = and_(SAGAS.c.id == saga, SAGAS.c.status == Status.PLANNED, SAGAS.c.stop == "")
    begun = update(SAGAS).where(planned).values(status=Status.RUNNING, changed=now)
    if not connection.execute(begun).rowcount:
        return False
    timeout = connection.execute(select(RUNS.c.timeout).where(RUNS.c.saga == saga)).scalar_one()
    admitted = {"admission": "admitted", "reason": "", "deadline": now + timeout if timeout else 0.0}
    connection.execute(update(RUNS).where(RUNS.c.saga == saga).values(admitted))
    return True


def _joined() -> Any:
    """Return what selects runs with their sagas."""
    columns = [column.label(f"{_AS_SAGA}{column.name}") for column in SAGAS.c]
    return select(*RUNS.c, *columns).outerjoin(SAGAS, SAGAS.c.id == RUNS.c.saga)


def _views(connection: Connection, wish: Any) -> list[RunView]:
    return [_view(row) for row in connection.execute(wish).mappings()]


def _view(row: Mapping[Any, Any]) -> RunView:
    run = RunRow(**{one.name: row[one.name] for one in fields(RunRow)})
    if row[f"{_AS_SAGA}id"] is None:
        return RunView(run=run)
    return RunView(run=run, saga=_saga(row))


def _saga(row: Mapping[Any, Any]) -> SagaRow:
    return saga_of({one.name: row[f"{_AS_SAGA}{one.name}"] for one in fields(SagaRow)})
