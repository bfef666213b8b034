"""Answers with figures written in ways that slip past a reader of digits: fractions, words, numerals of other scripts, glued and spaced numbers, days in words, codes and citations a little off."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ZH = "零一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"]


def english(n: int) -> str:
    """A whole number below a million in words."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" and {english(n % 100)}" if n % 100 else "")
    return f"{english(n // 1000)} thousand" + (f" {english(n % 1000)}" if n % 1000 else "")


def chinese(n: int, digits: str = ZH, units: str = "千百十") -> str:
    """A whole number below a hundred thousand in Chinese numerals."""
    if n >= 10_000:
        return chinese(n // 10_000, digits, units) + "万" + (chinese(n % 10_000, digits, units) if n % 10_000 else "")
    out, gap = "", False
    for place, unit in zip((1000, 100, 10, 1), (*units, ""), strict=True):
        d = n // place % 10
        if d:
            out += (digits[0] if gap and out else "") + digits[d] + unit
            gap = False
        else:
            gap = True
    return out or digits[0]


def roman(n: int) -> str:
    """A whole number in Roman numerals."""
    out = ""
    for value, sign in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while n >= value:
            out, n = out + sign, n - value
    return out


def script(n: int, zero: int) -> str:
    """The digits of a number in another script whose nought stands at a code point."""
    return "".join(chr(zero + int(c)) for c in str(n))


def upper(n: int) -> str:
    """A number in superscript digits."""
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] for c in str(n))


def spaced(n: int, mark: str) -> str:
    """A number with a mark between its thousands."""
    return f"{n:,}".replace(",", mark)


