"""The template workbook of an entry: sheets with comments, drop-downs and checks, ready to fill and to read back."""

from __future__ import annotations

from typing import Any

from landed.duty.request import ENTRY_TYPES, INCOTERMS, MODES
from landed.entry.read import SHARING
from landed.entry.sheets import open_book
from landed.entry.terms import valuation_rules

ROWS = 500  # rows of each table that carry the checks
YES_NO = ("yes", "no")

# (field, what to write, check): a check is a tuple of choices, "day", "amount", "percent", "text" or "code".
ENTRY_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("entry_date", "Day of entry, year-month-day. Required.", "day"),
    ("entry_type", "formal unless stated.", ENTRY_TYPES),
    ("transport_mode", "How the goods arrive; decides the harbor maintenance fee.", MODES),
    ("importer", "Importer of record. One entry has one importer.", "text"),
    ("reference", "Your own name for the entry.", "text"),
    ("country_of_export", "Country from which the goods were shipped (two letters).", "text"),
    ("export_date", "Day of export; foreign money is turned into dollars at the rate of this day.", "day"),
    ("loading_date", "Day of loading on the vessel that brought the goods.", "day"),
    ("incoterm", "Incoterms 2020 rule of the price.", INCOTERMS),
    ("currency", "Currency of prices and charges that state none; USD unless stated.", "text"),
    ("filing", "automated unless stated.", ("automated", "manual", "cbp_prepared")),
    ("express_waybills", "Individual waybills of an express consignment shipment; blank where it is none.", "amount"),
    ("whole_dollars", "yes rounds entered values to whole dollars, as they are filed.", YES_NO),
    ("bill_number", "Bill of lading or air waybill.", "text"),
    ("importing_carrier", "Vessel or carrier.", "text"),
    ("port_code", "US port of entry, four digits.", "text"),
)
LINE_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("reference", "Your own name for the line (SKU).", "text"),
    ("description", "Your own words for the goods.", "text"),
    ("hts_code", "Tariff number, 10 digits, dots optional. Required.", "code"),
    ("country_of_origin", "Where the goods were made, two letters. Required.", "text"),
    ("price", "Invoice price of the line, or leave blank and give unit_price and quantity.", "amount"),
    ("currency", "Currency of the price where it is not the entry's.", "text"),
    ("exchange_rate", "US dollars for one unit of the currency on the day of export.", "amount"),
    ("quantity", "How many units; cost per unit hangs on it.", "amount"),
    ("unit", "Unit of the quantity; no (pieces) unless stated.", "text"),
    ("unit_price", "Price of one unit.", "amount"),
    ("net_weight_kg", "Net weight of the line in kg.", "amount"),
    ("weight_kg", "Gross weight of the line in kg; freight can be shared by it.", "amount"),
    ("volume_m3", "Volume of the line in cubic meters.", "amount"),
    ("incoterm", "Incoterms rule of this line where it is not the entry's.", INCOTERMS),
    ("claims.spi", "Special programme claimed, such as S (USMCA) or KR.", "text"),
    ("claims.chapter_98", "Chapter 98 provision claimed, such as 9802.00.50.", "text"),
    ("claims.repair_value", "Value of repair or processing abroad, US dollars.", "amount"),
    ("claims.us_content_value", "Value of US content, US dollars.", "amount"),
    ("related", "yes when buyer and seller are related.", YES_NO),
    ("related_basis", "Why the price stands although they are related.", ("circumstances_of_sale", "test_values")),
    ("selling_price", "Selling price of one unit, US dollars.", "amount"),
)
COST_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("brokerage", "Customs broker, whole order, US dollars.", "amount"),
    ("bond", "Customs bond, this order's part, US dollars.", "amount"),
    ("drayage.amount", "Transport from port to door, whole order, US dollars.", "amount"),
    ("drayage.by", "How lines share it.", SHARING),
    ("annual_rate_pct", "Cost of capital, percent a year.", "percent"),
    ("days", "Days between paying and selling.", "amount"),
    ("fx_margin_pct", "What the bank takes on foreign money, percent.", "percent"),
    ("tax_pct", "Domestic tax on the landed cost, percent.", "percent"),
    ("selling_costs_pct", "Marketplace and card costs, percent of the selling price.", "percent"),
)


