"""Multi-leg structures: prints and packets that belong to one package."""
