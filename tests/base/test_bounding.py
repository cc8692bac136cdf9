from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.bounding import bounded
from pyairtable_mcp.base.policy import APPROVABLE, Action, Effect, Policy, Principal, allowed, narrowed
from pyairtable_mcp.base.settings import TOOLSETS, ApprovalSettings, LimitSettings, Settings

LIMITS = st.builds(LimitSettings, read_most=st.integers(1, 1000), write_records=st.integers(1, 50_000))
APPROVALS = st.builds(
    ApprovalSettings,
    creates=st.booleans(),
    changes=st.booleans(),
    deletes=st.booleans(),
    schema_changes=st.booleans(),
    records_over=st.integers(0, 50),
)
SETTINGS = st.builds(
    Settings,
    read_only=st.booleans(),
    toolsets=st.lists(st.sampled_from(TOOLSETS), min_size=1, unique=True).map(tuple),
    limits=LIMITS,
    approval=APPROVALS,
)
PART = st.builds(
    Policy,
    read_only=st.booleans(),
    toolsets=st.none() | st.frozensets(st.sampled_from(TOOLSETS)),
    approve=st.frozensets(st.sampled_from(APPROVABLE)),
    approve_over=st.none() | st.integers(0, 50),
    read_records=st.none() | st.integers(0, 1000),
    write_records=st.none() | st.integers(0, 1000),
)
POLICIES = PART | st.builds(narrowed, PART, PART)


def asks(terms: ApprovalSettings, what: str, records: int) -> bool:
    """Tell whether a person is asked before something is done to so many records."""
    flags = {"create": terms.creates, "change": terms.changes, "delete": terms.deletes}
    return flags[what] or bool(terms.records_over and records > terms.records_over)


@given(SETTINGS, POLICIES)
def test_what_either_forbids_is_forbidden(settings: Settings, policy: Policy) -> None:
    found = bounded(settings, policy)
    for part in policy.parts():
        assert found.read_only >= (settings.read_only or part.read_only)
        for group in found.toolsets:
            assert group in settings.toolsets
            reading = Action(effect=Effect.READ, group=group)
            assert allowed(Principal(id="", policy=part), reading).allowed
        for mine, cap in (
            (found.limits.read_most, part.read_records),
            (found.limits.write_records, part.write_records),
        ):
            assert cap is None or mine <= cap
    assert found.limits.read_most <= settings.limits.read_most
    assert found.limits.write_records <= settings.limits.write_records


@given(SETTINGS, POLICIES, st.sampled_from(["create", "change", "delete"]), st.integers(1, 60))
def test_whatever_either_asks_a_person_about_is_asked(
    settings: Settings, policy: Policy, what: str, records: int
) -> None:
    found = bounded(settings, policy).approval
    wanted = asks(settings.approval, what, records) or any(
        what in part.approve or (part.approve_over is not None and records > part.approve_over)
        for part in policy.parts()
    )
    assert asks(found, what, records) is wanted


@given(SETTINGS)
def test_a_policy_that_bounds_nothing_changes_nothing(settings: Settings) -> None:
    assert bounded(settings, Policy()) == settings
