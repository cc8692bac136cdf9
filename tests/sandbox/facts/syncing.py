"""Sync CSV data."""

from .harbour import BASE
from .matching import TEXT, AnyOrder, Including
from .model import MISSING, Ask, Fact, get, refusal, replaced

PAGE = "Sync CSV data"
SOME = Including({"error": Including({"type": TEXT})})
DONE = {"success": True}


def sheet(text: str, sync: str = "<sync>") -> Ask:
    """Post a CSV."""
    return Ask(
        "POST", f"/v0/{BASE}/Feed/sync/{sync}", content=text.encode(), headers={"Content-Type": "text/csv"}
    )


def rows(*pairs: tuple[str, str]) -> object:
    """Return the pattern of a list with these keys and worths, in any order."""
    cells = [Including({"fields": Including({"Key": key, "Worth": worth})}) for key, worth in pairs]
    return {"records": AnyOrder(cells)}


TWO = sheet("Key,Worth\na,1\nb,2")
SYNCING = (
    Fact("A CSV is taken", PAGE, TWO, 200, DONE),
    Fact("Its rows are records", PAGE, get("/Feed"), 200, rows(("a", "1"), ("b", "2")), given=[TWO]),
    Fact(
        "The same rows again make no more records",
        PAGE,
        get("/Feed"),
        200,
        rows(("a", "3"), ("b", "2")),
        given=[TWO, sheet("Key,Worth\na,3\nb,2")],
    ),
    Fact(
        "A cell may hold commas and lines",
        PAGE,
        get("/Feed"),
        200,
        rows(("a", "1, 2")),
        given=[sheet('Key,Worth\na,"1, 2"')],
    ),
    Fact("An unknown sync is not found", PAGE, sheet("Key,Worth\na,1", "nope"), 404, MISSING),
    Fact(
        "10,001 rows are too many",
        PAGE,
        sheet("Key,Worth\n" + "\n".join(f"{number},x" for number in range(10_001))),
        (413, 422),
        SOME,
    ),
    Fact(
        "501 columns are too many",
        PAGE,
        sheet(",".join(["Key", *map(str, range(500))]) + "\na"),
        (413, 422),
        SOME,
    ),
    Fact("2 MB are the most", PAGE, sheet("Key,Worth\na," + "x" * 2_100_000), (413, 422), SOME),
    Fact("Twenty requests in five minutes are taken", PAGE, TWO, 200, DONE, given=[TWO] * 19, rate=1_000),
    Fact(
        "The twenty-first request in five minutes is refused",
        PAGE,
        TWO,
        429,
        refusal("RATE_LIMIT_REACHED"),
        given=[TWO] * 20,
        rate=1_000,
    ),
    Fact("A token needs both scopes", PAGE, replaced(TWO, {"token": "<reader>"}), 403, SOME),
    Fact(
        "Another table follows no CSV",
        PAGE,
        replaced(TWO, {"path": f"/v0/{BASE}/Boats/sync/<sync>"}),
        404,
        MISSING,
    ),
)
"""Facts about syncing."""
