"""The smallest client: starts the server over its sandbox base and asks one question."""

import asyncio

from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command="pyairtable-mcp", args=["--sandbox"])


async def main() -> None:
    """Print five projects of the sandbox's base Studio."""
    async with Client(SERVER) as client:
        found = await client.call_tool("find_records", {"base": "Studio", "table": "Projects", "limit": 5})
        print(*(part.text for part in found.content if part.type == "text"), sep="\n")


asyncio.run(main())
