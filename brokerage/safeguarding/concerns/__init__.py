"""Concerns below the threshold of an alert, the patterns they make, complaints and disputes."""
