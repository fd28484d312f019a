"""Runs PostgreSQL and a Redis-protocol server out of PyPI wheels, for people who have neither installed.

Used by `script/server`, `script/test` and the tests. Not for production: there `DATABASE_URL` and `REDIS_URL`
name servers that somebody looks after. Nothing here imports Django.
"""
