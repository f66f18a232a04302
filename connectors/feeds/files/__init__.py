"""File feeds: vendors' export files as sorted records."""
