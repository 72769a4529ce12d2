"""Where the command says what it does."""

from rich.console import Console

console = Console(stderr=True, highlight=False, soft_wrap=True)
