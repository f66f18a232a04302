"""Volume by price."""
