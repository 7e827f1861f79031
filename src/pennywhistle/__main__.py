"""`python -m pennywhistle` is the `pennywhistle` command."""

from pennywhistle.doors.cli.main import app

app(prog_name="pennywhistle")
