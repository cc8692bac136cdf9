"""What pyairtable can be asked, method by method, as functions of an `Api`; run twice and compared."""

from collections.abc import Callable
from datetime import date
from typing import Any

from pyairtable import Api, Table, formulas
from pyairtable.orm import Model, fields

BASE, ARCHIVE, WORKSPACE = "appStudio00000001", "appArchive0000001", "wspSandbox0000001"
ENTERPRISE, USER = "entUBq2RGdihxl3vU", "usrSamRivera00001"
SPEC = {"options": {"filters": {"dataTypes": ["tableData"]}}}
NOTES = [{"name": "Title", "type": "singleLineText"}]

Case = Callable[[Api], object]


def clients(api: Api) -> Table:
    return api.table(BASE, "Clients")


def tasks(api: Api) -> Table:
    return api.table(BASE, "Tasks")


def some(api: Api, count: int = 3) -> list[str]:
    return [each["id"] for each in clients(api).all(max_records=count)]


def writing(api: Api) -> object:
    table = clients(api)
    made = table.create({"Name": "One", "Status": "Lead", "VIP": True})
    seen = [
        made,
        table.update(made["id"], {"City": "Bonn"}),
        table.update(made["id"], {"Name": "Two"}, replace=True),
    ]
    return [*seen, table.get(made["id"]), table.delete(made["id"])]


def batches(api: Api) -> object:
    table = clients(api)
    made = table.batch_create([{"Name": f"Batch {number}"} for number in range(23)])
    changed = table.batch_update([{"id": each["id"], "fields": {"City": "Köln"}} for each in made])
    rows = [{"fields": {"Name": f"Batch {number}", "Notes": "x"}} for number in range(20, 26)]
    upserted = table.batch_upsert(rows, key_fields=["Name"])
    keys = [*(each["id"] for each in made), *upserted["createdRecords"]]
    return made, changed, upserted, table.batch_delete(keys)


def commented(api: Api) -> object:
    table, key = clients(api), some(api)[0]
    first = table.add_comment(key, "Hello @[usrMeiTanaka00001]")
    table.add_comment(key, "And", parent_comment_id=first.id)
    first.text = "Changed"
    first.save()
    listed = table.comments(key)
    for each in listed:
        each.delete()
    return first, listed, [each.deleted for each in listed], table.comments(key)


def hooked(api: Api) -> object:
    base = api.base(BASE)
    made = base.add_webhook("", SPEC)
    hook = base.webhook(made.id)
    hook.disable_notifications()
    silenced = base.webhook(made.id).are_notifications_enabled
    hook.enable_notifications()
    hook.extend_expiration()
    for number in range(52):
        api.table(BASE, "People").create({"Name": f"Hooked {number}"})
    payloads = list(hook.payloads())
    limited = list(hook.payloads(cursor=40, limit=2))
    listed = base.webhooks()
    hook.delete()
    return made, silenced, payloads, limited, listed, base.webhooks()


def schemas(api: Api) -> object:
    base = api.base(ARCHIVE)
    table = base.create_table("Notes", NOTES, description="Remarks")
    field = table.create_field("Kind", "singleSelect", "What", {"choices": [{"name": "A"}]})
    field.name = "Sort"
    field.save()
    schema = base.table("Notes").schema()
    schema.description = "Other"
    schema.save()
    return table, field, base.schema(force=True), base.tables(), base.table("Notes", validate=True).id


def bases(api: Api) -> object:
    made = api.create_base(WORKSPACE, "First", [{"name": "Notes", "fields": NOTES}])
    other = api.workspace(WORKSPACE).create_base("Second", [{"name": "Notes", "fields": NOTES}])
    third = api.enterprise(ENTERPRISE).create_base(WORKSPACE, "Third", [{"name": "Notes", "fields": NOTES}])
    return made, other, third, api.bases(force=True), api.base(made.id, validate=True).name


def raw(api: Api) -> object:
    url = api.build_url(BASE, "Clients")
    made = api.post(url, json={"fields": {"Name": "Raw"}})
    one = api.build_url(BASE, "Clients", made["id"])
    changed = api.patch(one, json={"fields": {"City": "Rom"}})
    pages = list(api.iterate_requests("GET", url, options={"page_size": 25, "fields": ["Name"]}))
    return (
        changed,
        api.get(one),
        api.request("GET", one),
        pages,
        api.delete(one),
        list(api.chunked(range(23))),
    )


