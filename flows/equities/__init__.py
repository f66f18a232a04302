"""Equity prints and quotes: joins, off-exchange inference, candles, profiles, state, signals."""
