"""Backtests: replays with other thresholds, and what their alerts were worth."""
