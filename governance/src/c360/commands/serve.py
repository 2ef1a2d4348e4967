"""`c360 serve`."""

import click


@click.command(
    epilog="""\b
Examples:
  c360 serve
  c360 serve --port 9000
  c360 serve --host 0.0.0.0"""
)
@click.option("--port", type=click.IntRange(0, 65535), default=8360, show_default=True, help="0: any that is free.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen; by default here alone."
)
def serve(port: int, host: str) -> None:
    """Show the pages that report and publish wrote, on a local port, until Ctrl-C.

    Read-only, and only for this machine. With another --host everybody who reaches the address reads the pages.
    """
    from c360.publish.serve import open_server
    from c360.settings import load

    with open_server(load().site, host, port) as server:
        at = f"[{host}]" if ":" in host else host
        try:
            click.echo(f"The pages: http://{at}:{server.server_port}/ (Ctrl-C ends)")
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped; the pages are shown no more.", err=True)
