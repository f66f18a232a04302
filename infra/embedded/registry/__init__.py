"""A schema registry with the REST interface of Confluent's, kept in one append-only file."""
