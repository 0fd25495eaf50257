"""The command of the page that takes a clip: `zsar app`."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("app")(serve)


def serve(
    cell: Annotated[
        str,
        typer.Option(
            help="a trained cell of the study or a folder that `zsar export` wrote; without it"
            " nothing that was trained is used"
        ),
    ] = "",
    method: Annotated[str, typer.Option(help="of the cell; without it the selected one")] = "",
    host: Annotated[
        str, typer.Option(help="the address to listen on; without it this machine alone")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one")] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open", help="open the page in the browser")
    ] = False,
) -> None:
    """Show a page that takes a clip and sentences, and says which of them it is, how sure that is
    and why, beside the moving skeleton. Ctrl-C ends it.

    It listens on this machine alone; files stay in memory and go nowhere.

    Example: zsar app --open

    Example: zsar app --port 8000 --cell demo/smie50/unseen5/stgcn
    """
    try:
        _serve(cell, method, host, port, open_browser)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _serve(cell: str, method: str, host: str, port: int, open_browser: bool) -> None:
    import webbrowser

    from zsar.app.server import AppServer
    from zsar.prediction.load import load

    name = Path(cell).name if Path(cell).is_dir() else cell
    with AppServer(load(cell, method=method), name, host, port) as server:
        if not server.loopback:
            typer.echo(
                f"zsar: warning: whoever reaches {host} over the network can use this page",
                err=True,
            )
        typer.echo(f"{server.url}  (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(server.url)
        server.serve_forever()
