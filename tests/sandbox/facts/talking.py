"""Comments, and uploading files."""

from .harbour import ANNA, BORA, MEI, NONE, OWNER, field
from .matching import TEXT, TIME, Both, Every, Including, Without, an_id
from .model import MISSING, Fact, after, delete, get, keeping, patch, post, refusal

LIST, CREATE, UPDATE, DELETE = "List comments", "Create comment", "Update comment", "Delete comment"
MENTION, UPLOAD, ERRORS = "User mentioned", "Upload attachment", "Errors"
COMMENTS = f"/Boats/{ANNA}/comments"
ONE = f"{COMMENTS}/<comment>"
AUTHOR = {"id": OWNER, "email": "sam.rivera@example.com", "name": "Sam Rivera"}
WRONG = refusal("INVALID_REQUEST_UNKNOWN")
HELLO = keeping(post(COMMENTS, {"text": "Hello"}), comment="id")
SECOND = keeping(after(60, post(COMMENTS, {"text": "Second"})), second="id")
MENTIONED = {MEI: {"type": "user", "id": MEI, "displayName": "Mei Tanaka", "email": "mei.tanaka@example.com"}}


def comment(text: str, **more: object) -> object:
    """Return the pattern of a comment with exactly these parts."""
    shown = {"id": an_id("com"), "author": AUTHOR, "text": text, "createdTime": TIME, "lastUpdatedTime": None}
    return {**shown, **more}


COMMENTING = (
    Fact(
        "A comment is told when it is created",
        CREATE,
        post(COMMENTS, {"text": "Hello"}),
        200,
        comment("Hello"),
    ),
    Fact(
        "A reply names its parent",
        CREATE,
        post(COMMENTS, {"text": "Yes", "parentCommentId": "<comment>"}),
        200,
        comment("Yes", parentCommentId="<comment>"),
        given=[HELLO],
    ),
    Fact(
        "Somebody is mentioned by id",
        MENTION,
        post(COMMENTS, {"text": f"Look, @[{MEI}]"}),
        200,
        comment(f"Look, @[{MEI}]", mentioned=MENTIONED),
    ),
    Fact(
        "Somebody is mentioned by address, and told by id",
        MENTION,
        post(COMMENTS, {"text": "Look, @[mei.tanaka@example.com]"}),
        200,
        comment(f"Look, @[{MEI}]", mentioned=MENTIONED),
    ),
    Fact("A comment needs text", CREATE, post(COMMENTS, {}), 422, WRONG),
    Fact("A comment's text is not empty", CREATE, post(COMMENTS, {"text": ""}), 422, WRONG),
    Fact(
        "No comment is made on a record that is not there",
        ERRORS,
        post(f"/Boats/{NONE}/comments", {"text": "Hello"}),
        404,
        MISSING,
    ),
    Fact(
        "A record without comments has an empty list",
        LIST,
        get(COMMENTS),
        200,
        {"comments": [], "offset": None},
    ),
    Fact(
        "Comments are listed from the newest to the oldest",
        LIST,
        get(COMMENTS),
        200,
        {"comments": [comment("Second"), comment("Hello")], "offset": None},
        given=[HELLO, SECOND],
    ),
    Fact(
        "pageSize makes pages of comments smaller",
        LIST,
        get(COMMENTS, pageSize=1),
        200,
        {"comments": [comment("Second")], "offset": TEXT},
        given=[HELLO, SECOND],
    ),
    Fact(
        "The offset leads to the next comments",
        LIST,
        get(COMMENTS, pageSize=1, offset="<offset>"),
        200,
        {"comments": [comment("Hello")], "offset": None},
        given=[HELLO, SECOND, keeping(get(COMMENTS, pageSize=1), offset="offset")],
    ),
    Fact("A page has at most 100 comments", LIST, get(COMMENTS, pageSize=101), 422, WRONG),
    Fact(
        "Another record has comments of its own",
        LIST,
        get(f"/Boats/{BORA}/comments"),
        200,
        {"comments": [], "offset": None},
        given=[HELLO],
    ),
    Fact(
        "A changed comment tells when it was changed",
        UPDATE,
        after(60, patch(ONE, {"text": "Goodbye"})),
        200,
        comment(
            "Goodbye", lastUpdatedTime="2026-01-01T00:01:00.000Z", createdTime="2026-01-01T00:00:00.000Z"
        ),
        given=[HELLO],
    ),
    Fact(
        "A changed comment is listed as it is now",
        UPDATE,
        get(COMMENTS),
        200,
        Including({"comments": [Including({"text": "Goodbye", "lastUpdatedTime": TIME})]}),
        given=[HELLO, patch(ONE, {"text": "Goodbye"})],
    ),
    Fact(
        "A mention that is edited in is told",
        UPDATE,
        patch(ONE, {"text": f"@[{MEI}]"}),
        200,
        Including({"mentioned": MENTIONED}),
        given=[HELLO],
    ),
    Fact(
        "A comment that is not there cannot be changed",
        ERRORS,
        patch(f"{COMMENTS}/comNone0000000000", {"text": "x"}),
        404,
        MISSING,
    ),
    Fact(
        "A comment is deleted", DELETE, delete(ONE), 200, {"id": "<comment>", "deleted": True}, given=[HELLO]
    ),
    Fact(
        "A deleted comment is listed no more",
        DELETE,
        get(COMMENTS),
        200,
        {"comments": [], "offset": None},
        given=[HELLO, delete(ONE)],
    ),
    Fact(
        "A comment that is not there cannot be deleted",
        ERRORS,
        delete(f"{COMMENTS}/comNone0000000000"),
        404,
        MISSING,
    ),
    Fact(
        "A record without mention or parent tells neither",
        CREATE,
        post(COMMENTS, {"text": "Hello"}),
        200,
        Without(("mentioned", "parentCommentId")),
    ),
)
"""Facts about comments."""

