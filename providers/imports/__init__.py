"""Files that come in: a regulator's list, households, insurance, and what upper storeys register here.

`kinds` says what may be imported and by whom, `engine` carries a file through in batches, the rest reads one kind
each. Pages, commands and the worker all go through the engine.
"""
