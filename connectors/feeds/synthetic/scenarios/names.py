"""Names of profiles, classifiers and underlyings the scenarios share."""

from typing import Final

INSTITUTIONAL: Final = "institutional_directional"
RETAIL: Final = "retail_whale"
EVENT: Final = "event_driven"
VOL_SELLER: Final = "vol_seller"
ARBITRAGE: Final = "arbitrage"
HEDGE: Final = "hedge_reactive"

CALL_SWEEP: Final = "large_bullish_call_sweep"
PUT_SWEEP: Final = "large_bearish_put_sweep"
OVERWRITE: Final = "large_call_sell_overwrite"
PUT_WRITE: Final = "large_put_sell_write"
SPIKE: Final = "unusual_contract_spike"
NEW_POSITION: Final = "new_position_likely"
UNWIND: Final = "closing_unwind_likely"
ZERO_DTE: Final = "zero_dte_gamma_punch"
FAR_DATED: Final = "far_dated_conviction"
STRADDLE: Final = "straddle_strangle"
VERTICAL: Final = "vertical_spread"
ROLL: Final = "roll_up_down_out"
LADDER: Final = "ladder_accumulation"
ABSORBED: Final = "no_follow_through_absorbed"

# Underlyings with single-digit option prices at the money, two to five weeks out.
CHEAP: Final = ("UBER", "DIS", "PYPL", "MU", "SHOP", "XOM")
LIQUID: Final = ("NVDA", "AAPL", "AMZN", "UBER", "PYPL", "DIS", "MU")
ACTIVE: Final = ("NVDA", "PLTR", "AAPL", "AMZN", "UBER")
# The only ones with announced earnings, so that no other scenario meets them.
EVENT_NAMES: Final = ("TSLA", "AMD", "MSTR", "CRM", "NFLX")
