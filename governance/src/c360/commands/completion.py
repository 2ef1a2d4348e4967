"""`c360 completion`."""

import click


@click.command(
    epilog="""\b
Examples:
  eval "$(c360 completion bash)"
  c360 completion zsh > ~/.zfunc/_c360
  c360 completion fish > ~/.config/fish/completions/c360.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands and options in a shell. Add the line below to ~/.bashrc, for example."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(click.get_current_context().find_root().command, {}, "c360", "_C360_COMPLETE").source())
