"""The command ``digest``: every room's commands, mounted here, each imported only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from digest import __version__
from digest.errors import DigestError

# name → where the command lives, and its line in the help (so that the help imports nothing either)
_COMMANDS = {
    "init": ("jobs.cli.setup:init", "Write digest.toml and create or migrate the database."),
    "demo": ("jobs.cli.demo:demo", "Run the main job once on sample data: catalogue to inbox."),
    "catalogue": ("digest.catalogue.cli:catalogue", "Tools in and out."),
    "issue": ("jobs.cli.issue:issue", "A week's issue: build, look, approve, send."),
    "preview": ("jobs.cli.preview:preview", "Show the issue as it will be sent, live."),
    "templates": ("jobs.cli.templates:templates", "The templates of e-mails and pages; take one over."),
    "subscribers": ("subscribers.cli:subscribers", "The list of readers."),
    "bounces": ("subscribers.bounces.cli:bounces", "Mail that came back: read one by hand."),
    "api-keys": ("digest.catalogue.keys_cli:api_keys", "Keys to the API."),
    "run": ("jobs.cli.serve:run", "Everything in one process: web, scheduler, sender, mail-in."),
    "web": ("jobs.cli.serve:web", "The public pages only."),
    "scheduler": ("jobs.cli.serve:scheduler", "The weekly tick and the sender only."),
    "mailin": ("jobs.cli.serve:mailin", "Take mail only: sign-ups, goodbyes, bounces."),
    "inbox": ("jobs.cli.serve:inbox", "Catch mail and show it, for trying things out."),
    "status": ("jobs.cli.status:status", "The current issue, its progress and the next run."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Weekly Verdicts: the week's new AI tools, head to head, by e-mail."""
    from digest.cli import App
    from digest.clock import SystemClock
    from digest.settings import read_settings
    from digest.votes.store import forget
    from jobs.keeping import categories, issues_of
    from jobs.migrations import open_database

    settings = read_settings(may_lack_file=ctx.invoked_subcommand == "init")
    ctx.obj = App(settings, SystemClock(), open_database, forget, categories, issues_of)


def main() -> None:
    """Run the command; a failure a person can act on is one line on stderr and a non-zero exit."""
    try:
        code = cli.main(prog_name="digest", standalone_mode=False)
    except click.exceptions.Abort:
        code = _complain("interrupted", 130)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except DigestError as error:
        code = _complain(str(error), error.exit_code)
    except BrokenPipeError:
        code = 0
    except Exception as error:
        line = _storage_trouble(error)
        if line is None:
            raise
        code = _complain(line, 1)
    sys.exit(code if isinstance(code, int) else 0)


def _complain(line: str, code: int) -> int:
    click.echo(f"digest: {line}", err=True)
    return code


def _storage_trouble(error: Exception) -> str | None:
    """Return one line for a database or disk that fails; None for anything else: a bug to be seen."""
    from sqlalchemy.exc import DatabaseError

    if isinstance(error, DatabaseError):
        return f"the database failed: {error.orig}"
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    return None
