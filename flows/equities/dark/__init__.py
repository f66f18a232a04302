"""What off-exchange prints suggest."""