def asked(api: Api) -> object:
    due, billable = formulas.Field("Due"), formulas.Field("Billable")
    keys = [each["id"] for each in tasks(api).all(max_records=600)]
    wanted = [
        formulas.match({"Status": "Todo", "Billable": True}),
        formulas.AND(formulas.GTE(due, date(2026, 1, 1)), formulas.NOT(formulas.EQ(billable, False))),
        formulas.match({"Name": 'O\'Brien said "use C:\\temp\\new" and left'}),
        formulas.OR(*[formulas.EQ(formulas.RECORD_ID(), key) for key in keys]),
    ]
    return [tasks(api).all(formula=formula, fields=["Name", "Due"]) for formula in wanted]


def listed(api: Api) -> object:
    table = tasks(api)
    as_text = table.all(max_records=5, cell_format="string", time_zone="Europe/Rome", user_locale="it")
    by_id = table.all(max_records=5, use_field_ids=True, count_comments=True)
    sorted_ = table.all(sort=["-Due", "Name"], view="All", page_size=50, max_records=120)
    return (
        as_text,
        by_id,
        sorted_,
        table.first(sort=["Name"]),
        table.first(formula="0"),
        list(table.iterate()),
    )


def uploaded(api: Api) -> object:
    table = api.table(BASE, "Projects")
    key = table.all(max_records=1)[0]["id"]
    answer: Any = table.upload_attachment(key, "Files", "note.txt", "Hello", "text/plain")
    record: Any = table.get(key)
    (file,) = [each for files in answer["fields"].values() for each in files if each.pop("url")]
    return file, [each.pop("url") and each for each in record["fields"]["Files"]]  # addresses name the server


def properties(api: Api) -> object:
    table = clients(api)
    return (
        table.id,
        table.id_or_name,
        table.api is api,
        api.base(BASE).name,
        api.table(BASE, "Tasks", validate=True),
    )


def modelled(api: Api) -> object:
    """The ORM, on a class that is made anew: what it sends through hangs on the class."""

    class Client(Model):
        Meta = {"base_id": BASE, "table_name": "Clients", "api_key": "none"}
        name = fields.TextField("Name")
        city = fields.TextField("City")
        since = fields.DateField("Since")
        vip = fields.CheckboxField("VIP")

    Client.meta.api = api
    one = Client(name="Modelled", city="Bonn", since=date(2026, 1, 2))
    created = one.save().created
    one.city = "Köln"
    one.save()
    fetched = Client.from_id(one.id)
    fetched.fetch()
    comment = one.add_comment("Noted")
    more = [Client(name=f"More {number}") for number in range(12)]
    Client.batch_save(more)
    found = Client.all(formula="FIND('More', {Name})"), Client.first(formula="{Name}='Modelled'")
    same = Client.from_ids([each.id for each in more]), Client.from_record(one.to_record())
    comments = one.comments()
    Client.batch_delete(more)
    return created, fetched, comment, found, same, comments, one.delete(), one.exists()


CASES: dict[str, Case] = {
    "Api.whoami": lambda api: api.whoami(),
    "Api.bases": lambda api: api.bases(),
    "Api.base Api.create_base Api.workspace Workspace.create_base Enterprise.create_base": bases,
    "Api.table Api.api_key Table.api Table.id Table.id_or_name Base.name": properties,
    "Api.build_url Api.request Api.get Api.post Api.patch Api.delete Api.iterate_requests Api.chunked": raw,
    "Base.collaborators": lambda api: api.base(BASE).collaborators(),
    "Base.schema Base.table Base.tables Base.create_table Table.create_field Table.schema": schemas,
    "Base.webhooks Base.webhook Base.add_webhook Webhook.disable_notifications Webhook.enable_notifications "
    "Webhook.extend_expiration Webhook.payloads Webhook.delete": hooked,
    "Table.create Table.get Table.update Table.delete": writing,
    "Table.batch_create Table.batch_update Table.batch_upsert Table.batch_delete": batches,
    "Table.all Table.first Table.iterate": listed,
    "Table.all with formulas": asked,
    "Table.add_comment Table.comments Comment.save Comment.delete": commented,
    "Table.upload_attachment": uploaded,
    "Model.save Model.fetch Model.from_id Model.from_ids Model.from_record Model.all Model.first "
    "Model.batch_save Model.batch_delete Model.add_comment Model.comments Model.to_record Model.exists "
    "Model.delete": modelled,
}
"""What the sandbox serves, each under the names of the methods it shows."""

