"""Forks a process for every line of its input, so that each starts at once.

`python -m tests.engine.crash.zygote` answers with the process's id, and then with each change of its status:
-19 when it has stopped itself, -9 when it was killed, 0 when it has ended well.
"""

import os
import signal
import sys

from pyairtable_mcp.airtable.formula import record_id_filter
from tests.engine.crash.process import main
from tests.engine.crash.tasks import read


def serve() -> None:
    """Fork until the input ends."""
    # What is imported late would be imported by every child anew.
    record_id_filter(["recNobody00000001"])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                main(read(line))
                status = 0
            finally:
                sys.stderr.flush()
                # Nothing of the parent's is to be ended here.
                os._exit(status)
        say(child)
        _, status = os.waitpid(child, os.WUNTRACED)
        while os.WIFSTOPPED(status):
            say(-signal.SIGSTOP)
            _, status = os.waitpid(child, os.WUNTRACED)
        say(os.waitstatus_to_exitcode(status))


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