def template_xlsx() -> bytes:
    """The template as a workbook; reading it back unfilled says that the entry has no lines."""
    book, out = open_book()
    styles = {
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EDF2"}),
        "text": book.add_format({"num_format": "@"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "amount": book.add_format({"num_format": "#,##0.00"}),
    }
    rules = valuation_rules()
    _pairs(book, styles, "Entry", ENTRY_FIELDS)
    _table(book, styles, "Lines", LINE_FIELDS)
    charges = (
        ("kind", "Which charge of the whole shipment.", tuple(rules.charges)),
        ("amount", "Its amount.", "amount"),
        ("currency", "Its currency where it is not the entry's.", "text"),
        ("status", "actual or estimated; an estimate never lowers the customs value.", ("actual", "estimated")),
        ("separate", "yes when the invoice or the carrier's bill names it by itself.", YES_NO),
        ("in_price", "yes when the price holds it; blank leaves it to the Incoterm.", YES_NO),
        ("by", "How lines share it.", SHARING),
    )
    _table(book, styles, "Charges", charges)
    _table(book, styles, "Additions", (("kind", "What the law adds to the price.", tuple(rules.additions)), ("amount", "Its amount.", "amount"), ("currency", "Its currency.", "text")))
    rates = book.add_worksheet("Exchange rates")
    rates.write_row(0, 0, ("currency", "rate"), styles["head"])
    rates.write_comment(0, 1, "US dollars for one unit on the day of export, from the official table of that day.")
    rates.set_column(0, 1, 14)
    _pairs(book, styles, "Cost", COST_FIELDS)
    book.close()
    return out.getvalue()


def _pairs(book: Any, styles: dict[str, Any], title: str, fields: tuple[tuple[str, str, Any], ...]) -> None:
    page = book.add_worksheet(title)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 24)
    page.set_column(2, 2, 90)
    page.write_row(0, 0, ("field", "value", "what it means"), styles["head"])
    for row, (name, words, check) in enumerate(fields, 1):
        page.write_string(row, 0, name)
        page.write_blank(row, 1, None, _style(styles, check))
        page.write_string(row, 2, words)
        page.write_comment(row, 1, words)
        _check(page, row, 1, row, 1, check)


def _table(book: Any, styles: dict[str, Any], title: str, fields: tuple[tuple[str, str, Any], ...]) -> None:
    page = book.add_worksheet(title)
    page.freeze_panes(1, 0)
    for column, (name, words, check) in enumerate(fields):
        page.write_string(0, column, name, styles["head"])
        page.write_comment(0, column, words)
        page.set_column(column, column, max(12, len(name) + 3), _style(styles, check))
        _check(page, 1, column, ROWS, column, check)


def _style(styles: dict[str, Any], check: Any) -> Any:
    return styles["amount"] if check in ("amount", "percent") else styles["day"] if check == "day" else styles["text"]


def _check(page: Any, row: int, column: int, last_row: int, last_column: int, check: Any) -> None:
    """The cell check of a field; what fails it is refused in the sheet before it is refused by us."""
    if isinstance(check, tuple):
        rule: dict[str, Any] = {"validate": "list", "source": list(check)}
    elif check == "amount":
        rule = {"validate": "decimal", "criteria": ">=", "value": 0, "error_message": "A number of zero or more."}
    elif check == "percent":
        rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 100, "error_message": "A percent from 0 to 100."}
    elif check == "day":
        from landed.lawbook.load import load_law

        rule = {"validate": "date", "criteria": ">=", "value": load_law().covers_from, "error_message": "A day, year-month-day."}
    elif check == "code":
        rule = {"validate": "length", "criteria": "between", "minimum": 8, "maximum": 13, "error_message": "8 or 10 digits, dots optional."}
    else:
        return
    page.data_validation(row, column, last_row, last_column, rule)
