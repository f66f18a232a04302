"""Which keys there are: made, forgotten after idle sessions, and carried over as plain data."""

from collections.abc import Iterable
from typing import Any
from typing import Final

from flows.errors import RejectedEvent
from flows.options.baselines.config import BaselineConfig
from flows.options.baselines.keys import ContractBaseline
from flows.options.baselines.keys import UnderlyingBaseline
from flows.options.baselines.measure import CONTRACT
from flows.options.baselines.measure import TOD
from flows.options.baselines.measure import UNDERLYING
from flows.options.baselines.snapshots import Stamp
from flows.options.baselines.snapshots import bucket_state
from flows.options.baselines.snapshots import contract_state
from flows.options.baselines.snapshots import snapshot_id
from flows.options.baselines.snapshots import snapshot_record
from flows.options.baselines.snapshots import underlying_state
from flows.options.baselines.wheel import SessionWheel
from schemas.records import BaselineSnapshot

NO_SESSION: Final = -1


class BaselineKeys:
    """
    The contracts and underlyings of one partition.

    Parameters
    ----------
    config : BaselineConfig
        Windows and idle time.

    Attributes
    ----------
    contracts, underlyings : dict
        By id, in the order they came.
    session : int
        Newest session, days since 1970-01-01.
    """

    def __init__(self, config: BaselineConfig) -> None:
        self._config = config
        self.contracts: dict[str, ContractBaseline] = {}
        self.underlyings: dict[str, UnderlyingBaseline] = {}
        self._wheel = SessionWheel(config.ttl_sec)
        self._underlying_wheel = SessionWheel(config.ttl_sec)
        self.session = NO_SESSION

    def advance(self, trade_date: int) -> None:
        """Begin a session: forget the keys that have been idle too long by then."""
        if trade_date <= self.session:
            return
        self.session = trade_date
        contracts = self.contracts
        lost: dict[str, UnderlyingBaseline] = {}
        for date, name in self._wheel.expired(trade_date):
            contract = contracts.get(name)
            if contract is not None and contract.seen == date:
                lost[contract.underlying.name] = contract.underlying
                del contracts[name]
        for underlying in lost.values():
            underlying.names = [name for name in underlying.names if name in contracts]
        for date, name in self._underlying_wheel.expired(trade_date):
            known = self.underlyings.get(name)
            if known is not None and known.seen == date:
                del self.underlyings[name]

    def new_contract(self, contract_id: str, underlying_id: str) -> ContractBaseline:
        """Make the key of a contract, and that of its underlying where it is missing."""
        underlying = self.underlyings.get(underlying_id)
        if underlying is None:
            underlying = UnderlyingBaseline(underlying_id, self._config)
            self.underlyings[underlying_id] = underlying
        underlying.names.append(contract_id)
        contract = self.contracts[contract_id] = ContractBaseline(underlying)
        self.touch(contract_id, contract, self.session)
        return contract

    def touch(self, contract_id: str, contract: ContractBaseline, trade_date: int) -> None:
        """Note the first print of a contract in a session."""
        contract.seen = trade_date
        self._wheel.enter(trade_date, contract_id)
        underlying = contract.underlying
        if trade_date > underlying.seen:
            underlying.seen = trade_date
            self._underlying_wheel.enter(trade_date, underlying.name)

    def session_end(self, trade_date: int, stamp: Stamp) -> list[BaselineSnapshot]:
        """Return the records of every underlying that traded in a session."""
        return [
            record
            for underlying in self.underlyings.values()
            if underlying.seen >= trade_date
            for record in self._records(
                underlying, underlying.names, snapshot_id(underlying.name, underlying.seen), stamp
            )
        ]

    def changed(self, config_hash: str) -> list[BaselineSnapshot]:
        """Return the records of the keys updated since this was last called."""
        records: list[BaselineSnapshot] = []
        contracts = self.contracts
        for underlying in self.underlyings.values():
            if not underlying.changed:
                continue
            underlying.changed = False
            names = [name for name in underlying.names if contracts[name].changed]
            for name in names:
                contracts[name].changed = False
            number = f"{snapshot_id(underlying.name, underlying.seen)}@{underlying.ts}"
            stamp = Stamp(underlying.ts, underlying.ts, 0, config_hash)
            records += self._records(underlying, names, number, stamp)
        return records

    def _records(
        self, underlying: UnderlyingBaseline, names: list[str], number: str, stamp: Stamp
    ) -> list[BaselineSnapshot]:
        name = underlying.name
        as_of = (underlying.seen, underlying.ts)
        whole = snapshot_record((number, name, UNDERLYING, name), underlying.state(), as_of, stamp)
        buckets = [
            snapshot_record((number, name, TOD, f"{name}#{state[3]}"), state, as_of, stamp)
            for state in underlying.bucket_states()
        ]
        contracts = self.contracts
        return [
            whole,
            *buckets,
            *(
                snapshot_record(
                    (number, name, CONTRACT, each), contracts[each].state(), as_of, stamp
                )
                for each in names
            ),
        ]

    def warm(self, records: Iterable[BaselineSnapshot]) -> int:
        """Take over snapshots; all or, where one cannot be read, none."""
        found = BaselineKeys(self._config)
        ordered = sorted(records, key=lambda record: (record.underlying_id, record.key))
        try:
            for record in ordered:
                if record.level == UNDERLYING:
                    found._underlying(record).load(underlying_state(record), self._config)
            for record in ordered:
                if record.level == TOD:
                    found._underlying(record).load_bucket(bucket_state(record), self._config)
                elif record.level == CONTRACT:
                    contract = ContractBaseline(found._underlying(record))
                    contract.load(contract_state(record), self._config.window)
                    found.contracts[record.key] = contract
        except (IndexError, ValueError) as error:
            msg = f"{record.trace_id} holds no baseline: {error}"
            raise RejectedEvent(msg) from error
        for record in ordered:
            found.underlyings[record.underlying_id].snapshot_id = record.snapshot_id
        self.underlyings.update(found.underlyings)
        self.contracts.update(found.contracts)
        self._index()
        return len(ordered)

    def _underlying(self, record: BaselineSnapshot) -> UnderlyingBaseline:
        name = record.underlying_id
        known = self.underlyings.get(name)
        if known is None:
            known = self.underlyings[name] = UnderlyingBaseline(name, self._config)
            known.seen = record.session_date
            known.ts = record.as_of_ts
        return known

    def _index(self) -> None:
        """Build from the keys what is not part of their state: wheels, and names by underlying."""
        self._wheel = SessionWheel(self._config.ttl_sec)
        self._underlying_wheel = SessionWheel(self._config.ttl_sec)
        for name, underlying in self.underlyings.items():
            underlying.names = []
            self._underlying_wheel.enter(underlying.seen, name)
        for name, contract in self.contracts.items():
            contract.underlying.names.append(name)
            self._wheel.enter(contract.seen, name)

    def state(self) -> list[object]:
        """Return everything as plain data."""
        return [
            self.session,
            [
                (name, underlying.state(), underlying.bucket_states())
                for name, underlying in self.underlyings.items()
            ],
            [
                (name, contract.underlying.name, contract.state())
                for name, contract in self.contracts.items()
            ],
        ]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Take over a state; what was there before is forgotten."""
        self.session, underlyings, contracts = state
        self.underlyings.clear()
        self.contracts.clear()
        for name, packed, buckets in underlyings:
            underlying = self.underlyings[name] = UnderlyingBaseline(name, self._config)
            underlying.load(packed, self._config)
            for bucket in buckets:
                underlying.load_bucket(bucket, self._config)
        for name, owner, packed in contracts:
            contract = self.contracts[name] = ContractBaseline(self.underlyings[owner])
            contract.load(packed, self._config.window)
        self._index()
