"""Runners killed at random while they share a store; `python -m bench.runners` kills hundreds."""

from pathlib import Path

from tests.engine.crash.fleet import Trial, tried


async def test_runners_killed_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    trial = Trial(where=str(tmp_path / "store.db"), sagas=12, kills=3, runners=2, lease=2.0)
    verdict = await tried(trial, tmp_path)
    assert verdict.wrong == []
    assert verdict.killed > 0
