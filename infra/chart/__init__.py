"""One picture of a trading date: bars, volume by price and what was inferred."""
