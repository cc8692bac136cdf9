"""The state of the request allowance, one line for each base."""

from pyairtable_mcp.base.text import counted, visible
from pyairtable_mcp.operations.results import QuotaState, QuotaStatus
from pyairtable_mcp.surface.render.page import Paper


def quota_text(found: QuotaStatus, paper: Paper) -> str:
    """Return one line per base in use and one for the token: its rate, who waits, and any silence."""
    if not found.states:
        return "Nothing was asked of Airtable yet."
    lines = [_line(state) for state in found.states]
    return f"Request allowance of this process, {counted(len(lines), 'limit')}.\n{paper.fenced(lines)}"


def _line(state: QuotaState) -> str:
    who = f"{visible(state.name or 'base')} {state.base}" if state.base else "this token, all bases"
    rate = f"{counted(state.rate, 'request')} a second" if state.rate else "no limit"
    waiting = f"{counted(state.waiting, 'request')} waiting" if state.waiting else "nobody waiting"
    silence = f", silent for {state.silent_for:.0f} s after a 429" if state.silent_for else ""
    return f"{who}: {rate}, {waiting}{silence}"
