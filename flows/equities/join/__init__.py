"""Which quote stood at a print, where the print lies in it, and whose initiative it was."""
