"""Tokens of an issuer outside: which are believed, and how often its keys are asked for."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.auth.claims import Trust, problem_in_claims
from pyairtable_mcp.auth.keysets import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, KeySet, keys_in
from pyairtable_mcp.base.errors import InvalidToken, Unavailable
from pyairtable_mcp.base.policy import Policy
from tests.auth.issuer import HERE, ISSUER, Issuer, ec_key, ed_key, jwk, pem, rsa_key
from tests.support.behaviours import behaviour


def part(told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def unsigned(issuer: Issuer) -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(issuer.claims())}."


def signed_with_the_public_key(issuer: Issuer) -> str:
    public = jwk(ec_key("one"), "ES256")
    secret = str(public["x"]).encode() * 2
    return jwt.encode(issuer.claims(), secret, "HS256", {"kid": "one"})


def altered(issuer: Issuer) -> str:
    head, _, signature = issuer.sign(issuer.claims()).split(".")
    return ".".join((head, part(issuer.claims(sub="admin")), signature))


def doubled(issuer: Issuer) -> str:
    """Return a token in whose signed claims a key stands twice."""
    body = json.dumps(issuer.claims())[:-1] + ', "sub": "admin"}'
    return jwt.PyJWS().encode(body.encode(), ec_key("one"), "ES256", {"kid": "one", "typ": "JWT"})


def own_key(issuer: Issuer) -> str:
    """Return a token that brings its own key along."""
    stranger = ec_key("stranger")
    return jwt.encode(issuer.claims(), stranger, "ES256", {"kid": "one", "jwk": jwk(stranger, "ES256")})


Forge = Callable[[Issuer], str]
FORGED: dict[str, Forge] = {
    "empty": lambda _: "",
    "malformed": lambda _: "a.b.c",
    "half": lambda i: i.sign(i.claims()).rpartition(".")[0],
    "deep": lambda _: f"{base64.urlsafe_b64encode(b'[' * 4_000).decode()}.e30.x",
    "expired": lambda i: i.sign(i.claims(exp=i.now - 30)),
    "no end": lambda i: i.sign(i.claims(exp=None)),
    "strange end": lambda i: i.sign(i.claims(exp="never")),
    "endless": lambda i: i.sign(i.claims(exp=float("inf"))),
    "true end": lambda i: i.sign(i.claims(exp=True)),
    "not yet": lambda i: i.sign(i.claims(nbf=i.now + 31)),
    "of the future": lambda i: i.sign(i.claims(iat=i.now + 31)),
    "wrong issuer": lambda i: i.sign(i.claims(iss="https://evil.example.com")),
    "issuer as prefix": lambda i: i.sign(i.claims(iss=f"{ISSUER}/")),
    "no issuer": lambda i: i.sign(i.claims(iss=None)),
    "wrong audience": lambda i: i.sign(i.claims(aud="https://other.example.com/mcp")),
    "audience as prefix": lambda i: i.sign(i.claims(aud=f"{HERE}/x")),
    "prefix of audience": lambda i: i.sign(i.claims(aud="https://mcp.example.com")),
    "no audience": lambda i: i.sign(i.claims(aud=None)),
    "empty audience": lambda i: i.sign(i.claims(aud=[])),
    "nested audience": lambda i: i.sign(i.claims(aud=[[HERE]])),
    "no subject": lambda i: i.sign(i.claims(sub=None)),
    "empty subject": lambda i: i.sign(i.claims(sub="")),
    "long subject": lambda i: i.sign(i.claims(sub="x" * 256)),
    "alg none": unsigned,
    "alg symmetric": signed_with_the_public_key,
    "altered": altered,
    "doubled": doubled,
    "own key": own_key,
    "other kind": lambda i: i.sign(i.claims(), header={"typ": "secevent+jwt"}),
    "extension": lambda i: i.sign(i.claims(), header={"crit": ["b64"], "b64": True}),
    "unknown key": lambda i: i.sign(i.claims(), header={"kid": "two"}),
    "no object": lambda _: jwt.PyJWS().encode(b"[]", ec_key("one"), "ES256", {"kid": "one", "typ": "JWT"}),
}


@behaviour("jwt.refused")
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_token_that_proves_nothing_is_refused_and_never_repeated(forge: Forge) -> None:
    issuer = Issuer()
    token = forge(issuer)
    with pytest.raises(InvalidToken) as caught:
        await issuer.verifier().verify(token)
    assert not token or token not in str(caught.value)


@behaviour("jwt.believed")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["https://other.example.com", HERE]},
        {"scope": None, "scp": ["read", "write", "profile"]},
        {"exp": 1_767_225_600 - 29},
        {"nbf": 1_767_225_600 + 29, "iat": 1_767_225_600 + 29.5},
        {"client_id": None, "azp": "desk"},
    ],
    ids=["plain", "one of several audiences", "scopes as a list", "just expired", "nearly good", "azp"],
)
async def test_a_good_token_stands_for_its_subject_client_scopes_and_policy(claims: dict[str, Any]) -> None:
    issuer = Issuer()
    verifier = issuer.verifier({"outside": Policy(name="outside", read_only=True)}, "outside")
    found = await verifier.verify(issuer.sign(issuer.claims(**claims)))
    assert found.principal.id == "jwt:mona"
    assert found.principal.client == "desk"
    assert found.principal.scopes == {"read", "write"}
    assert found.principal.policy.name == "outside"


@behaviour("jwt.believed")
@pytest.mark.parametrize("told", [None, 7, {"read": True}, ["admin"]])
async def test_a_token_without_a_scope_of_ours_may_nothing(told: object) -> None:
    issuer = Issuer()
    found = await issuer.verifier().verify(issuer.sign(issuer.claims(scope=told)))
    assert found.principal.scopes == frozenset()


@behaviour("jwt.refused")
@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub"]),
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.lists(st.just(HERE), max_size=1),
    )
)
def test_any_claims_are_judged_without_a_fault(claims: dict[str, Any]) -> None:
    problem = problem_in_claims(claims, Trust(issuer=ISSUER, audience=HERE), 0.0)
    assert problem or (claims["iss"] == ISSUER and claims["exp"] > -30)


@behaviour("jwt.keys")
async def test_a_new_key_is_found_at_its_first_use_and_an_old_one_forgotten() -> None:
    issuer = Issuer()
    verifier = issuer.verifier()
    old = issuer.sign(issuer.claims(exp=issuer.now + 9_000))
    for _ in range(3):
        await verifier.verify(old)
    assert issuer.asked == 1
    await issuer.clock.advance(PAUSE_SECONDS)
    issuer.names = ["one", "two"]
    await verifier.verify(issuer.sign(issuer.claims()))
    await verifier.verify(old)
    assert issuer.asked == 2
    issuer.names = ["two"]
    await issuer.clock.advance(FRESH_SECONDS)
    with pytest.raises(InvalidToken):
        await verifier.verify(old)
    assert issuer.asked == 3


@behaviour("jwt.keys")
async def test_keys_are_asked_for_once_whoever_shows_how_many_unknown_ones() -> None:
    issuer = Issuer()
    verifier = issuer.verifier()
    tokens = [issuer.sign(issuer.claims(), header={"kid": f"made up {n}"}) for n in range(50)]
    for asked in (1, 1, 2):
        results = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
        assert all(isinstance(one, InvalidToken) for one in results)
        assert issuer.asked == asked
        await issuer.clock.advance(PAUSE_SECONDS / 2)


@behaviour("jwt.keys")
async def test_an_issuer_that_is_down_is_trusted_for_an_hour_and_then_the_answer_is_later() -> None:
    issuer = Issuer()
    verifier = issuer.verifier()
    token = issuer.sign(issuer.claims(exp=issuer.now + 9_000))
    await verifier.verify(token)
    issuer.down = True
    await issuer.clock.advance(STALE_SECONDS - 1)
    assert (await verifier.verify(token)).principal.id == "jwt:mona"
    await issuer.clock.advance(1)
    with pytest.raises(Unavailable):
        await verifier.verify(token)
    issuer.down = False
    await issuer.clock.advance(PAUSE_SECONDS)
    assert (await verifier.verify(token)).principal.id == "jwt:mona"


@behaviour("jwt.keys")
async def test_without_any_answer_it_is_not_the_token_that_is_wrong() -> None:
    issuer = Issuer(down=True)
    with pytest.raises(Unavailable):
        await issuer.verifier().verify(issuer.sign(issuer.claims()))


@behaviour("jwt.algorithms")
@pytest.mark.parametrize(
    ("key", "algorithm", "published"),
    [
        (ed_key, "EdDSA", {}),
        (lambda: rsa_key(2_048), "RS256", {}),
        (lambda: rsa_key(2_048), "PS256", {"alg": "PS256"}),
        (lambda: ec_key("one"), "ES256", {"alg": "ES256"}),
    ],
    ids=["EdDSA", "RS256", "PS256", "ES256"],
)
async def test_asymmetric_signatures_are_checked(
    key: Callable[[], Any], algorithm: str, published: dict[str, str]
) -> None:
    issuer = Issuer()

    async def publish() -> bytes:
        return json.dumps({"keys": [jwk(key(), algorithm, kid="k", **published)]}).encode()

    verifier = issuer.verifier()
    verifier._keys = KeySet(publish, issuer.clock)
    for header in ({"kid": "k"}, {}):
        token = jwt.encode(issuer.claims(), pem(key()), algorithm, header)
        assert (await verifier.verify(token)).principal.id == "jwt:mona"


@behaviour("jwt.algorithms")
def test_keys_that_could_be_misused_are_not_taken() -> None:
    good = jwk(ec_key("one"), "ES256", kid="good")
    strange = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"},
        jwk(rsa_key(1_024), "RS256", kid="short"),
        {**good, "kid": "for encryption", "use": "enc"},
        {**good, "kid": "broken", "x": "!"},
        {"kty": "EC"},
        "text",
        None,
    ]
    assert set(keys_in(json.dumps({"keys": [*strange, good]}).encode())) == {"good"}
    for document in (b"", b"[]", b"{}", b'{"keys": {}}', b"\xff"):
        with pytest.raises(Unavailable):
            keys_in(document)
