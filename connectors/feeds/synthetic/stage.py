"""Where a scenario plays: one underlying, its surface, and what trades on it."""

import math
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.calendar import NS_PER_DAY
from connectors.feeds.synthetic.calendar import NS_PER_MS
from connectors.feeds.synthetic.calendar import eastern_ns
from connectors.feeds.synthetic.calendar import event_date
from connectors.feeds.synthetic.calendar import expiry_near
from connectors.feeds.synthetic.calendar import session_before
from connectors.feeds.synthetic.calendar import trade_date
from connectors.feeds.synthetic.choices import VENUES
from connectors.feeds.synthetic.drafts import UNLABELLED
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import EventDraft
from connectors.feeds.synthetic.drafts import InterestDraft
from connectors.feeds.synthetic.drafts import QuoteDraft
from connectors.feeds.synthetic.drafts import TradeDraft
from connectors.feeds.synthetic.surface import MAX_IV
from connectors.feeds.synthetic.surface import MIN_IV
from connectors.feeds.synthetic.surface import NS_PER_YEAR
from connectors.feeds.synthetic.surface import around
from connectors.feeds.synthetic.surface import option_value
from connectors.feeds.synthetic.surface import smile
from connectors.feeds.synthetic.universe import DAILY_EXPIRIES
from connectors.feeds.synthetic.universe import strike_step
from flows.options.contracts import ContractId
from flows.options.contracts import contract_from_parts
from flows.options.contracts import expiry_instant_ns

MULTIPLIER: Final = 100
QUOTE_LEAD_NS: Final = 400_000
_BISECTIONS: Final = 50
_CLOSE_HOUR: Final = 16


class Setting(msgspec.Struct, frozen=True):
    """
    Underlying and surface of a scenario.

    Parameters
    ----------
    symbol : str
        Underlying.
    price, iv : float
        Of the underlying, $; at the money, .28 = 28 %.
    spread_bps : float
        Of option quotes, over their middle.
    """

    symbol: str
    price: float
    iv: float
    spread_bps: float


class Fill(msgspec.Struct, frozen=True):
    """
    One print of a scenario.

    Parameters
    ----------
    ms : float
        After the stage's time.
    size : int
        Contracts.
    place : str | float
        `AA`, `A`, `MID`, `B`, `BB`, or a position in the spread, 0 bid to 1 ask.
    venue, code : str
        OPRA participant and condition.
    iv_shift, spot_bps : float
        Of the surface at that moment: volatility points added, and move of the underlying.
    quoted : bool
        Whether a fresh quote comes just before; else the newest one stands.
    """

    ms: float
    size: int
    place: str | float
    venue: str
    code: str
    iv_shift: float = 0.0
    spot_bps: float = 0.0
    quoted: bool = True


