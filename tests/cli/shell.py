"""Commands as an operator runs them, in this process."""

from pathlib import Path

from click.testing import CliRunner, Result

from pyairtable_mcp.cli import cli


class Shell:
    """Runs commands on one store."""

    def __init__(
        self, store: Path, policies: str = '{"viewer": {"read_only": true}}', **variables: str
    ) -> None:
        self.store = store
        self._variables = {
            "PYAIRTABLE_MCP_STORE": str(store),
            "PYAIRTABLE_MCP_AUTH_POLICIES": policies,
            **variables,
        }

    def run(self, *arguments: str, typed: str = "") -> Result:
        return CliRunner(env=self._variables).invoke(cli, arguments, input=typed, prog_name="pyairtable-mcp")

    def done(self, *arguments: str, typed: str = "") -> str:
        """Run what succeeds, and return what it printed to standard output."""
        ran = self.run(*arguments, typed=typed)
        assert ran.exit_code == 0, ran.output
        return ran.stdout
