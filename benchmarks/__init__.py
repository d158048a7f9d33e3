"""Measured against a peer and the limit, in one run; nothing here is a stored result."""
