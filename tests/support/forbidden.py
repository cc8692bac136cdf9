"""Web addresses that must lead nowhere, whoever names them: what they mean, and how they may be spelt.

`OPEN` is a host that the tests let their server reach: it sends on to wherever the path says.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

OPEN: Final = "open.example"
PUBLIC: Final = "93.184.216.34"
"""What a name that turns private says at first."""

NAMES: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "localhost": [["127.0.0.1", "::1"]],
    "ip6-localhost": [["::1"]],
    "loopback.example": [["127.0.0.1"]],
    "127.0.0.1.dns.example": [["127.0.0.1"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "kubernetes.default.svc": [["10.96.0.1"]],
    "host.docker.internal": [["172.17.0.1"]],
    "printer.local": [["fe80::1"]],
    "router": [["192.168.1.1"]],
    "mapped.example": [["::ffff:10.0.0.1"]],
    "translated.example": [["64:ff9b::a9fe:a9fe"]],
    "one-of-two.example": [[PUBLIC, "10.0.0.1"]],
    "other-of-two.example": [["192.168.0.1", PUBLIC]],
    "turning.example": [[PUBLIC], ["127.0.0.1"]],
    "xn--lcalhost-n1a.example": [["127.0.0.1"]],
    "nowhere.example": [[]],
}
"""What names mean when they are asked for, time after time; the last meaning stays."""

LITERALS: Final = (
    "http://127.0.0.1/", "https://127.0.0.1/", "http://127.255.255.254/", "http://10.0.0.1/",
    "http://172.16.0.1/", "http://172.31.255.254/", "http://192.168.0.1/", "http://0.0.0.0/",
    "http://0.1.2.3/", "http://100.64.0.1/", "http://192.0.2.1/", "http://192.88.99.1/",
    "http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/",
    "http://240.0.0.1/", "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[fe80::1]/",
    "http://[fe80::1%25lo]/", "http://[fc00::1]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://[100::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[5f00::1]/",
)  # fmt: skip
METADATA: Final = (
    "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/metadata/instance",
    "http://169.254.170.2/v2/credentials", "http://100.100.100.200/latest/", "http://192.0.0.192/opc/v2/",
    "http://[fd00:ec2::254]/latest/", "http://metadata.google.internal/computeMetadata/v1/",
    "http://2852039166/latest/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
    "http://169.254.43518/", "http://169.16689662/",
)  # fmt: skip
CARRIED: Final = (
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::ffff:a9fe:a9fe]/",
    "http://[::ffff:0:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1:7f00:0:1::]/", "http://[2001:0:7f00:1::]/", "http://[2001:470::5efe:10.0.0.1]/",
)  # fmt: skip
SPELT: Final = (
    "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
    "http://0x7f.0.0.1/", "http://0177.1/", "http://127.0.0.1./", "http://0/", "http://LOCALHOST/",
    "http://localhost./", "http://loc%61lhost/", "http://127%2e0%2e0%2e1/", "http://①②⑦.⓪.⓪.①/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "http://127。0。0。1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "HTTP://127.0.0.1/",
    "http://127.0.0.1\t/", "http://127.0.\n0.1/", " http://127.0.0.1/", "http:127.0.0.1/",
    "http:/127.0.0.1/", "http:///127.0.0.1/", "//127.0.0.1/",
)  # fmt: skip
MISLEADING: Final = (
    "http://example.com@127.0.0.1/", "http://example.com:80@10.0.0.1/", "http://user:pw@localhost/",
    "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/", "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/", "http://127.0.0.1\r\nHost: example.com/", "http://127.0.0.1%00.example.com/",
    "http://127..1/", "http://" + "a" * 64 + ".example/",
)  # fmt: skip
PORTS: Final = (
    "http://127.0.0.1:22/", "http://127.0.0.1:6379/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
    "http://127.0.0.1:-1/", "http://127.0.0.1:80:80/", "http://localhost:11211/stats", "http://[::1]:5432/",
)  # fmt: skip
SCHEMES: Final = (
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/", "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "data:,x",
    "javascript:fetch('http://127.0.0.1/')", "jar:http://127.0.0.1/x!/", "ws://127.0.0.1/",
)  # fmt: skip
MEANT: Final = tuple(f"http{'s' * (place % 2)}://{name}/x" for place, name in enumerate(NAMES))
TARGETS: Final = (
    "http://127.0.0.1/", "http://169.254.169.254/latest/", "//169.254.169.254/", "http://[::1]/",
    "http://router/", "http://2130706433/", "http://example.com@127.0.0.1/", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO", "http://127.0.0.1:22/", "http://[::1", "/\\127.0.0.1/", "http://loc\u00e4l/",
)  # fmt: skip
"""Where `OPEN` sends on to."""

DIRECT: Final = (*LITERALS, *METADATA, *CARRIED, *SPELT, *MISLEADING, *PORTS, *SCHEMES, *MEANT)


def sent_on(port: int) -> tuple[str, ...]:
    """Return addresses of `OPEN`, served at this port, that lead to a forbidden one at the second step."""
    targets = [f"http://127.0.0.1:{port}/secret", *TARGETS]
    once = [f"http://{OPEN}:{port}/moved/{quote(target, safe='')}" for target in targets]
    return (*once, f"http://{OPEN}:{port}/moved/{quote(once[0], safe='')}")


def forbidden(port: int) -> tuple[str, ...]:
    """Return them all; on this machine there is a server at `port`."""
    here = (
        f"http://127.0.0.1:{port}/secret",
        f"http://localhost:{port}/secret",
        f"http://127.1:{port}/secret",
    )
    return (*DIRECT, *here, *sent_on(port))
