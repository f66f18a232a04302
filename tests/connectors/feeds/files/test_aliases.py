"""Contract definitions rename the underlying before anything is published."""

from pathlib import Path

import msgspec

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.files.aliases import with_aliases
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from tests.connectors.feeds.files import samples

MARCH_4 = 19786


def test_alias_wins_for_every_record_of_the_root_from_its_date_on(tmp_path: Path) -> None:
    later = [row.replace("2024-03-04", "2024-03-05") for row in samples.TOS_ROWS]
    paths = [
        samples.tos(tmp_path, [*samples.TOS_ROWS, *later, "bad row"]),
        samples.universe(tmp_path, name="20240305.csv"),
        samples.alphavantage(tmp_path),
    ]
    items = list(merge_feeds(open_feeds(paths)))

    found = list(
        with_aliases(items, lambda root, day: "QRS" if (root, day) > ("XYZ", MARCH_4) else None)
    )

    changed = [
        (old.topic, new.record.underlying_id)
        for old, new in zip(items, found, strict=True)
        if isinstance(old, Accepted) and isinstance(new, Accepted) and new != old
    ]
    assert changed == [("refdata.open-interest", "QRS")] * 2 + [("options.prints", "QRS")] * 3
    assert [restored(item) for item in found] == items


def restored(item: FeedItem) -> FeedItem:
    if not isinstance(item, Accepted) or item.record.underlying_id != "QRS":
        return item
    record = msgspec.structs.replace(item.record, underlying_id="XYZ")
    return Accepted(item.origin, item.topic, record, item.line)
