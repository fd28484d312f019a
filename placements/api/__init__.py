"""API v1 of placements: shapes and operations. Each calls one action or query; no rule stands here."""