REFUSED: dict[str, Case] = {
    "Base.shares": lambda api: api.base(BASE).shares(),
    "Base.delete": lambda api: api.base(BASE).delete(),
    "Workspace.bases": lambda api: api.workspace(WORKSPACE).bases(),
    "Workspace.collaborators": lambda api: api.workspace(WORKSPACE).collaborators(),
    "Workspace.delete": lambda api: api.workspace(WORKSPACE).delete(),
    "Workspace.move_base": lambda api: api.workspace(WORKSPACE).move_base(BASE, "wspOther00000001"),
    "Workspace.name": lambda api: api.workspace(WORKSPACE).name,
    "Api.enterprise Enterprise.info": lambda api: api.enterprise(ENTERPRISE).info(),
    "Enterprise.access_tokens": lambda api: list(api.enterprise(ENTERPRISE).access_tokens()),
    "Enterprise.allow_ai": lambda api: api.enterprise(ENTERPRISE).allow_ai({WORKSPACE: True}),
    "Enterprise.audit_log": lambda api: list(api.enterprise(ENTERPRISE).audit_log()),
    "Enterprise.claim_users": lambda api: api.enterprise(ENTERPRISE).claim_users({USER: "managed"}),
    "Enterprise.create_base_from_package": lambda api: api.enterprise(ENTERPRISE).create_base_from_package(
        WORKSPACE, "Copied", "pkg00000000000001"
    ),
    "Enterprise.create_descendant": lambda api: api.enterprise(ENTERPRISE).create_descendant("x"),
    "Enterprise.create_workspace": lambda api: api.enterprise(ENTERPRISE).create_workspace("x"),
    "Enterprise.delete_users": lambda api: api.enterprise(ENTERPRISE).delete_users(["a@example.com"]),
    "Enterprise.grant_admin": lambda api: api.enterprise(ENTERPRISE).grant_admin(USER),
    "Enterprise.revoke_admin": lambda api: api.enterprise(ENTERPRISE).revoke_admin(USER),
    "Enterprise.group": lambda api: api.enterprise(ENTERPRISE).group("ugp1mKGb3KXUyQfOZ"),
    "Enterprise.move_groups": lambda api: api.enterprise(ENTERPRISE).move_groups(["ugp1"], ENTERPRISE),
    "Enterprise.move_workspaces": lambda api: api.enterprise(ENTERPRISE).move_workspaces(
        [WORKSPACE], ENTERPRISE
    ),
    "Enterprise.package": lambda api: api.enterprise(ENTERPRISE).package("pkg00000000000001"),
    "Enterprise.packages": lambda api: api.enterprise(ENTERPRISE).packages(),
    "Enterprise.remove_user": lambda api: api.enterprise(ENTERPRISE).remove_user(USER),
    "Enterprise.revoke_access_tokens": lambda api: api.enterprise(ENTERPRISE).revoke_access_tokens(["pat1"]),
    "Enterprise.user": lambda api: api.enterprise(ENTERPRISE).user(USER),
    "Enterprise.users": lambda api: api.enterprise(ENTERPRISE).users([USER]),
}
"""What the sandbox refuses, because it has no enterprise account, no packages and no shares."""

NO_REQUESTS = {"Webhook.deleted", "Comment.deleted", "Webhook.from_api", "Comment.from_api",
               "Webhook.model_post_init", "Comment.model_post_init"}  # fmt: skip
"""Public names that neither ask nor answer."""


def noted(args: tuple[Any, ...]) -> list[str]:
    """Return the notes pyairtable added to an error."""
    return [str(each) for each in args if str(each).startswith("NOTE")]
