"""Our own OAuth 2.1 authorization server: its decisions as pure functions, and one shell over the store.

Whoever speaks HTTP for it needs `server.AuthorizationServer` and `documents`, and catches `errors`.
"""
