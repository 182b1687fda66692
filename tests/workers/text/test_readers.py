"""Each reader, on documents made here."""

from __future__ import annotations

import pytest

from deploy.samples import pdf
from tests.workers.text import made
from workers.sandbox.identify import identify
from workers.sandbox.results import Extracted
from workers.text.extract import extract
from workers.text.html import text as html_text
from workers.text.plain import decoded
from workers.text.writer import cleaned

JAPANESE = (
    "東京地方裁判所は、令和五年三月十日、原告の請求を棄却する判決を言い渡した。訴訟費用は原告の負担とする。"
)
CHINESE = "北京市第一中级人民法院民事判决书。原告张三与被告李四合同纠纷一案，本院受理后，依法组成合议庭。"
KOREAN = "서울중앙지방법원은 원고의 청구를 기각한다. 소송비용은 원고가 부담한다."
RUSSIAN = "Московский городской суд рассмотрел дело о взыскании задолженности по договору поставки."


def read(
    data: bytes, declared: str = "application/octet-stream", filename: str = "file", **limits: int
) -> Extracted:
    content = made.content(data, declared, filename, **limits)
    return extract(content, identify(content).found_media_type)


def test_pdf_gives_its_text_page_by_page() -> None:
    result = read(pdf("Order (final) \\ no. 7", ["The motion is granted. " * 200, "Grüße – “so ordered”."]))
    assert (result.text_status, result.page_count, len(result.pages)) == ("ok", 2, 2)
    assert result.pages[0].startswith("Order (final) \\ no. 7")
    assert "Grüße – “so ordered”." in result.pages[1]
    assert result.pages[1].endswith("2 / 2")


def test_words_cut_by_the_end_of_a_line_are_whole_again() -> None:
    result = read(pdf("t", ["x" * 80 + " an exami-nation of the facts"]))
    assert "an examination of the facts" in result.pages[0]


def test_sample_pdf_is_the_same_every_time_and_has_a_page_even_without_words() -> None:
    assert pdf("a", ["b"]) == pdf("a", ["b"])
    assert read(pdf("", [])).page_count == 1


def test_pdf_form_fields_are_text_too() -> None:
    result = read(made.pdf_with_form("Typed by a resident"))
    assert result.pages == ["Typed by a resident"]


def test_pdf_without_text_is_a_scan() -> None:
    result = read(made.pdf_of_pages(3))
    assert (result.text_status, result.page_count, result.pages) == ("no_text", 3, [])


def test_pdf_of_10000_pages_is_read_to_the_limit_and_says_so() -> None:
    result = read(made.pdf_of_pages(10_000), pages_max=40)
    assert (result.page_count, result.truncated, result.detail) == (10_000, True, "cut at pages_max")


@pytest.mark.parametrize("data", [pdf("Order", ["text"])[:300], b"%PDF-1.7\nnothing of the sort\n%%EOF\n"])
def test_broken_pdf_is_corrupt(data: bytes) -> None:
    assert read(data).text_status == "corrupt"


def test_bytes_that_are_no_pdf_at_all_are_corrupt_when_declared_one() -> None:
    assert read(b"\x00\x01\x02\x03" * 100, "application/pdf").text_status == "corrupt"


def test_docx_gives_every_part_in_order() -> None:
    cell = "<w:tc><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    table = "<w:tbl><w:tr>" + cell.format("Fee") + cell.format("120 EUR") + "</w:tr></w:tbl>"
    box = f"<w:p><w:r><w:txbxContent>{made.p('In a box')}</w:txbxContent></w:r></w:p>"
    choice = f"<w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback>"
    run = "<w:r><w:t>{}</w:t></w:r>"
    deleted = "<w:del><w:r><w:br/><w:delText>Withdrawn</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{run.format('moved')}</w:moveFrom>"
    gone = f"<w:p>{run.format('Ke')}{deleted}{moved}{run.format('pt')}</w:p>"
    tabs = "<w:p><w:r><w:t>A</w:t><w:tab/><w:t>B</w:t></w:r></w:p>"
    result = read(made.docx(
        made.p("First") + table + choice + gone + tabs,
        header1=made.p("Letterhead"), footer1=made.p("Page foot"),
        footnotes=made.p("A footnote"), comments=made.p("A comment"),
    ))  # fmt: skip
    assert result.text_status == "ok"
    assert result.pages[0].split("\n") == [
        "Letterhead", "First", "Fee\t120 EUR", "In a box", "Kept", "A\tB", "A footnote", "A comment", "Page foot",
    ]  # fmt: skip


