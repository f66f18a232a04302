"""Feeds: vendors, files and the synthetic market, turned into raw records and published."""
