"""Raw records of all topics in one order of time, from the log or from the tables."""
