"""Addresses of stored files. Pure functions: no row is looked up to draw a page."""

from uuid import UUID


def picture_url(file_id: UUID | str | None, size: int) -> str | None:
    """Where the picture lies in one of the sizes of its shape; None without a picture, as `ui.avatar` takes it."""
    return f"/files/{file_id}/{size}.webp" if file_id else None


def document_url(file_id: UUID | str | None) -> str | None:
    """Where the PDF file lies."""
    return f"/files/{file_id}/file.pdf" if file_id else None
