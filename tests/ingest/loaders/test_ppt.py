import pytest
from office_files import save_as, write_flat_odf
from reliability.hostile_files import ole

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load
from ingest.office import libreoffice


@pytest.fixture
def without_libreoffice(monkeypatch):
    monkeypatch.setattr(libreoffice, "program", lambda: None)


def powerpoint_file(token):
    user = bytes.fromhex("0000f60f14000000 14000000") + bytes.fromhex(token)
    return ole({"PowerPoint Document": bytes(5000), "Current User": user.ljust(5000, b"\0")})


@pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
def test_slides_of_an_old_powerpoint_file_have_their_numbers_and_titles(tmp_path):
    slide = (
        '<draw:page draw:master-page-name="M"><draw:frame presentation:class="title" svg:x="1cm" svg:y="1cm"'
        ' svg:width="20cm" svg:height="2cm"><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>'
    )
    write_flat_odf(tmp_path / "source.fodp", "presentation", slide.format("季度汇报") + slide.format("下一步"))
    save_as("ppt", tmp_path / "source.fodp")
    documents = load(tmp_path / "source.ppt")
    assert [(document.metadata["page"], document.page_content) for document in documents] == [
        (1, "季度汇报"), (2, "下一步"),
    ]  # fmt: skip
    assert [document.metadata["loader"] for document in documents] == ["ppt", "ppt"]


@pytest.mark.parametrize(("token", "reason"), [("dfc4d1f3", Reason.ENCRYPTED), ("5fc091e3", Reason.NEEDS_PROGRAM)])
def test_a_password_is_told_of_before_libreoffice_is_asked(token, reason, without_libreoffice, tmp_path):
    (tmp_path / "a.ppt").write_bytes(powerpoint_file(token))
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.ppt")
    assert caught.value.reason is reason
