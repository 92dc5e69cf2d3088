"""`ileti guide`: the user guide as a static site."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder to write into; files of an earlier run are replaced.")
def guide(*, out: Path) -> None:
    """Write the user guide, in both languages, as files for any web server."""
    from ileti.web import guidesite

    click.echo(f"{guidesite.write(out)} pages in {out}")
