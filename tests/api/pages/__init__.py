"""Pages: filters, cursors, recent routes, history, candles, exports."""
