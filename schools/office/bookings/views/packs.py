"""A file that schools get beforehand, as they get it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from schools.accounts.requests import SignedInRequest
from schools.core.downloads import download
from schools.office.frame.pages import allowed
from schools.programme.models import FileKind, PackItem


@allowed("view_packitem")
def pack_file(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Return the file."""
    item = get_object_or_404(PackItem.objects.with_file(), pk=item_id)
    return download(bytes(item.content), name=item.file_name, content_type=FileKind(item.file_kind).label)
