"""Prints every figure beside its bar; a figure above its bar is marked, and counted at the end."""

import asyncio

from bench.answers import answer_figures
from bench.figures import show
from bench.times import call_figures, start_figures


def main() -> None:
    """Measure and print."""
    missed = show("Context (o200k tokens)", asyncio.run(answer_figures()))
    missed += show("Start to the initialize answer, over stdio", start_figures())
    missed += show("One tool call, over stdio", call_figures())
    print(f"\n{missed} figures missed their bar." if missed else "\nEvery bar is met.")


if __name__ == "__main__":
    main()