TEXT_FILE = {"contentType": "text/plain", "file": "SGVsbG8gd29ybGQ=", "filename": "sample.txt"}
SAMPLE = Including(
    {"id": an_id("att"), "filename": "sample.txt", "size": 11, "type": "text/plain", "url": TEXT}
)
INTO = f"/{ANNA}/Papers/uploadAttachment"
BIG = "A" * (4 * (5 * 1024 * 1024 // 3 + 2))
UPLOADING = (
    Fact(
        "A file is uploaded into a cell, which is told by field id",
        UPLOAD,
        post(INTO, TEXT_FILE),
        200,
        {"id": ANNA, "createdTime": TIME, "fields": {field("Papers"): [SAMPLE]}},
    ),
    Fact(
        "The cell may be named by field id",
        UPLOAD,
        post(f"/{ANNA}/{field('Papers')}/uploadAttachment", TEXT_FILE),
        200,
        Including({"fields": {field("Papers"): [SAMPLE]}}),
    ),
    Fact(
        "An uploaded file is added to those there",
        UPLOAD,
        post(INTO, {**TEXT_FILE, "filename": "more.txt"}),
        200,
        Including({"fields": {field("Papers"): [SAMPLE, Including({"filename": "more.txt"})]}}),
        given=[post(INTO, TEXT_FILE)],
    ),
    Fact(
        "An uploaded file is in the record",
        UPLOAD,
        get(f"/Boats/{ANNA}"),
        200,
        Including({"fields": Including({"Papers": [SAMPLE]})}),
        given=[post(INTO, TEXT_FILE)],
    ),
    Fact(
        "A file above 5 MB is refused",
        UPLOAD,
        post(INTO, {**TEXT_FILE, "file": BIG}),
        (413, 422),
        Including({"error": Including({"type": TEXT})}),
    ),
    *(
        Fact(
            f"An upload needs {key}",
            UPLOAD,
            post(INTO, {k: v for k, v in TEXT_FILE.items() if k != key}),
            422,
            WRONG,
        )
        for key in TEXT_FILE
    ),
    Fact("An uploaded file is base64", UPLOAD, post(INTO, {**TEXT_FILE, "file": "not base64!"}), 422, WRONG),
    Fact(
        "Files are uploaded into attachment fields only",
        UPLOAD,
        post(f"/{ANNA}/Name/uploadAttachment", TEXT_FILE),
        422,
        Including({"error": Including({"type": TEXT})}),
    ),
    Fact(
        "No file is uploaded into a record that is not there",
        ERRORS,
        post(f"/{NONE}/Papers/uploadAttachment", TEXT_FILE),
        404,
        MISSING,
    ),
    Fact(
        "Files stay when only other cells are changed",
        UPLOAD,
        patch(f"/Boats/{ANNA}", {"fields": {"Stars": 1}}),
        200,
        Both([Including({"id": ANNA}), Including({"fields": Including({"Papers": Every(SAMPLE, 1)})})]),
        given=[post(INTO, TEXT_FILE)],
    ),
)
"""Facts about uploads."""
