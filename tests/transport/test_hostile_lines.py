"""Lines that went wrong on their way: the server answers the next good one, in frames and nothing else."""

import pytest

from tests.support.behaviours import behaviour
from tests.transport.pelting import pelted


@behaviour("stdio.hostile")
@pytest.mark.parametrize("modern", [True, False])
async def test_no_line_ends_the_server_or_puts_anything_but_frames_on_standard_output(modern: bool) -> None:
    async with pelted(modern=modern) as server:
        await server.pelt(200, seed=7)
        assert server.answers > 20
    assert server.wrong == []
