"""The one refusal of the local stack."""


class StackError(Exception):
    """The stack cannot go on; the message says what to do about it."""