def test_docx_main_part_may_have_any_name() -> None:
    assert read(made.docx(made.p("Hello"), main="word/document2.xml")).pages == ["Hello"]


def test_docx_in_chinese_and_japanese() -> None:
    assert read(made.docx(made.p(CHINESE) + made.p(JAPANESE))).pages == [f"{CHINESE}\n{JAPANESE}"]


def test_docx_cut_short_is_corrupt() -> None:
    whole = made.docx("".join(made.p(f"Hello {n * n}") for n in range(500)))
    assert read(whole[: len(whole) // 2]).text_status == "corrupt"
    assert read(whole[:60], made.DOCX).text_status == "corrupt"


def test_docx_with_broken_xml_is_corrupt() -> None:
    result = read(made.docx("<w:p><w:r>"))
    assert (result.text_status, result.detail) == ("corrupt", "broken XML in word/document.xml")


def test_docx_with_a_password_is_encrypted() -> None:
    assert read(made.ole("EncryptionInfo", "EncryptedPackage")).text_status == "encrypted"


def test_xml_entity_bomb_is_refused_before_it_goes_off() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    result = read(made.docx(made.p("&e9;"), doctype=f'<!DOCTYPE d [<!ENTITY e0 "boom">{levels}]>'))
    assert (result.text_status, result.detail) == (
        "corrupt",
        "an office document must not declare XML entities",
    )


def test_external_entity_is_not_fetched() -> None:
    doctype = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    assert read(made.docx(made.p("&e;"), doctype=doctype)).text_status == "corrupt"


def test_zip_bomb_stops_at_the_limit_whatever_the_directory_claims() -> None:
    bomb = made.docx(made.p(" " * 5_000_000))
    assert len(bomb) < 10_000
    result = read(bomb, zip_bytes_max=1_000_000)
    assert (result.text_status, result.detail) == ("corrupt", "unpacks to more than 1000000 bytes")


def test_zip_with_too_many_members_is_corrupt() -> None:
    data = made.zipped({"[Content_Types].xml": f'<Override ContentType="{made.DOCX}.main+xml"/>'}
                       | {f"word/{n}.xml": "" for n in range(30)})  # fmt: skip
    assert read(data, zip_entries_max=20).detail == "zip container with more than 20 members"


def test_odt_gives_body_notes_and_headings() -> None:
    body = (
        "<office:text><text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>"
        "<text:h>Heading</text:h><text:p>One<text:s text:c='2'/>two<text:note><text:note-body>"
        "<text:p>a note</text:p></text:note-body></text:note></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Fee</text:p></table:table-cell>"
        "<table:table-cell><text:p>7</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p>End<office:annotation><dc:creator>Nobody</dc:creator><text:p>check this</text:p>"
        "</office:annotation></text:p></office:text>"
    )
    styles = "<style:header><text:p>Head</text:p></style:header><style:style><text:p>not shown</text:p></style:style>"
    result = read(made.odt(body, styles=styles))
    assert result.pages == ["Heading\nOne  two a note\nFee\t7\nEnd check this\nHead"]


def test_encrypted_odt_says_so() -> None:
    entry = '<file-entry full-path="content.xml"><encryption-data/></file-entry>'
    assert read(made.odt("", manifest=entry)).text_status == "encrypted"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(JAPANESE, "utf-8"), (JAPANESE, "utf-8-sig"), (JAPANESE, "utf-16"), (JAPANESE, "shift_jis"),
     (JAPANESE, "euc_jp"), (JAPANESE, "iso2022_jp"), (CHINESE, "gb18030"), (CHINESE, "big5hkscs"),
     (KOREAN, "euc_kr"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), ("L’été, “soit” – 5 €. " * 9, "cp1252"),
     ("plain words, “so” " * 9, "utf-16-le"), ("plain words, “so” " * 9, "utf-16-be")],
)  # fmt: skip
def test_plain_text_in_every_encoding(text: str, encoding: str) -> None:
    if encoding == "big5hkscs":
        text = "臺灣臺北地方法院民事判決。原告請求被告給付買賣價金事件，本院判決如下。"
    result = read(text.encode(encoding), "text/plain")
    assert result.pages == [text.strip()]


