"""Errors that a user can fix. The message is one line: what is wrong, where, what was expected."""


class UserError(ValueError):
    """Stages and commands show it without a traceback; any other exception is a defect of zsar."""
