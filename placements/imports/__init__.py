"""Files of placements already running, so that spend and alerts are true on the first day."""
