"""`python -m pyairtable_mcp`: the command line, for clients that cannot find the script."""

from pyairtable_mcp.cli import main

main()
