"""Refusals in OAuth's own words (RFC 6749, sections 4.1.2.1 and 5.2; RFC 7591, section 3.2.2)."""


class OAuthError(Exception):
    """A refusal that a program reads: `error` is the word of the standard, `status` that of the answer.

    `retry_after` is how many seconds to wait, 0 when waiting does not help.
    """

    def __init__(self, error: str, description: str, *, status: int = 400, retry_after: float = 0.0) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.retry_after = retry_after


class Shown(Exception):
    """A refusal that a person sees on a page: there is no address that could be trusted with it."""


class SentBack(Exception):
    """A refusal that takes the browser back to its program, at `location`; `told` is for the person."""

    def __init__(self, location: str, told: str) -> None:
        super().__init__(location)
        self.location = location
        self.told = told


def invalid_grant(why: str) -> OAuthError:
    """Return the refusal of a code or a refresh token."""
    return OAuthError("invalid_grant", why)


def invalid_client(why: str) -> OAuthError:
    """Return the refusal of who does not prove to be the client it says it is."""
    return OAuthError("invalid_client", why, status=401)
