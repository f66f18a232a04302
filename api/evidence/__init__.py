"""What an inference rests on, by id, and what the tables say of a symbol as a whole."""
