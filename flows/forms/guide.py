"""The sheet of a template that explains it: how it is sent, and what each column asks for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.common.excel import TITLE, Style, write_paragraph, write_table
from flows.contracts.periods import due_date_of_year
from flows.extract.inbox.inbox_file import attachment_folder
from flows.forms.fields import Field, Form

WIDTHS: dict[str, float] = {
    "列（按顺序）": 20,
    "是否必填": 11,
    "写法": 22,
    "计量单位": 10,
    "可选的值": 24,
    "特殊符号": 18,
    "要求": 46,
}
PERSON = "个人信息：入库时换成不可还原的代号；请勿用即时通讯或公共邮箱传送本文件。"
MOST_LISTED = 20


def write_guide(page: Any, form: Form, title: str, style: Style) -> None:
    """Explain a template: first how it is filled in and sent, then column by column."""
    page.set_row(0, 28)
    page.write(0, 0, f"{title}　填表说明", style(**TITLE))
    line = 1
    for line, text in enumerate(_explain_sending(form), start=1):
        write_paragraph(page, line, text, [*WIDTHS.values()], style)
    rows = [_explain(number, field) for number, field in enumerate(form.fields, start=1)]
    write_table(page, line + 1, WIDTHS, rows, style)


def _explain_sending(form: Form) -> Iterator[str]:
    """Say whose form it is, how it is filled in, and under which name it is sent by when."""
    contract, name = form.contract, form.sent_name
    is_dated = contract.period.kind != "standing"
    due = f"，报送期限：{due_date_of_year(contract, form.year)}" if is_dated else ""
    yield f"报送单位：{contract.owed.by}{due}。数据表：{contract.name}。"
    yield (
        f"在“{form.sheet}”表中填写，每个对象一行，从列名下第一行填起；不要改动、增删列名和列名以上的行。"
        "空白表示没有数据，不等于 0；确实是 0 的请填 0。"
        + ("没有可填的也要报送空表。" if form.may_be_empty else "未填写的空表不作为报送。")
    )
    if contract.read.ends_with_totals:
        yield "行数不够时在合计行以上插入行；合计行必须保留，其数由公式得出，应与明细之和一致。"
    if Path(name).suffix == ".csv":
        is_gb18030 = contract.read.encoding == "gb18030"
        kind = "CSV（逗号分隔）" if is_gb18030 else "CSV UTF-8（逗号分隔）"
        yield f"填好后另存为“{kind}”，文件名：{name}。另存时当前工作表应为“{form.sheet}”。"
    else:
        yield f"填好后按 Excel 工作簿（.xlsx）保存，文件名：{name}。"
    if contract.source_date and contract.source_date.file_name:
        yield "文件名末尾还要写明数据日期，如 20240105。"
    if contract.in_parts:
        yield "每个单位一份，文件名末尾加单位名称，以免重名。"
    if contract.has_attachments:
        folder = attachment_folder(Path(name)).name
        yield f"行中写明的附件放在文件夹“{folder}”中，与本表一并报送；表中只写文件名，不写路径。"
    if contract.sign_off:
        yield "列名以上的签报栏请填写完整，打印后由负责人签字并加盖公章留存。"
    if any(field.column.person for field in form.fields):
        yield PERSON


def _explain(number: int, field: Field) -> list[str]:
    """Explain a column; the number before its caption keeps this sheet from being read as data."""
    choices = "、".join(field.choices[:MOST_LISTED])
    if len(field.choices) > MOST_LISTED:
        choices += f"等 {len(field.choices)} 项，见下拉列表"
    notes = list(field.notes)
    if field.column.person:
        notes.append(PERSON)
    signs = "\n".join(f"{sign}：{meaning}" for sign, meaning in field.placeholders.items())
    texts = [field.type_words, field.unit, choices, signs, "\n".join(notes)]
    return [f"{number}. {field.caption}", field.need, *(text or "—" for text in texts)]
