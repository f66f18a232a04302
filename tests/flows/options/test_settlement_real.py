"""Made-up alerts on real open interest, against the same rule written in pandas."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from flows.common.calendar import EPOCH
from flows.options.contracts import contract_id
from flows.options.forward_returns import NO_RETURNS
from flows.options.settlement import SnapshotDay
from flows.options.settlement import Snapshots
from flows.options.settlement import close_of
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from flows.options.settlement import settle_alert
from flows.options.settlement import snapshot_day
from tests.flows.options.settlement_records import an_alert
from tests.flows.options.settlement_records import interest

CHAINS = "lean/option/usa/universes/aapl"
SIZES = (10, 100, 400)


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def chain(folder: Path, known_on: int, *, unknown: bool = False) -> "pd.Series[float]":
    """Return open interest by contract id, as known before a session opened."""
    day = (EPOCH + pd.Timedelta(days=known_on)).strftime("%Y%m%d")
    frame = pd.read_csv(folder / f"{day}.csv").rename(columns={"#expiry": "expiry"})
    frame = frame[frame.strike.notna() & (frame.open_interest.notna() | unknown)]
    expiries = pd.to_datetime(frame.expiry.astype(int).astype(str)).dt.date
    ids = [
        contract_id("AAPL", (expiry - EPOCH).days, strike, right)
        for expiry, strike, right in zip(expiries, frame.strike, frame.right, strict=True)
    ]
    return pd.Series(frame.open_interest.to_numpy(), index=ids).fillna(0).astype(int)


def as_snapshot(figures: "pd.Series[float]", as_of: int) -> SnapshotDay:
    return snapshot_day([interest(str(name), int(oi), as_of) for name, oi in figures.items()])


@pytest.mark.parametrize("text", ["2014-06-02", "2014-06-03", "2014-06-09", "2014-06-12"])
def test_outcomes_of_a_whole_chain_equal_those_of_pandas(
    real: Callable[[str], Path], text: str
) -> None:
    folder = real(CHAINS)
    session = days(text)
    # A file holds what was known before its session opened: the session before it.
    before, after = chain(folder, session), chain(folder, session_after(session))
    known = Snapshots(
        session,
        as_snapshot(before, session_before(session)),
        as_snapshot(after, session),
        close_of(session_after(session, 2)),
    )

    seen = dict.fromkeys(("opened", "closed", "inconclusive"), 0)
    for size in SIZES:
        both = pd.DataFrame({"before": before, "after": after}).dropna()
        change = both.after - both.before
        expected = pd.Series("inconclusive", index=both.index)
        expected[change >= 0.25 * size] = "opened"
        expected[change <= -0.25 * size] = "closed"
        for name, outcome in expected.items():
            alert = an_alert(option_contract_id=str(name), underlying_id="AAPL")
            found = settle_alert(alert, {str(name): size}, known, NO_RETURNS)
            assert found is not None
            assert found.settlement is not None
            assert found.settlement.outcome == outcome, (name, size)
            assert found.settlement.oi_change == change[name]
            seen[str(outcome)] += 1
    assert min(seen.values()) > 0, seen


def test_contracts_renamed_by_a_split_have_no_data(real: Callable[[str], Path]) -> None:
    folder = real(CHAINS)
    session = days("2014-06-06")
    before = chain(folder, days("2014-06-05"))
    listed = chain(folder, session, unknown=True).index
    after = chain(folder, days("2014-06-09")).reindex(listed).dropna()
    assert len(after) > 1000
    known = Snapshots(
        session,
        as_snapshot(before, session_before(session)),
        as_snapshot(after, session),
        close_of(session_after(session, 2)),
    )
    gone = [str(name) for name in before.index if "-2014-07-" in str(name)]
    assert len(gone) > 20

    outcomes = set()
    for name in gone:
        found = settle_alert(an_alert(option_contract_id=name), {name: 10}, known, NO_RETURNS)
        assert found is not None
        assert found.settlement is not None
        outcomes.add(found.settlement.outcome)
    assert outcomes == {"no_data"}
