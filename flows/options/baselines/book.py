"""The rolling baselines of one partition: measure a packet, then make it part of them."""

from collections.abc import Iterable
from math import log1p
from typing import Any
from typing import Final

from flows.options.baselines.buckets import SLOT_NS
from flows.options.baselines.buckets import bucket_of
from flows.options.baselines.config import BaselineConfig
from flows.options.baselines.measure import NO_BASELINES
from flows.options.baselines.measure import MetricBaseline
from flows.options.baselines.measure import PacketBaselines
from flows.options.baselines.reading import BaselineReadings
from flows.options.baselines.snapshots import Stamp
from flows.options.baselines.table import BaselineKeys
from schemas.records import BaselineSnapshot

__all__ = [
    "NO_BASELINES",
    "BaselineConfig",
    "Baselines",
    "MetricBaseline",
    "PacketBaselines",
]

# $ or any other unit: what is larger, negative or not a number is no measurement.
LARGEST: Final = 1e12


class Baselines(BaselineReadings):
    """
    Rolling statistics of prints and packets, per contract, underlying and half-hour of a session.

    Every volume-eligible print and every closed packet goes in, whatever the signal filter says,
    and is measured first: a packet is never part of its own baseline. The cost of an update is
    constant, whatever the number of keys; idle keys are found by a wheel when a session begins.
    Memory: at most 4 KB a contract and 48 KB an underlying with every window full.

    Parameters
    ----------
    config : BaselineConfig
        Windows and sample sizes.

    Attributes
    ----------
    refused : int
        Values that were negative, not a number or above 1e12, and so are in no window.

    Notes
    -----
    Source: options flow specification, 7. Half-hours live as long as their underlying.
    """

    def __init__(self, config: BaselineConfig) -> None:
        self._keys = BaselineKeys(config)
        super().__init__(config, self._keys)
        self._window = config.window
        self._tod_window = config.tod_window
        self.refused = 0

    def __len__(self) -> int:
        """Return the number of contracts."""
        return len(self._contracts)

    def add_print(  # noqa: PLR0913, PLR0917 - a record a print would cost more than the rest
        self,
        contract_id: str,
        underlying_id: str,
        trade_date: int,
        ts: int,
        premium: float,
        size: int,
        spread_pct: float | None,
        iv: float | None,
    ) -> None:  # fmt: skip
        """
        Make a volume-eligible print part of the baselines.

        Parameters
        ----------
        contract_id, underlying_id : str
            Ids.
        trade_date : int
            Session, days since 1970-01-01.
        ts : int
            Event time, ns UTC.
        premium : float
            $.
        size : int
            Contracts.
        spread_pct, iv : float | None
            Quoted spread over mid and implied volatility as fractions; None when unknown.
        """
        if not 0.0 <= premium <= LARGEST:
            self.refused += 1
            return
        keys = self._keys
        if trade_date > keys.session:
            keys.advance(trade_date)
        contract = self._contracts.get(contract_id)
        if contract is None:
            contract = keys.new_contract(contract_id, underlying_id)
        if trade_date > contract.seen:
            keys.touch(contract_id, contract, trade_date)
        contract.changed = True
        window = self._window
        contract.prints.add(premium, size, window)
        if spread_pct is not None:
            if 0.0 <= spread_pct <= LARGEST:
                contract.spreads.add(spread_pct, window)
            else:
                self.refused += 1
        if iv is not None:
            if 0.0 <= iv <= LARGEST:
                contract.ivs.add(iv, window)
            else:
                self.refused += 1
        underlying = contract.underlying
        underlying.changed = True
        if ts > underlying.ts:  # noqa: PLR1730 - a call to max costs three comparisons
            underlying.ts = ts
        underlying.prints.add(log1p(premium), self._wide)
        underlying.totals.add(trade_date, bucket_of(ts // SLOT_NS), round(premium * 100), size, 1)

    def reverse_print(  # noqa: PLR0913, PLR0917 - a record a print would cost more than the rest
        self,
        contract_id: str,
        underlying_id: str,
        trade_date: int,
        ts: int,
        premium: float,
        size: int,
        spread_pct: float | None,
        iv: float | None,
    ) -> None:  # fmt: skip
        """
        Take a cancelled print out of every window it is still in, and out of its session's totals.

        The arguments are those it was added with. Entries carry no identity: of several equal ones
        the newest goes, which leaves the same values behind.
        """
        contract = self._contracts.get(contract_id)
        underlying = self._underlyings.get(underlying_id)
        if contract is None or underlying is None or not 0.0 <= premium <= LARGEST:
            return
        contract.changed = underlying.changed = True
        contract.prints.remove(premium, size)
        if spread_pct is not None:
            contract.spreads.remove(spread_pct)
        if iv is not None:
            contract.ivs.remove(iv)
        underlying.prints.remove(log1p(premium))
        bucket = bucket_of(ts // SLOT_NS)
        underlying.totals.add(trade_date, bucket, -round(premium * 100), -size, -1)

    def add_packet(
        self,
        contract_id: str,
        underlying_id: str,
        ts: int,
        premium: float,
        size: int,
        mean_spread: float | None,
    ) -> None:  # fmt: skip
        """
        Make a closed packet part of the baselines, after it was measured.

        The arguments are those of `packet`.
        """
        if not 0.0 <= premium <= LARGEST:
            self.refused += 1
            return
        contract = self._contracts.get(contract_id)
        if contract is None:
            contract = self._keys.new_contract(contract_id, underlying_id)
        contract.changed = True
        window = self._window
        contract.packets.add(premium, size, window)
        if mean_spread is not None:
            if 0.0 <= mean_spread <= LARGEST:
                contract.packet_spreads.add(mean_spread, window)
            else:
                self.refused += 1
        underlying = contract.underlying
        underlying.changed = True
        underlying.premiums.push(premium, self._wide)
        underlying.sizes.push(size, self._wide)
        bucket = bucket_of(ts // SLOT_NS)
        ring = underlying.buckets[bucket]
        if ring is None:
            ring = underlying.bucket(bucket, self._min_wide)
        ring.push(log1p(premium), self._tod_window)

    def advance(self, trade_date: int) -> None:
        """
        Begin a session: forget the keys that have been idle too long by then.

        Only a session later than all before has an effect. `add_print` calls it; whoever asks
        before the first print of a session is added calls it first.

        Parameters
        ----------
        trade_date : int
            Days since 1970-01-01.
        """
        self._keys.advance(trade_date)

    def session_end(
        self,
        trade_date: int,
        as_of_ts: int,
        config_hash: str,
        ingest_ts: int | None = None,
        seq: int = 0,
    ) -> list[BaselineSnapshot]:
        """
        Return the snapshots of every underlying that traded in a session, one record a key.

        Parameters
        ----------
        trade_date : int
            The session that ended, days since 1970-01-01.
        as_of_ts : int
            Deadline of its timer, ns UTC: nothing may use the snapshot before.
        config_hash : str
            8 hex digits over the thresholds.
        ingest_ts, seq : int
            Largest first receipt (ns UTC, by default the deadline) and last sequence of the inputs.
        """
        ingest_ns = as_of_ts if ingest_ts is None else ingest_ts
        return self._keys.session_end(trade_date, Stamp(as_of_ts, ingest_ns, seq, config_hash))

    def changed(self, config_hash: str) -> list[BaselineSnapshot]:
        """
        Return the keys updated since this was last called, for a store outside the log.

        Their snapshot id ends in `@` and the newest event time, which is also `source_ts`; neither
        state nor results depend on whether or when this is called.

        Parameters
        ----------
        config_hash : str
            8 hex digits over the thresholds.
        """
        return self._keys.changed(config_hash)

    def warm(self, records: Iterable[BaselineSnapshot]) -> int:
        """
        Start from snapshots; keys that exist already are replaced.

        Parameters
        ----------
        records : iterable of BaselineSnapshot
            Of any underlyings, one record a key, in any order.

        Returns
        -------
        int
            How many keys were taken over.

        Raises
        ------
        RejectedEvent
            A record is of another form or damaged; then nothing was taken over.
        """
        return self._keys.warm(records)

    def state(self) -> list[object]:
        """Return everything as plain data; equal states give equal bytes."""
        return [*self._keys.state(), self.refused]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Take over a state; what was there before is forgotten."""
        *keys, self.refused = state
        self._keys.load(keys)
