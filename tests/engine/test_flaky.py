"""Sagas while Airtable fails at random; `python -m bench.saga_faults` runs hundreds."""

from pathlib import Path

from tests.engine.flaky import undergo


async def test_whatever_airtable_fails_every_saga_ends_and_leaves_all_or_nothing(tmp_path: Path) -> None:
    verdict = await undergo(24, 0.2, str(tmp_path / "store.db"))
    assert verdict.wrong == verdict.unnamed == []
    assert verdict.statuses.total() == 24
    assert verdict.mishaps > 20
