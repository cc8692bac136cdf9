"""The sandbox's front: Airtable's URLs, laws and answers over Starlette."""
