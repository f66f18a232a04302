"""What dataflows share: calendar, clock faces, prices, sides, sale conditions."""
