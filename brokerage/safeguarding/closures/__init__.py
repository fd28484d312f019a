"""Closures of homes, and where everybody who lives there goes next."""
