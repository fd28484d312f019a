"""The ground of the REST API: its door, clients and scopes, how an operation is written, and what each answer keeps.

Operations stand in each app's `api` package and call the same actions and queries as the pages.
"""
