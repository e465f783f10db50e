"""The folder of documents beside a register, as it lies in the inbox."""

from pathlib import Path

from flows.common.files import hash_file
from flows.contracts.delivery import LandedFile
from flows.extract.inbox.file_access import readable

FOLDER = "_附件"


def register_of(path: Path) -> str:
    """Name, without its ending, the file in whose folder of attachments a path lies."""
    folder = readable(path.parent)
    return folder.removesuffix(FOLDER) if folder.endswith(FOLDER) else ""


def folder_beside(file: Path) -> Path:
    """Say in which folder the attachments of a file lie."""
    return file.with_name(file.stem + FOLDER)


def beside(file: Path) -> tuple[LandedFile, ...]:
    """Look at the attachments of a file that is not yet sent; links are passed over."""
    folder = folder_beside(file)
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(
        LandedFile(hash_file(path), path.stat().st_size, path.name)
        for path in paths
        if path.is_file() and not path.is_symlink()
    )
