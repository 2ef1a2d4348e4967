"""The two ways a command ends badly, never mixed up: the data is bad (1), or we could not tell (2)."""


class CouldNotTell(Exception):
    """The command could not run: no database, an unreadable file, bad configuration. Exit code 2.

    `message` is one sentence with what and where; `remedy` is the next command to type; `details` are lines that are
    shown above both.
    """

    exit_code = 2

    def __init__(self, message: str, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        self.message = message
        self.remedy = remedy
        self.details = details
        super().__init__(f"{message} {remedy}".strip())


class Breach(CouldNotTell):
    """The data or a contract breaks a clause. Exit code 1."""

    exit_code = 1
