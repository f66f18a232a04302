"""Stocks of the synthetic market: trade reports, and labelled activity in them."""