class Stage:
    """
    Collect what a scenario emits.

    Parameters
    ----------
    rng : Random
        Of the scenario.
    setting : Setting
        Underlying and surface.
    at_ns : int
        Virtual time at which the activity begins; everything of a scenario lies at or after it,
        except what happened in an earlier session.
    label : str
        Given to its prints.
    factors : tuple of float
        Of sizes and of premium (mode).
    has_past : bool
        Whether an earlier session can be told.

    Attributes
    ----------
    drafts : list of Draft
        Everything emitted, refdata included.
    after : tuple of float | None
        Where the underlying has to go afterwards, bps, and in how many seconds.
    """

    def __init__(
        self,
        rng: Random,
        setting: Setting,
        at_ns: int,
        label: str,
        *,
        factors: tuple[float, float] = (1.0, 1.0),
        has_past: bool = False,
    ) -> None:
        self.rng = rng
        self.setting = setting
        self.at_ns = at_ns
        self.has_past = has_past
        self.drafts: list[Draft] = []
        self.after: tuple[float, float] | None = None
        self._label = label
        self._factors = factors
        self._volatility: dict[str, float] = {}
        self._newest: dict[str, tuple[int, int]] = {}

    @property
    def today(self) -> int:
        """Session date of the activity."""
        return trade_date(self.at_ns)

    @property
    def strike_step(self) -> float:
        """Distance of listed strikes, $; the broad funds have every dollar."""
        is_fund = self.setting.symbol in DAILY_EXPIRIES
        return 1.0 if is_fund else strike_step(self.setting.price)

    def between(self, low: float, high: float) -> float:
        """Draw uniformly."""
        return low + (high - low) * self.rng.random()

    def count(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return low + int(self.rng.random() * (high - low + 1))

    def venues(self, count: int) -> list[str]:
        """Draw different venues."""
        names: list[str] = []
        while len(names) < count:
            name = VENUES.draw(self.rng)
            if name not in names:
                names.append(name)
        return names

    def contract(self, right: str, dte: int, moneyness: float) -> ContractId:
        """
        Return the contract nearest to what is wanted.

        Parameters
        ----------
        right : str
            `C` or `P`.
        dte : int
            Wanted days to expiry.
        moneyness : float
            Wanted strike over the underlying's price.
        """
        step = self.strike_step
        strike = max(step, round(self.setting.price * moneyness / step) * step)
        return self._listed(right, expiry_near(self.at_ns, dte), strike)

    def contract_worth(
        self, right: str, dte: int, dollars: float, reach: tuple[float, float]
    ) -> ContractId:
        """
        Return the contract whose value is nearest to a price.

        Parameters
        ----------
        right : str
            `C` or `P`.
        dte : int
            Wanted days to expiry.
        dollars : float
            Wanted value, $ per unit.
        reach : tuple of float
            Least and most that the strike may lie out of the money, as fractions.
        """
        price, step = self.setting.price, self.strike_step
        sign = 1.0 if right == "C" else -1.0
        ends = sorted(price * (1.0 + sign * otm) for otm in reach)
        first, last = math.ceil(ends[0] / step), math.floor(ends[1] / step)
        near = round(price * (1.0 + sign * reach[0]) / step)
        candidates = [n * step for n in range(first, last + 1) if n > 0] or [near * step]
        expiry = expiry_near(self.at_ns, dte)
        listed = [self._listed(right, expiry, strike) for strike in candidates]
        return min(listed, key=lambda each: (abs(self.value(each) - dollars), each.strike))

    def neighbour(
        self, contract: ContractId, strike: float, right: str | None = None
    ) -> ContractId:
        """Return the contract of an expiry nearest to a strike, by default of the same right."""
        step = self.strike_step
        nearest = max(step, round(strike / step) * step)
        return self._listed(right or contract.right, contract.expiry, nearest)

    def _listed(self, right: str, expiry: int, strike: float) -> ContractId:
        return contract_from_parts(self.setting.symbol, expiry, round(strike, 3), right)

    def deviation(self, contract: ContractId) -> float:
        """Return the underlying's standard deviation until expiry, $."""
        return self.setting.price * self.setting.iv * math.sqrt(self._years(contract, self.at_ns))

    @staticmethod
    def _years(contract: ContractId, at_ns: int) -> float:
        return (expiry_instant_ns(contract.root, contract.expiry) - at_ns) / NS_PER_YEAR

    def value(
        self, contract: ContractId, ms: float = 0.0, iv_shift: float = 0.0, spot_bps: float = 0.0
    ) -> float:
        """Return what a contract is worth at a time, $ per unit."""
        at_ns = self.at_ns + round(ms * NS_PER_MS)
        spot = self.setting.price * (1.0 + spot_bps / 1e4)
        years = self._years(contract, at_ns)
        iv = self._volatility.get(contract.option_contract_id)
        if iv is None:
            iv = smile(self.setting.iv, math.log(contract.strike / self.setting.price), years)
        return option_value(spot, contract.strike, years, iv + iv_shift, contract.right)

    def reprice(self, contract: ContractId, dollars: float) -> None:
        """Set a contract's volatility so that it is worth a price, as far as one is possible."""
        low, high = MIN_IV, MAX_IV
        years = self._years(contract, self.at_ns)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            worth = option_value(self.setting.price, contract.strike, years, middle, contract.right)
            low, high = (middle, high) if worth < dollars else (low, middle)
        self._volatility[contract.option_contract_id] = high

    def size(self, dollars: float, sizes: tuple[float, float], premium: tuple[float, float]) -> int:
        """
        Draw how many contracts trade; where both bounds cannot hold the premium's do.

        Parameters
        ----------
        dollars : float
            Price, $ per unit.
        sizes, premium : tuple of float
            Bounds of contracts and of $ in all, before the mode's factors.
        """
        by_size, by_premium = self._factors
        unit = MULTIPLIER * max(dollars, 0.01)
        least, most = (bound * by_premium / unit for bound in premium)
        low = max(least, sizes[0] * by_size)
        high = min(most, sizes[1] * by_size)
        if low > high:
            # Kept a little inside, since the prints do not all trade at this very price.
            low, high = least + 0.1 * (most - least), most - 0.1 * (most - least)
        return max(1, round(self.between(low, high)))

    def shares(self, total: int, count: int) -> list[int]:
        """Split a size into uneven but comparable parts, at least 1 each, that add up to it."""
        weights = [self.between(0.7, 1.3) for _ in range(count)]
        scale = total / sum(weights)
        parts = [max(1, round(weight * scale)) for weight in weights]
        parts[-1] = max(1, parts[-1] + total - sum(parts))
        return parts

    def quote(
        self, contract: ContractId, ms: float, *, avoid: int = 0, iv_shift: float = 0.0,
        spot_bps: float = 0.0,
    ) -> tuple[int, int]:  # fmt: skip
        """
        Quote a contract and return bid and ask, cents.

        Parameters
        ----------
        contract : ContractId
            Which.
        ms : float
            When, after the stage's time.
        avoid : int
            Size neither side may show, so that no trade happens to equal it.
        iv_shift, spot_bps : float
            Of the surface at that moment.
        """
        value = self.value(contract, ms, iv_shift, spot_bps)
        bid, ask = around(value, self.setting.spread_bps)
        sizes = [self.count(8, 160) for _ in range(2)]
        sizes = [size + 1 if size == avoid else size for size in sizes]
        at_ns = self.at_ns + round(ms * NS_PER_MS)
        self.drafts.append(
            QuoteDraft(
                at_ns, contract, bid, ask, sizes[0], sizes[1],
                VENUES.draw(self.rng), VENUES.draw(self.rng),
            )
        )  # fmt: skip
        self._newest[contract.option_contract_id] = (bid, ask)
        return bid, ask

    def trade(self, contract: ContractId, fill: Fill, *, labelled: bool = True) -> TradeDraft:
        """Trade a contract, by default just after a fresh quote of it."""
        if fill.quoted:
            bid, ask = self.quote(
                contract,
                fill.ms - QUOTE_LEAD_NS / NS_PER_MS,
                avoid=fill.size,
                iv_shift=fill.iv_shift,
                spot_bps=fill.spot_bps,
            )
        else:
            newest = self._newest.get(contract.option_contract_id)
            bid, ask = newest or around(self.value(contract, fill.ms), self.setting.spread_bps)
        return self._print(contract, fill, _price(fill.place, bid, ask), labelled=labelled)

    def _print(self, contract: ContractId, fill: Fill, price: int, *, labelled: bool) -> TradeDraft:
        trade = TradeDraft(
            self.at_ns + round(fill.ms * NS_PER_MS),
            contract,
            price,
            fill.size,
            fill.venue,
            fill.code,
            self._label if labelled else UNLABELLED,
        )
        self.drafts.append(trade)
        return trade

    def package(
        self, legs: list[tuple[ContractId, int]], size: int, position: float, code: str
    ) -> None:
        """
        Trade a package: one venue, one stamp, ratios kept.

        Parameters
        ----------
        legs : list of (ContractId, signed ratio)
            In the orientation of `position`.
        size : int
            Packages.
        position : float
            Of the package's price in the package's quote, 0 to 1; prices are rounded away from
            the middle.
        code : str
            Condition.
        """
        venue, ms = self.venues(1)[0], self.between(5.0, 200.0)
        for contract, ratio in legs:
            fill = Fill(ms, size * abs(ratio), position, venue, code)
            bid, ask = self.quote(contract, ms - QUOTE_LEAD_NS / NS_PER_MS, avoid=fill.size)
            place = position if ratio > 0 else 1.0 - position
            exact = bid + place * (ask - bid)
            price = round(exact)
            if abs(position - 0.5) > 0.1:
                price = math.ceil(exact - 1e-9) if place > 0.5 else math.floor(exact + 1e-9)
            self._print(contract, fill, max(1, price), labelled=True)

    def interest(self, contract: ContractId, oi: int, sessions_ago: int = 0) -> int:
        """
        Publish a contract's open interest as of the session before, now or sessions ago.

        Returns
        -------
        int
            When, ms relative to the stage's time.
        """
        day = session_before(self.today, sessions_ago)
        at_ns = self.at_ns - (self.today - day) * NS_PER_DAY
        self.drafts.append(InterestDraft(at_ns, contract, oi, session_before(day)))
        return (at_ns - self.at_ns) // NS_PER_MS


def announcement(symbol: str, at_ns: int, days: int) -> EventDraft:
    """Return the announcement, now, of earnings that come out after a close in some days."""
    day = event_date(at_ns, days)
    return EventDraft(at_ns, symbol, "earnings", eastern_ns(day, _CLOSE_HOUR), "amc")


def _price(place: str | float, bid: int, ask: int) -> int:
    if isinstance(place, str):
        middle = (bid + ask) // 2
        return {"AA": ask + 1, "A": ask, "MID": middle, "B": bid, "BB": max(1, bid - 1)}[place]
    return max(1, bid + round(place * (ask - bid)))