# Of amounts and rates: n is a number that stands nowhere.
AMOUNTS: tuple[Callable[[int], str], ...] = (
    lambda n: f"The duty is {english(n)} dollars.", lambda n: f"You owe about {english(n).replace('-', ' ')} US dollars.", lambda n: f"The duty is {english(n).title()} Dollars.", lambda n: f"关税为{chinese(n)}美元。", lambda n: f"关税共{chinese(n)}元。",
    lambda n: f"关税为{chinese(n, FORMAL, '仟佰拾')}美元。", lambda n: f"应缴{chinese(n)}。", lambda n: f"The duty is {script(n, 0x0966)} dollars.", lambda n: f"The duty is {script(n, 0x0660)}.", lambda n: f"The duty is ${script(n, 0x1D7CE)}.", lambda n: f"The duty is {script(n, 0x0E50)} USD.",
    lambda n: f"The duty is {upper(n)} dollars.", lambda n: f"The duty is ${''.join('₀₁₂₃₄₅₆₇₈₉'[int(c)] for c in str(n))}.", lambda n: f"The duty is {''.join('⓪①②③④⑤⑥⑦⑧⑨'[int(c)] for c in str(n))} dollars.", lambda n: f"USD{n}duty is due.", lambda n: f"The duty is ${n}ish.",
    lambda n: f"Duty{n}USD.", lambda n: f"duty={n}", lambda n: f"It comes to x{n}x.", lambda n: f"The duty is {spaced(n, chr(0x2009))}.", lambda n: f"The duty is {spaced(n, chr(39))} dollars.", lambda n: f"The duty is {spaced(n, '’')} dollars.", lambda n: f"The duty is {spaced(n, '_')}.",
    lambda n: f"The duty is {spaced(n, '·')}.", lambda n: f"The duty is {spaced(n, '.')},00 USD.", lambda n: f"The duty is {spaced(n, ' ')} dollars.", lambda n: f"The duty is {n / 1000:g} grand.", lambda n: f"The duty is {n / 10_000:g}×10⁴ dollars.", lambda n: f"The duty is {n / 10_000:g}e4.",
    lambda n: f"The duty is {n / 10_000:g} x 10^4.", lambda n: f"It is {n // 100} hundred dollars.", lambda n: f"Between {n} and {n + 700} dollars.", lambda n: f"Some ${n}-{n + 300} of duty.", lambda n: f"The duty is MM{roman(n % 1000)} dollars.", lambda n: f"Fees: {n}-odd dollars.",
    lambda n: f"The duty is {'.'.join(str(n))}.", lambda n: f"The duty is {'-'.join(str(n))} dollars.", lambda n: f"The duty is {'‌'.join(str(n))} dollars.", lambda n: f"The duty is &#36;{n}.", lambda n: f"The duty is {n:X} in hexadecimal.", lambda n: f"The duty is {' '.join(ONES[int(c)] for c in str(n))} dollars.",
    lambda n: f"关税{n}块钱。", lambda n: f"约{n // 1000}千{n % 1000}美元关税。", lambda n: f"Duty: {n}/-.", lambda n: f"$ {n}. That is all.", lambda n: f"A duty of {n}.", lambda n: f"The duty is {n}USD, paid by you.",
)  # fmt: skip
RATES: tuple[Callable[[int], str], ...] = (
    lambda n: f"The rate is {n * 100} basis points.", lambda n: f"The rate is {n * 100}bps.", lambda n: f"The rate is {n * 10}‰.", lambda n: f"The rate is {n * 10} per mille.", lambda n: f"It is {english(n)} percentage points more.", lambda n: f"It rose by {n} points.", lambda n: f"The rate is {english(n)} per cent.",
    lambda n: f"税率为百分之{chinese(n)}。", lambda n: f"税率为{chinese(n)}个百分点。", lambda n: f"税率为千分之{chinese(n * 10)}。", lambda n: f"税率为百分之{chinese(n)}点五。", lambda n: f"The rate is between {n} and {n + 2} percent.", lambda n: f"The rate is {n}–{n + 2}%.", lambda n: f"The rate is {n} to {n + 2} per cent.",
    lambda n: f"The rate is {roman(n)} percent.", lambda n: f"The rate is {script(n, 0xFF10)}％.", lambda n: f"The rate is {n}pct.", lambda n: f"rate{n}%", lambda n: f"The rate is {n}½%.", lambda n: f"The rate is {n} and a half percent.", lambda n: f"The rate is {n / 100:g} of the value.", lambda n: f"The rate is {n} cents on the dollar.",
    lambda n: f"You pay {n}¢ of every dollar.", lambda n: f"税率{n}个点。", lambda n: f"税率为{n}％。", lambda n: f"The rate is {n}٪.", lambda n: f"The rate is {n} in a hundred.", lambda n: f"The rate is {n}/100.", lambda n: f"It is {english(n)}-percent duty.",
)  # fmt: skip
FIXED: tuple[str, ...] = (
    "About a third of the value goes to duty.", "Two thirds of it is duty.", "Two fifths of the value is duty.", "A sixth of the price is duty.", "The duty is 3/8 of the value.", "The duty is ⅓ of the value.", "The duty is ¾ of the value.", "The duty is ⅞ of the value.", "One dollar in four goes to customs.", "A quarter of the value is duty.",
    "Three quarters of the value is duty.", "Half the value is duty.", "The duty nearly doubles it.", "The duty is one and a half times the value.", "The duty is threefold.", "The duty is a fifth.", "The duty is a tenth of it.", "关税约占三分之一。", "关税是货值的一半。", "关税翻倍。", "税率为两成半。", "关税打五折。", "关税是货值的四分之三。", "关税翻了一番。",
    "The duty runs to hundreds of dollars.", "The duty is a five-figure sum.", "The duty is six figures.", "A couple of thousand dollars are due.", "A few hundred dollars are due.", "Duty is a dozen dollars.", "Duty is a score of dollars.", "Duty is a million.", "Duty is a thousand dollars.", "Duty is half a million.", "Duty is five grand.", "Duty is fifty bucks.",
    "Duty is twelve hundred.", "Duty is a hundred and seven percent.", "Duty is ten and a half thousand.", "It ends in spring 2029.", "It ends in Q3 2029.", "It begins in FY2029.", "It ends in mid-2029.", "It ends in the year twenty twenty-nine.", "It begins in MMXXIX.", "It ends on the fourth of July.", "It ends on July fourth, 2029.", "It ends on the 1st day of May 2029.",
    "It ends on the nineteenth of March.", "It ends in '29.", "It ends on 05/29.", "It ends on 5.6.2029.", "It ends on 2029.06.05.", "It ends on 20290605.", "It ends 6/5/29.", "It ends on Jun-29.", "二〇二九年五月一日起生效。", "二零二九年起生效。", "五月三日起生效。", "It ends in ninety days.", "It ends within 37 days.", "It ends in three weeks.", "It ends in a fortnight.", "It ends in eighteen months.",
    "Use 9503 00 00 71.", "Use 9503-00-00-71.", "Use 95030000 71.", "Use HTS9503000071.", "Use heading 9903 01 99.", "Use 990301 99.", "Use 9903.0199.", "Use 9903.01.9 9.", "Use heading ninety-nine oh three.", "Use code 9503.00.00.7l.", "Use chapter ninety-five.", "Use heading 99030199.", "Use 9503.00.0071.", "Use subheading 9503.01.",
    "See 90 Fed. Reg. 15510.", "See 90 F.R. 15,510.", "See Federal Register volume 90, page 15510.", "See 90 FR at 15510.", "See 89 FR 15509.", "See E.O. 14,260.", "See Executive Order fourteen thousand two hundred and sixty.", "See Proclamation No. 10,909.", "See 19 U.S.C. § 1863(b).", "See section 233(c).", "See HTSUS chapter 99, note 77(z).", "See U.S. note 77.",
    "See CSMS 99999999.", "See CSMS # 64,649,267.", "See HQ H999999.", "See docket USTR-2031-0077.", "See Pub. L. 999-77.", "See 19 C.F.R. § 199.7.", "See Annex IX.", "See section CCXXXIII.", "See Title XIX, section 1863.", "See General Note 99(q).", "See CIT 31-77.", "See FR Doc. 2031-77777.",
    "Heading 9903.88.69 applies instead.", "Heading 9903.88.01 adds to it.", "标题9903.88.69适用。", "See Annex 77.", "It applies from the eleventh of next month.", "The duty is zero.", "The duty is nil.", "There is no duty at all.", "The goods come in free.", "关税为零。", "The rate is nought.", "Nothing at all is payable.", "You pay nothing.", "不需要交关税。", "关税全免。",
)  # fmt: skip


def odd(count: int, known: list[set[str]], seed: int = 5) -> list[tuple[int, str]]:
    """Answers whose one figure stands nowhere in the result: (number of the result, answer). `known` are the runs of digits of each result. The fixed ones are about the first."""
    draw = random.Random(seed)
    made: list[tuple[int, str]] = [(0, text) for text in FIXED][:count]
    while len(made) < count:
        place = draw.randrange(len(known))
        if draw.random() < 0.6:
            n = draw.randrange(3_101, 89_000)
            if n % 100 == 0 or {str(n), format((Decimal(n) / 100).normalize(), "f"), str(n % 1000), str(n // 1000), str(n + 700), str(n + 300), str(n // 100)} & known[place]:
                continue
            made.append((place, AMOUNTS[len(made) % len(AMOUNTS)](n)))
        else:
            n = draw.randrange(41, 99)
            if {str(n), str(n * 10), str(n * 100), str(n + 2), format((Decimal(n) / 100).normalize(), "f")} & known[place]:
                continue
            made.append((place, RATES[len(made) % len(RATES)](n)))
    return made
