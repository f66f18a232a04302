"""The `islandflow` command line."""
