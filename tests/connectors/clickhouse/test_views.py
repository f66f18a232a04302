"""Which views there are, and what they read."""

from importlib.resources import files

import pytest

from connectors.clickhouse.views import VIEWS
from connectors.clickhouse.views import view_statement
from connectors.clickhouse.views import views_of
from schemas.catalog import topics

TABLES = {topic.table for topic in topics().values()}


def test_every_checked_in_view_is_made() -> None:
    folder = files("schemas").joinpath("clickhouse", "views")

    assert sorted(each.name for each in folder.iterdir()) == sorted(f"{name}.sql" for name in VIEWS)


def test_earlier_names_are_no_names_of_tables() -> None:
    assert not set(VIEWS) & TABLES
    assert set(VIEWS.values()) <= TABLES


@pytest.mark.parametrize(("view", "table"), VIEWS.items())
def test_view_replaces_itself_and_reads_the_newest_revisions_of_its_table(
    view: str, table: str
) -> None:
    statement = view_statement(view)

    assert f"CREATE OR REPLACE VIEW {view} AS\n" in statement
    assert f"FROM {table} FINAL" in statement


def test_views_follow_the_tables_that_are_made() -> None:
    assert views_of(["equities_profile", "flow_alerts"]) == ["volume_profile", "profile_metrics"]
    assert views_of(["flow_alerts"]) == []