def test_declared_encoding_counts_only_where_the_bytes_do_not_say() -> None:
    assert decoded("Grüße".encode(), "koi8-r") == "Grüße"
    assert decoded("суд".encode("koi8-r"), "koi8-r") == "суд"
    assert decoded(b"a few words\xff", "zip") == "a few wordsÿ"  # Python's codec, but no encoding


def test_html_shows_what_a_reader_sees() -> None:
    page = (
        "<!doctype html><html><head><title>Notice</title><style>p{color:red}</style></head><body>"
        "<script>alert('x')</script><p>Hel<b>lo</b>&nbsp;world</p><div>one</div>two<br>three"
        "<table><tr><td>Fee</td><td>7</td></tr></table><noscript>off</noscript></body></html>"
    )
    assert html_text(page) == "Notice\nHello world\none\ntwo\nthree\nFee\t7"


def test_html_reads_the_encoding_it_declares() -> None:
    page = f'<html><meta charset="euc-jp"><p>{JAPANESE}</p></html>'.encode("euc_jp")
    assert read(page, "text/html").pages == [JAPANESE]


def test_mail_gives_headers_body_and_names_of_attachments() -> None:
    result = read(made.eml(attachment=("plan nördlich.pdf", b"%PDF-1.4"), html=True))
    assert result.pages[0].split("\n") == [
        "Subject: Bescheid über den Antrag 建築許可", "From: Amt <amt@city.test>", "To: resident@mail.test",
        "Date: Mon, 02 Mar 2026 09:00:00 +0100", "Attachments: plan nördlich.pdf", "The permit is granted.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.test\nTo: =?utf-8?b?!?=\nSubject: =?x?q?x?=\nContent-Type: text/plain; charset=no\n\nbody here\n",
        b"From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed\n\nbody here\n",
        b"From: a\nTo: [\nSubject: c\nDate: not a date\nMessage-ID: <[>\n\nbody here\n",
    ],
)
def test_malformed_mail_is_read_all_the_same(data: bytes) -> None:
    result = read(data)
    assert result.text_status == "ok"
    assert "body here" in result.pages[0]


def test_chunks_end_between_paragraphs_and_stay_small() -> None:
    paragraphs = [f"Paragraph {n}. " + "word " * 200 for n in range(120)]
    result = read("\n\n".join(paragraphs).encode(), "text/plain")
    assert result.page_count == len(result.pages) > 2
    assert all(len(page.encode()) <= 50_000 for page in result.pages)
    assert all(page.startswith("Paragraph ") and page.endswith("word") for page in result.pages)
    assert sum(page.count("Paragraph ") for page in result.pages) == 120


def test_one_endless_paragraph_is_cut_without_losing_a_character() -> None:
    text = JAPANESE * 3_000
    result = read(text.encode(), "text/plain")
    assert "".join(result.pages) == text
    assert all(len(page.encode()) <= 50_000 for page in result.pages)


def test_text_beyond_the_limit_is_cut_and_says_so() -> None:
    result = read(b"abcde fgh\n\n" * 1_000, "text/plain", text_chars_max=500)
    assert (result.truncated, result.detail) == (True, "cut at text_chars_max")
    assert 400 < sum(map(len, result.pages)) <= 500


def test_a_page_that_no_index_could_hold_is_cut() -> None:
    result = read(pdf("t", ["words " * 300]), page_bytes_max=100)
    assert len(result.pages[0]) == 100
    assert (result.truncated, result.detail) == (True, "cut at page_bytes_max")


def test_a_file_above_the_limit_is_too_large() -> None:
    assert read(b"abc" * 100, "text/plain", bytes_max=100).text_status == "too_large"


def test_nothing_that_postgresql_refuses_is_left() -> None:
    assert cleaned("a\x00b\ud800c\ufffed\x07e\r\nf\r\n\r\n\r\ng\xadh") == "abcde\nf\n\ngh"
    result = read(b"before\x1b\x0cafter", "text/plain")
    assert result.pages == ["before\nafter"]


def test_images_and_empty_files_have_no_text() -> None:
    assert read(b"\x89PNG\r\n\x1a\n" + bytes(64)).text_status == "no_text"
    assert read(b"", "application/pdf").text_status == "no_text"


def test_a_kind_that_nobody_reads_names_itself() -> None:
    result = read(b"{\\rtf1 Hello}")
    assert (result.text_status, result.detail) == ("unsupported", "no text is taken from application/rtf")
