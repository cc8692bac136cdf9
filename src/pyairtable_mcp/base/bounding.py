"""The settings that hold for a principal: those of the server, tightened by a policy and never loosened."""

from pyairtable_mcp.base.policy import Policy
from pyairtable_mcp.base.settings import ApprovalSettings, LimitSettings, Settings


def bounded(settings: Settings, policy: Policy) -> Settings:
    """Return settings under which nothing is allowed that either of the two forbids.

    Which scopes a principal has is not a matter of settings.
    """
    for part in policy.parts():
        settings = _within(settings, part)
    return settings


def stricter(one: ApprovalSettings, other: ApprovalSettings) -> ApprovalSettings:
    """Return terms under which a person is asked whenever either of two wants that."""
    over = [terms.records_over for terms in (one, other) if terms.records_over]
    return one.model_copy(
        update={
            "creates": one.creates or other.creates,
            "changes": one.changes or other.changes,
            "deletes": one.deletes or other.deletes,
            "schema_changes": one.schema_changes or other.schema_changes,
            "records_over": min(over, default=0),
        }
    )


def _within(settings: Settings, policy: Policy) -> Settings:
    toolsets = settings.toolsets
    if policy.toolsets is not None:
        toolsets = tuple(one for one in toolsets if one in policy.toolsets)
    return settings.model_copy(
        update={
            "read_only": settings.read_only or policy.read_only,
            "toolsets": toolsets,
            "limits": _limits(settings.limits, policy),
            "approval": _approval(settings.approval, policy),
        }
    )


def _limits(limits: LimitSettings, policy: Policy) -> LimitSettings:
    caps = {"read_most": policy.read_records, "write_records": policy.write_records}
    update = {name: min(getattr(limits, name), cap) for name, cap in caps.items() if cap is not None}
    return limits.model_copy(update=update)


def _approval(terms: ApprovalSettings, policy: Policy) -> ApprovalSettings:
    # A person who is asked about more than none is asked about every one.
    every = policy.approve_over == 0
    wanted = ApprovalSettings.model_construct(
        creates=every or "create" in policy.approve,
        changes=every or "change" in policy.approve,
        deletes=every or "delete" in policy.approve,
        schema_changes="schema" in policy.approve,
        records_over=policy.approve_over or 0,
    )
    return stricter(terms, wanted)
