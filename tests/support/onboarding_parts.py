"""Samples of sources that have no contract yet."""

from pathlib import Path

from flows.onboarding.inference.inspect import InspectedFile, inspect_file


def inspect_text(
    folder: Path, text: str, encoding: str = "utf-8", name: str = "a.csv"
) -> InspectedFile:
    """Write a text into a folder and inspect it as a sample."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return inspect_file(path, name)
