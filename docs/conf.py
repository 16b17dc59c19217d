"""How the documents are built: Sphinx reads the Markdown through MyST."""

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "primacy"
author = "The primacy authors"
project_copyright = author
version = release = "0.1.0"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 4  # links to headings work as they do in the raw text

html_theme = "furo"
html_title = "primacy"
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Show Mermaid as text: forges draw it, this site needs no script for it."""
    app.add_lexer("mermaid", TextLexer)
