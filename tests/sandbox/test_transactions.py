"""Everything a request changes goes as a whole: cells, records, tables and fields."""

from copy import deepcopy

import pytest

from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Base, Field, Table
from pyairtable_mcp.sandbox.state.transaction import Transaction

from .driving import Driver


def base_of(studio: Driver) -> Base:
    return studio.sandbox.workspace.bases["appStudio00000001"]


def table_of(studio: Driver, name: str) -> Table:
    table = base_of(studio).table_by(name)
    assert table
    return table


def transaction_of(studio: Driver) -> Transaction:
    return Transaction(studio.sandbox.workspace, base_of(studio), Actor("usrMeiTanaka00001", "client"))


def named(table: Table, name: str) -> Field:
    field = table.field_by(name)
    assert field
    return field


async def test_a_removed_field_goes_from_cells_and_views_and_the_other_table_and_comes_back(
    studio: Driver,
) -> None:
    clients, projects = table_of(studio, "Clients"), table_of(studio, "Projects")
    before = deepcopy((clients, projects))
    transaction = transaction_of(studio)
    view = next(iter(projects.views.values()))
    link = named(projects, "Client")
    view.order, view.visible = ((link.id, False),), (projects.primary.id, link.id)
    transaction.remove_field(projects, link)
    assert projects.field_by("Client") is None
    assert clients.field_by("Projects") is None
    assert not any(link.id in record.cells for record in projects.records.values())
    assert repr((view.order, view.visible)) == repr(((), (projects.primary.id,)))
    transaction.rollback()
    assert (view.order, view.visible) == (((link.id, False),), (projects.primary.id, link.id))
    view.order, view.visible = (), None
    clients.revision, projects.revision = before[0].revision, before[1].revision
    assert before == (clients, projects)
    assert list(before[1].fields) == list(projects.fields)


async def test_a_removed_table_takes_the_links_to_it_and_comes_back_in_its_place(studio: Driver) -> None:
    base = base_of(studio)
    places, fields = list(base.tables), list(table_of(studio, "Projects").fields)
    transaction = transaction_of(studio)
    transaction.remove_table(table_of(studio, "Clients"))
    assert base.table_by("Clients") is None
    assert table_of(studio, "Projects").field_by("Client") is None
    transaction.rollback()
    assert list(base.tables) == places
    assert list(table_of(studio, "Projects").fields) == fields


async def test_a_deleted_record_comes_back_to_its_place(studio: Driver) -> None:
    clients = table_of(studio, "Clients")
    before = deepcopy(clients.records)
    transaction = transaction_of(studio)
    transaction.remove_record(clients, list(clients.records.values())[3])
    assert len(clients.records) == 59
    transaction.rollback()
    assert clients.records == before
    assert list(clients.records) == list(before)


async def test_changed_tables_and_fields_become_again_what_they_were(studio: Driver) -> None:
    clients = table_of(studio, "Clients")
    transaction = transaction_of(studio)
    transaction.change_table(clients, "Customers", "They pay.")
    transaction.add_choice(clients, named(clients, "Status"), "Gone")
    transaction.add_table(Table("tblNew00000000001", "New"))
    transaction.add_field(clients, Field("fldNew00000000001", "New", "number"))
    views = list(clients.views)
    transaction.remove_view(clients, next(iter(clients.views.values())))
    transaction.rollback()
    assert (clients.name, clients.description, clients.field_by("New")) == ("Clients", "", None)
    assert list(clients.views) == views
    assert "Gone" not in str(named(clients, "Status").options)
    assert "tblNew00000000001" not in base_of(studio).tables


async def test_the_primary_field_stays(studio: Driver) -> None:
    clients = table_of(studio, "Clients")
    with pytest.raises(ValueError, match="primary"):
        transaction_of(studio).remove_field(clients, clients.primary)


async def test_records_can_be_looked_at_as_they_were(studio: Driver) -> None:
    clients = table_of(studio, "Clients")
    transaction = transaction_of(studio)
    first, second = list(clients.records.values())[:2]
    before = deepcopy(clients.records)
    transaction.set_cell(first, clients.primary, "Renamed")
    transaction.remove_record(clients, second)
    transaction.add_record(clients, {clients.primary.id: "New"})
    after = deepcopy(clients.records)
    with transaction.journal.as_it_was():
        assert clients.records == before
    assert clients.records == after
    assert list(clients.records) == list(after)
