"""Vendors' codes as data: option venues and sale conditions."""
