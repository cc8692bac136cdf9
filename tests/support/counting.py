"""Counting as models do."""

from rs_bpe.bpe import openai


def o200k(text: str) -> int:
    """Return how many tokens of the o200k vocabulary a text takes."""
    return len(openai.o200k_base().encode(text))
