"""How a print, packet or structure compares with what is usual."""

from math import log1p

from flows.common.prices import round6
from flows.options.baselines.buckets import SLOT_NS
from flows.options.baselines.buckets import bucket_of
from flows.options.baselines.config import BaselineConfig
from flows.options.baselines.keys import UnderlyingBaseline
from flows.options.baselines.measure import MONEY_DECIMALS
from flows.options.baselines.measure import NO_BASELINES
from flows.options.baselines.measure import NO_METRIC
from flows.options.baselines.measure import TOD
from flows.options.baselines.measure import UNDERLYING
from flows.options.baselines.measure import MetricBaseline
from flows.options.baselines.measure import PacketBaselines
from flows.options.baselines.measure import absent
from flows.options.baselines.measure import is_first_unusual
from flows.options.baselines.measure import is_wide_unusual
from flows.options.baselines.measure import of_first
from flows.options.baselines.measure import of_ring
from flows.options.baselines.measure import of_second
from flows.options.baselines.measure import of_wide
from flows.options.baselines.robust import median_and_mad_of_logs
from flows.options.baselines.robust import plain_z
from flows.options.baselines.robust import robust_z
from flows.options.baselines.table import BaselineKeys


class BaselineReadings:
    """
    Measure prints, packets and structures; nothing here changes anything.

    Parameters
    ----------
    config : BaselineConfig
        Sample sizes.
    keys : BaselineKeys
        What there is.

    Notes
    -----
    Source: options flow specification, 7.
    """

    def __init__(self, config: BaselineConfig, keys: BaselineKeys) -> None:
        self._contracts = keys.contracts
        self._underlyings = keys.underlyings
        self._wide = config.underlying_window
        self._min = config.min_samples
        self._min_pair = 2 * config.min_samples
        self._min_wide = config.min_samples_wide

    def print_lz(self, underlying_id: str, premium: float) -> float | None:
        """
        Return how unusual a print's premium is among the prints of its underlying.

        Parameters
        ----------
        underlying_id : str
            Root symbol.
        premium : float
            $; asked before the print is added.

        Returns
        -------
        float | None
            z of ln(1+premium), 6 decimals; None below `min_samples_wide` prints.
        """
        underlying = self._underlyings.get(underlying_id)
        if underlying is None:
            return None
        ring = underlying.prints
        n = len(ring.values)
        if n < self._min_wide:
            return None
        z = plain_z(log1p(premium), ring.mean, ring.m2, n)
        return None if z is None else round6(z)

    def print_size_rz(self, contract_id: str, size: int, own_prints: int = 0) -> float | None:
        """
        Return rz of a print's size among those of its contract.

        Parameters
        ----------
        contract_id : str
            Contract.
        size : int
            Contracts.
        own_prints : int, default 0
            How many of the contract's newest prints belong to the packet that asks, and are left
            out: a packet is never part of its own baseline.

        Returns
        -------
        float | None
            6 decimals; None below `min_samples` other prints.
        """
        contract = self._contracts.get(contract_id)
        if contract is None:
            return None
        prints = contract.prints
        sizes = (prints.values[prints.at :] + prints.values[: prints.at])[1::2]
        others = sorted(sizes[: len(sizes) - own_prints] if own_prints < len(sizes) else ())
        if len(others) < self._min:
            return None
        return round6(robust_z(log1p(size), *median_and_mad_of_logs(others)))

    def packet(
        self,
        contract_id: str,
        underlying_id: str,
        ts: int,
        premium: float,
        size: int,
        mean_spread: float | None,
    ) -> PacketBaselines:  # fmt: skip
        """
        Measure a packet against its baselines; changes nothing.

        Parameters
        ----------
        contract_id, underlying_id : str
            Ids.
        ts : int
            Event time that decides the half-hour, ns UTC.
        premium : float
            $.
        size : int
            Contracts.
        mean_spread : float | None
            Quoted spread in $ per unit, mean over the members; None when unknown.
        """
        underlying = self._underlyings.get(underlying_id)
        contract = self._contracts.get(contract_id)
        if underlying is None:
            return NO_BASELINES
        n = 0 if contract is None else len(contract.packets.values) >> 1
        if contract is not None and n >= self._min:
            of_premium = of_first(premium, contract.packets, MONEY_DECIMALS)
            of_size = of_second(size, contract.packets)
        else:
            of_premium = self._wide_premium(underlying, ts, premium, n)
            of_size = self._wide_size(underlying, size, n)
        of_spread = NO_METRIC
        if contract is not None and mean_spread is not None:
            spreads = contract.packet_spreads
            n = len(spreads.values)
            of_spread = of_ring(mean_spread, spreads) if n >= self._min else absent(n)
        return PacketBaselines(of_premium, of_size, of_spread, underlying.snapshot_id)

    def structure(self, underlying_id: str, ts: int, premium: float, size: int) -> PacketBaselines:
        """
        Measure a structure against its underlying; it never becomes part of a baseline.

        Parameters
        ----------
        underlying_id : str
            Root symbol.
        ts : int
            Event time that decides the half-hour, ns UTC.
        premium : float
            Gross, $.
        size : int
            Contracts of all legs.
        """
        underlying = self._underlyings.get(underlying_id)
        if underlying is None:
            return NO_BASELINES
        n = len(underlying.premiums.values)
        of_premium = self._wide_premium(underlying, ts, premium, n)
        of_size = self._wide_size(underlying, size, n)
        return PacketBaselines(of_premium, of_size, NO_METRIC, underlying.snapshot_id)

    def _wide_premium(
        self, underlying: UnderlyingBaseline, ts: int, premium: float, n: int
    ) -> MetricBaseline:
        if len(underlying.premiums.values) >= self._min_wide:
            return of_wide(premium, underlying.premiums, UNDERLYING, MONEY_DECIMALS)
        ring = underlying.buckets[bucket_of(ts // SLOT_NS)]
        if ring is not None and len(ring.values) >= self._min_wide:
            return of_wide(premium, ring, TOD)
        return absent(n)

    def _wide_size(self, underlying: UnderlyingBaseline, size: int, n: int) -> MetricBaseline:
        if len(underlying.sizes.values) >= self._min_wide:
            return of_wide(size, underlying.sizes, UNDERLYING)
        return absent(n)

    def unusual_premium(
        self, contract_id: str, underlying_id: str, ts: int, premium: float
    ) -> bool:
        """Return whether `packet(…).premium.z_eff` is 3 or more, mostly without computing it."""
        contract = self._contracts.get(contract_id)
        if contract is not None and len(contract.packets.values) >= self._min_pair:
            return is_first_unusual(premium, contract.packets)
        underlying = self._underlyings.get(underlying_id)
        if underlying is None:
            return False
        if len(underlying.premiums.values) >= self._min_wide:
            return is_wide_unusual(premium, underlying.premiums)
        ring = underlying.buckets[bucket_of(ts // SLOT_NS)]
        if ring is not None and len(ring.values) >= self._min_wide:
            return is_wide_unusual(premium, ring)
        return False

    def bucket_history(self, underlying_id: str, bucket: int) -> list[tuple[int, float, int, int]]:
        """
        Return what traded in a half-hour of each session kept, oldest first, the running one last.

        Parameters
        ----------
        underlying_id : str
            Root symbol.
        bucket : int
            0 (09:30 Eastern) to 12, 13 outside regular hours.

        Returns
        -------
        list[tuple[int, float, int, int]]
            Session in days since 1970-01-01, premium in $, contracts, prints.
        """
        underlying = self._underlyings.get(underlying_id)
        return [] if underlying is None else underlying.totals.of(bucket)
