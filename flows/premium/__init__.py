"""Net premium per underlying, market and basket."""
