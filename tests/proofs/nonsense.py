"""What nobody would write in a form, and somebody sends: words, numbers, and days that are none or far away."""

from __future__ import annotations

LONG = "x" * 120_000
NONSENSE = (
    "", " ", "\x00", "a\x00b", "\U0001f9d2\U0001f3fd \u202etxet", "\ud800", "e\u0301" * 300, LONG, "0", "-1", "1E400",
    "-1e-400", "NaN", "Infinity", "9" * 400, "1.999", "1,5", "٣", "½", "true", "null", "[]", "{}", "' OR 1=1 --", "£",
    "<script>x</script>", "%00", "../../etc/passwd", "not-a-uuid", "0000-00-00", "9999-12-31T23:59:60Z", "25:61",
    "31 2 2026", "\r\n\r\n", "🧒" * 50,
)  # fmt: skip
#: Day, month, year.
DAYS = (("1", "1", "0"), ("31", "12", "9999"), ("30", "2", "2026"), ("0", "0", "0"), ("1", "13", "2026"), ("", "", "9"))
DAYS += (("1", "1", "10000"), ("1", "1", "1"), ("99" * 40, "1", "2026"), ("1", "1", "٢٠٢٦"))
