"""`python -m pennywhistle` is the `pennywhistle` command."""

from pennywhistle.doors.cli.main import run

run()
