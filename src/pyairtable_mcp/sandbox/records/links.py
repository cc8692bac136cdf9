"""Links to uploaded files: signed, good for two hours, no token needed."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

LIFE: Final = timedelta(hours=2)
"""How long a link lives (Airtable field model reference, attachments)."""

ORIGIN: Final = "https://files.sandbox.invalid"
"""Where files are said to be while nobody knows where the sandbox is reached."""

_STAMP: Final = re.compile(r"\d{1,16}", re.ASCII)


class Forged(Exception):
    """The link was not made by this sandbox, or not like this."""


class Expired(Exception):
    """The link's two hours are over."""


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Makes and reads links at one moment; `origin` is where the sandbox is reached, e.g. `http://127.0.0.1:8000`."""

    secret: bytes
    now: datetime
    origin: str = ORIGIN

    def url(self, attachment: str, size: str, filename: str, kind: str) -> str:
        """Return a link to a file, or to a thumbnail of it, that starts its two hours now."""
        expires = int((self.now + LIFE).timestamp() * 1000)
        signature = self._signature(expires, attachment, size, kind)
        name = quote(filename, safe="", errors="replace") or "file"
        told = urlencode({"type": kind}, errors="replace")
        return f"{self.origin}/files/{expires}/{signature}/{attachment}/{size}/{name}?{told}"

    def read(self, url: str) -> tuple[str, str]:
        """Return the attachment id and content type a link stands for; raise `Forged` or `Expired`."""
        parts = urlsplit(url)
        pieces = [unquote(each) for each in parts.path.split("/")]
        if len(pieces) != 7 or pieces[:2] != ["", "files"] or not _STAMP.fullmatch(pieces[2]):
            raise Forged
        expires, signature, attachment, size = int(pieces[2]), *pieces[3:6]
        kind = dict(parse_qsl(parts.query)).get("type", "")
        made = self._signature(expires, attachment, size, kind)
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), made.encode()):
            raise Forged
        if expires <= self.now.timestamp() * 1000:
            raise Expired
        return attachment, kind

    def _signature(self, expires: int, attachment: str, size: str, kind: str) -> str:
        told = "\n".join((str(expires), attachment, size, kind))
        return hmac.new(self.secret, told.encode("utf-8", "replace"), sha256).hexdigest()[:32]
