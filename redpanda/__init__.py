"""Topics as code and broker configuration."""
