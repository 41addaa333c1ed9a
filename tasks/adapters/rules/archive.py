"""Which files an archive takes: the same on every ERP of ours."""

from tasks.erp_errors import Rejected

#: bytes; a file goes through memory whole
LARGEST = 25 * 1024 * 1024


def check_file(name: str, content: bytes) -> None:
    """Let a file pass that has a name and is not too large.

    Raises:
        Rejected: it has none, or it is.
    """
    if not name.strip():
        raise Rejected(f"a file of {len(content)} bytes has no name: give one")
    if len(content) > LARGEST:
        raise Rejected(
            f"{name!r} has {len(content)} bytes, and a file here has at most {LARGEST}: "
            "keep it elsewhere and attach where it is"
        )
