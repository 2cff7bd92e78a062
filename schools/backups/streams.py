"""Encrypting and decrypting as the program age does, in pieces: neither the data nor the file is ever held as a whole."""

import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

import pyrage

from schools.backups.files import BackupError

GZIP = 31
"""What zlib calls a gzip file."""


class Reads(Protocol):
    """Something that is read from, such as a file or a pipe."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Gzipped:
    """What another source holds, gzipped while it is read."""

    def __init__(self, source: Reads) -> None:
        self._source, self._packer, self._ready = source, zlib.compressobj(6, wbits=GZIP), bytearray()
        self._is_done = False

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes."""
        while not self._is_done and (size < 0 or len(self._ready) < size):
            piece = self._source.read(1 << 20)
            self._ready += self._packer.compress(piece) if piece else self._packer.flush()
            self._is_done = not piece
        end = len(self._ready) if size < 0 else size
        taken = bytes(self._ready[:end])
        del self._ready[:end]
        return taken


class Measured:
    """A file that is written, with its size and its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sha256, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """Write the bytes."""
        self._file.write(data)
        self._sha256.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Hand everything to the system."""
        self._file.flush()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written so far."""
        return self._sha256.hexdigest()


class Unpacking:
    """A target that gunzips what is written to it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._unpacker = write, zlib.decompressobj(wbits=GZIP)

    def write(self, data: bytes) -> int:
        """Gunzip the bytes and write them on."""
        self._write(self._unpacker.decompress(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is held back that could be written yet."""


def recipient(key: str) -> Any:
    """Return the public key. Raises BackupError."""
    try:
        return pyrage.x25519.Recipient.from_str(key.strip())
    except pyrage.RecipientError as error:
        msg = "SPEAKOUT_BACKUP_KEY is no public key of age. It reads age1…; age-keygen prints it."
        raise BackupError(msg) from error


def identity(path: Path) -> Any:
    """Return the secret key that a file of age-keygen holds. Raises BackupError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return pyrage.x25519.Identity.from_str(next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except (OSError, StopIteration, UnicodeDecodeError, pyrage.IdentityError) as error:
        msg = f"{path} holds no secret key of age that can be read. Name the file that age-keygen wrote."
        raise BackupError(msg) from error


def new_file(path: Path) -> IO[bytes]:
    """Make a file that nobody else can read. Raises OSError, also where it is there."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def encrypt(source: Reads, target: Path, key: str) -> Measured:
    """Encrypt all of the source to the public key into the new file, which is on the disk when this returns. Raises OSError."""
    with new_file(target) as file:
        measured = Measured(file)
        pyrage.encrypt_io(source, measured, [recipient(key)])
        file.flush()
        os.fsync(file.fileno())
    return measured


def decrypt(source: Path, target: Any, secret: Any) -> None:
    """Decrypt the file into the target. Raises BackupError for another key, and for a file that is cut off or damaged."""
    try:
        with source.open("rb") as file:
            pyrage.decrypt_io(file, target, [secret])
    except (pyrage.DecryptError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk or of whoever takes the bytes; what is said of the file itself has no number
        msg = f"{source.name} cannot be decrypted ({error}). It is damaged, or was made for another key."
        raise BackupError(msg) from error
