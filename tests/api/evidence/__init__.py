"""Tests of evidence, tickers and panels."""
