"""Some hundred calls through chance faults; `python -m bench.faults` makes thousands."""

import pytest

from tests.support.ordeal import undergo


@pytest.mark.parametrize(("share", "success"), [(0.05, 0.99), (0.20, 0.97), (0.50, 0.80)])
@pytest.mark.parametrize("seed", [2])
async def test_whatever_fails_nothing_is_lost_and_nothing_doubled(
    share: float, success: float, seed: int
) -> None:
    verdict = await undergo(200, share, seed=seed)
    assert (verdict.lost, verdict.doubled, verdict.wrong) == (0, 0, 0)
    assert verdict.success >= success
    assert verdict.mishaps > 0
