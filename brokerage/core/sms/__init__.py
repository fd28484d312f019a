"""Text messages: through which gateway (`SMS_BACKEND`), which numbers, which letters.

Who is told what stands in `core.notifications`; whose number is whose in `core.accounts.mobile`.
"""
