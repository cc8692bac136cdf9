"""The rows of the base `Studio`, drawn from the builder's fixed randomness."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.seeds import words
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder, Row
from pyairtable_mcp.sandbox.state.model import Record, Table, User

ANCHOR: Final = date(2026, 1, 1)
"""The day the data is arranged around: work before it is mostly done, work after it mostly planned."""

IN_REVIEW: Final = 89
"""How many tasks are in review."""


class _Filler:
    """Draws rows for one table after another."""

    def __init__(self, builder: BaseBuilder, tables: Mapping[str, Table], users: Sequence[User]) -> None:
        self.builder = builder
        self.rng: Random = builder.rng
        self.tables = tables
        self.users = users
        self.rows: dict[str, list[Record]] = {}

    def add(self, table: str, row: Row) -> Record:
        made = self.rows.setdefault(table, [])
        # Rows of a table are made in the order of their numbers, a few hours apart.
        created = datetime(2025, 1, 6, 8, tzinfo=UTC) + timedelta(minutes=200 * len(made) % 500_000)
        made.append(self.builder.add(self.tables[table], created, row))
        return made[-1]

    def day(self, low: int, high: int) -> str:
        return (ANCHOR + timedelta(days=self.rng.randint(low, high))).isoformat()

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def some(self, items: Sequence[str], most: int) -> list[Json]:
        return list(self.rng.sample(items, self.rng.randint(0, most)))

    def remark(self, chance: float) -> str:
        return self.rng.choice(words.REMARKS) if self.maybe(chance) else ""


def fill(builder: BaseBuilder, tables: Mapping[str, Table], users: Sequence[User]) -> None:
    """Add every row of the studio."""
    filler = _Filler(builder, tables, users)
    _people(filler)
    _clients(filler)
    _projects(filler)
    _tasks(filler)
    _invoices(filler)
    _timesheets(filler)


def _people(f: _Filler) -> None:
    names = [f"{first} {last}" for first, last in zip(words.FIRST_NAMES, words.LAST_NAMES, strict=True)]
    people = [(name, f"{name.lower().replace(' ', '.')}@studio.example") for name in names]
    people[4:4] = [("Alex Kim", "alex.kim@studio.example")]
    people[17:17] = [("Alex Kim", "a.kim@studio.example")]
    for name, email in people:
        f.add(
            "People",
            {
                "Name": name,
                "Email": email,
                "Role": f.rng.choice(words.ROLES),
                "Skills": [f.rng.choice(words.SKILLS[:5]), *f.some(words.SKILLS[5:], 2)],
                "Hourly rate": f.rng.randrange(60, 160, 5),
                "Active": f.maybe(0.9),
                "Joined": f.day(-1500, -60),
            },
        )


def _client_names(f: _Filler) -> list[str]:
    pairs = [f"{head} {tail}" for head in words.CLIENT_HEADS for tail in words.CLIENT_TAILS]
    return ["Acme Robotics", "Globex", "Globex Ltd", *f.rng.sample(pairs, 57)]


def _clients(f: _Filler) -> None:
    for place, name in enumerate(_client_names(f)):
        city, country = f.rng.choice(words.PLACES)
        domain = name.lower().replace(" ", "-") + ".example"
        status = "Active" if place < 2 else f.rng.choice(("Lead", "Active", "Active", "On hold", "Former"))
        f.add(
            "Clients",
            {
                "Name": name if place != 41 else f'{name} <b>& "Söhne"</b>',
                "Status": status,
                "Industry": f.rng.choice(words.INDUSTRIES),
                "Contact email": f"hello@{domain}",
                "Phone": f"+1 555 01{f.rng.randrange(100):02d}",
                "Website": f"https://{domain}",
                "City": city,
                "Country": country,
                "Since": f.day(-1400, -30),
                "Rating": f.rng.randint(0, 5),
                "VIP": f.maybe(0.2),
                "Notes": words.HOSTILE[place - 20] if 20 <= place < 32 else f.remark(0.4),
            },
        )


def _projects(f: _Filler) -> None:
    clients, people = f.rows["Clients"], f.rows["People"]
    lead = people[0]
    for place in range(120):
        client = clients[0] if place == 0 else f.rng.choice(clients)
        lead = f.rng.choice(people)
        start = f.rng.randint(-300, 60)
        status = "In progress" if place == 0 else _project_status(f, start)
        f.add(
            "Projects",
            {
                "Name": _project_name(place),
                "Client": [client],
                "Status": status,
                "Priority": f.rng.choice(("Low", "Medium", "Medium", "High")),
                "Lead": [lead],
                "Team": f.rng.sample(people, f.rng.randint(1, 4)),
                "Owner": f.rng.choice(f.users).id,
                "Start": (ANCHOR + timedelta(days=start)).isoformat(),
                "Due": (ANCHOR + timedelta(days=start + f.rng.randint(20, 150))).isoformat(),
                "Budget": f.rng.randrange(4_000, 60_000, 500),
                "Progress": 1 if status == "Done" else f.rng.randrange(0, 100, 5) / 100,
                "Tags": f.some(words.PROJECT_TAGS, 3),
                "Brief": f"**Goal** {f.rng.choice(words.REMARKS)}\n" if f.maybe(0.6) else "",
                "Files": _files(f) if f.maybe(0.15) else None,
            },
        )


def _project_name(place: int) -> str:
    if place == 0:
        return "Website relaunch"
    # 119 names of kind and season: never the same twice.
    kind, season = (
        words.PROJECT_KINDS[place % 12],
        ("2023", "2024", "2025", "2026", "Q1", "Q2", "Q3", "Q4", "A", "B"),
    )
    return f"{kind} {season[place // 12]}"


def _project_status(f: _Filler, start: int) -> str:
    if start > 0:
        return "Planned"
    return f.rng.choice(("In progress", "In progress", "In Review", "On hold", "Done", "Done"))


def _files(f: _Filler) -> Json:
    key = f"att{f.rng.randrange(10**13, 10**14)}"
    size = f.rng.randrange(20_000, 900_000)
    url = f"https://files.sandbox.invalid/{key}/brief.pdf"
    return [{"id": key, "url": url, "filename": "brief.pdf", "size": size, "type": "application/pdf"}]


def _task_statuses(f: _Filler) -> list[str]:
    others = f.rng.choices(("Todo", "In progress", "Blocked", "Done"), (30, 20, 6, 44), k=899 - IN_REVIEW)
    statuses = ["In Review"] * IN_REVIEW + others
    f.rng.shuffle(statuses)
    return ["In progress", *statuses]


def _tasks(f: _Filler) -> None:
    projects, people = f.rows["Projects"], f.rows["People"]
    for place, status in enumerate(_task_statuses(f)):
        due = f.rng.randint(-200, 120) if status != "Todo" else f.rng.randint(-30, 150)
        done = ANCHOR + timedelta(days=min(due, -1) - f.rng.randint(0, 10))
        f.add(
            "Tasks",
            {
                "Name": _task_name(f, place),
                "Project": [projects[0] if place < 6 else f.rng.choice(projects)],
                "Assignee": [f.rng.choice(people)] if place == 0 or f.maybe(0.93) else [],
                "Status": status,
                "Priority": f.rng.randint(0, 3),
                "Due": (ANCHOR + timedelta(days=due)).isoformat() if f.maybe(0.92) else "",
                "Estimate": f.rng.randrange(1, 40) / 2,
                "Done at": f"{done.isoformat()}T{f.rng.randint(8, 18):02d}:30:00.000Z"
                if status == "Done"
                else "",
                "Labels": f.some(words.LABELS, 2),
                "Notes": words.HOSTILE[place - 100] if 100 <= place < 112 else f.remark(0.2),
                "Billable": f.maybe(0.75),
            },
        )


def _task_name(f: _Filler, place: int) -> str:
    if place == 0:
        return "Write launch copy"
    if place in (300, 301):
        return words.HOSTILE[0 if place == 300 else 9]
    return f"{f.rng.choice(words.TASK_VERBS)} {f.rng.choice(words.TASK_OBJECTS)}"


def _invoices(f: _Filler) -> None:
    projects, clients = f.rows["Projects"], f.tables["Clients"].records
    client_field = f.tables["Projects"].field_by("Client")
    for place in range(300):
        project = projects[0] if place == 0 else f.rng.choice(projects)
        held = project.cells.get(client_field.id) if client_field else None
        client = [clients[str(key)] for key in held] if isinstance(held, list) else []
        f.add(
            "Invoices", {"Number": f"INV-{place + 1:04d}", "Client": client, "Project": [project], **_bill(f)}
        )


def _bill(f: _Filler) -> Mapping[str, Json]:
    issued, terms = f.rng.randint(-340, -1), f.rng.choice((14, 30, 30, 60))
    status = f.rng.choice(("Draft", "Sent", "Paid", "Paid", "Paid", "Overdue"))
    due = ANCHOR + timedelta(days=issued + terms)
    return {
        "Amount": f.rng.randrange(30_000, 1_500_000, 25) / 100,
        "Status": status,
        "Issued": (ANCHOR + timedelta(days=issued)).isoformat(),
        "Due": due.isoformat(),
        "Paid on": (due - timedelta(days=f.rng.randint(0, 12))).isoformat() if status == "Paid" else "",
        "Tax rate": f.rng.choice((0.0, 0.07, 0.19, 0.2)),
        "Payment terms": terms,
        "Memo": f.remark(0.15),
    }


def _timesheets(f: _Filler) -> None:
    tasks, people = f.rows["Tasks"], f.rows["People"]
    for place in range(2400):
        hours = f.rng.randrange(1, 33) / 4
        f.add(
            "Timesheets",
            {
                "Entry": f"TS-{place + 1:05d}",
                "Person": [f.rng.choice(people)],
                "Task": [f.rng.choice(tasks)],
                "Date": f.day(-240, -1),
                "Hours": hours,
                "Spent": int(hours * 3600),
                "Billable": f.maybe(0.7),
                "Note": f.remark(0.1),
            },
        )
