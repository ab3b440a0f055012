import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load

NOTICE = (
    '<?xml version="1.0" encoding="{}"?><!-- 草稿 --><公告 编号="7"><标题>一、停电通知</标题>'
    "<段>本周五停电检修。请各部门<b>提前</b>保存资料。</段><表><行><列>品名</列><列>轴承</列></行></表></公告>"
)


@pytest.mark.parametrize(("declared", "real"), [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("utf-8", "gb18030")])
def test_the_texts_of_xml_come_in_order_whatever_encoding_it_declares(tmp_path, declared, real):
    (tmp_path / "公告.xml").write_bytes(NOTICE.format(declared).encode(real))
    (document,) = load(tmp_path / "公告.xml")
    assert document.page_content == "一、停电通知\n\n本周五停电检修。请各部门提前保存资料。\n\n品名\n\n轴承"


def test_entities_are_not_resolved(tmp_path):
    (tmp_path / "a.xml").write_text(
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>前&x;后</b></a>', "utf-8"
    )
    assert "root:" not in load(tmp_path / "a.xml")[0].page_content


def test_broken_xml_is_damaged(tmp_path):
    (tmp_path / "a.xml").write_text("<a><b>没有结束", "utf-8")
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.xml")
    assert caught.value.reason is Reason.DAMAGED


def test_without_unstructured_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.loaders.other.find_spec", lambda name: None)
    (tmp_path / "a.xml").write_text("<a>文</a>", "utf-8")
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.xml")
    assert caught.value.reason is Reason.NEEDS_PROGRAM
    assert "[more]" in str(caught.value.values["program"])
