"""pyairtable's ORM over the studio base."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyairtable.orm import Model
from pyairtable.orm import fields as f

from tests.clients.conftest import STUDIO, Served


def meta(table: str) -> dict[str, Any]:
    return {"base_id": STUDIO, "table_name": table, "api_key": "replaced"}


class Client(Model):
    Meta = meta("Clients")

    name = f.TextField("Name")
    status = f.SelectField("Status")
    city = f.TextField("City")
    since = f.DateField("Since")
    rating = f.RatingField("Rating")
    vip = f.CheckboxField("VIP")
    projects = f.LinkField["Project"]("Projects", "Project")
    project_count = f.CountField("Project count")
    billed = f.NumberField("Total billed", readonly=True)
    ref = f.AutoNumberField("Ref")
    created = f.CreatedTimeField("Created")


class Project(Model):
    Meta = meta("Projects")

    name = f.TextField("Name")
    client = f.SingleLinkField["Client"]("Client", Client)
    owner = f.CollaboratorField("Owner")
    start = f.DateField("Start")
    budget = f.CurrencyField("Budget")
    progress = f.PercentField("Progress")
    tags = f.MultipleSelectField("Tags")
    brief = f.RichTextField("Brief")
    files = f.AttachmentsField("Files")
    client_city = f.LookupField[str]("Client city")


class Task(Model):
    Meta = meta("Tasks")

    name = f.TextField("Name")
    done_at = f.DatetimeField("Done at")
    hours = f.NumberField("Hours logged", readonly=True)


class Timesheet(Model):
    Meta = meta("Timesheets")

    entry = f.TextField("Entry")
    spent = f.DurationField("Spent")
    task = f.SingleLinkField[Task]("Task", Task)


MODELS: tuple[type[Model], ...] = (Client, Project, Task, Timesheet)


@pytest.fixture
def studio(served: Served) -> Served:
    for model in MODELS:
        model.meta.api = served.api
    return served


def test_a_model_is_saved_fetched_and_deleted(studio: Served) -> None:
    client = Client(name="Modelled", city="Bonn", since=date(2025, 5, 4), rating=4, vip=True)
    assert client.save().created
    client.city = "Köln"
    assert client.save().updated
    assert not client.save().saved
    again = Client.from_id(client.id, memoize=False)
    assert (again.name, again.city, again.since, again.rating, again.vip) == (
        "Modelled", "Köln", date(2025, 5, 4), 4, True,
    )  # fmt: skip
    assert (again.ref, again.created, again.project_count, again.billed) == (
        61, datetime(2026, 1, 1, tzinfo=UTC), 0, 0,
    )  # fmt: skip
    assert client.delete()
    assert Client.first(formula=Client.name.eq("Modelled")) is None


def test_models_are_found_by_formulas_over_their_fields(studio: Served) -> None:
    active = Client.all(formula=Client.status.eq("Active") & Client.rating.gte(3))
    assert active
    assert all(each.status == "Active" and (each.rating or 0) >= 3 for each in active)


def test_links_lead_both_ways_and_lookups_follow(studio: Served) -> None:
    client = Client(name="Linked", city="Bern")
    client.save()
    projects = [Project(name=f"P{number}", client=client, budget=10.5) for number in range(2)]
    for project in projects:
        project.save()
    client.fetch()
    assert [each.id for each in client.projects] == [each.id for each in projects]
    assert client.project_count == 2
    again = Project.from_id(projects[0].id, memoize=False)
    assert again.client
    assert again.client.id == client.id
    assert again.client_city == ["Bern"]


def test_every_kind_of_value_comes_back_as_it_went(studio: Served) -> None:
    project = Project(
        name="Whole",
        owner={"id": "usrMeiTanaka00001"},
        start=date(2026, 2, 3),
        budget=1250.5,
        progress=0.25,
        tags=["web"],
        brief="**Bold**",
    )
    project.save()
    again = Project.from_id(project.id, memoize=False)
    assert (again.start, again.budget, again.progress, again.tags) == (
        date(2026, 2, 3),
        1250.5,
        0.25,
        ["web"],
    )
    assert again.brief
    assert again.brief.strip() == "**Bold**"
    owner: Any = again.owner
    assert owner["email"] == "mei.tanaka@example.com"
    task = Task(name="Done", done_at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
    task.save()
    sheet = Timesheet(entry="Work", spent=timedelta(hours=1, minutes=30), task=task)
    sheet.save()
    assert Task.from_id(task.id, memoize=False).done_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert Timesheet.from_id(sheet.id, memoize=False).spent == timedelta(hours=1, minutes=30)


def test_files_are_attached_kept_and_uploaded(studio: Served) -> None:
    project = Project(name="Files")
    project.files.append({"url": "https://files.example.com/plan.pdf", "filename": "plan.pdf"})
    project.save()
    project.files.upload("notes.txt", content="Hello")
    again = Project.from_id(project.id, memoize=False)
    files: list[Any] = list(again.files)
    assert [each["filename"] for each in files] == ["plan.pdf", "notes.txt"]


def test_many_models_are_saved_and_deleted_together(studio: Served) -> None:
    clients = [Client(name=f"Many {number}") for number in range(12)]
    Client.batch_save(clients)
    for client in clients:
        client.city = "Ulm"
    Client.batch_save(clients)
    assert len(Client.all(formula=Client.city.eq("Ulm"))) == 12
    Client.batch_delete(clients)
    assert Client.all(formula=Client.city.eq("Ulm")) == []
