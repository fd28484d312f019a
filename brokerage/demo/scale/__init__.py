"""A believable country for measuring: every authority, thousands of homes, and as many referrals as are asked for.

Written by the loader in sets (`INSERT ... SELECT`), never row by row; every choice is a hash of the seed, so that the
same seed on the same day makes the same country. Names are made up. `manage.py seed_scale` runs it; not for a live
service.
"""
