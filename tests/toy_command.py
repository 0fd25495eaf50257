"""The command as a user types it."""

from typer.testing import CliRunner

from zsar.cli.main import app


def zsar(*words: object) -> str:
    """What it prints; its complaints are raised."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output
