"""What a person can mend: its message is one line that says what is wrong, where, and what was
expected."""


class UserError(ValueError):
    """Shown without a traceback by stages and commands; everything else that is raised is our own
    defect."""
