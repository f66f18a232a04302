import pytest

from infra.embedded.clickhouse.errors import ClickHouseError

NOT_FOUND = "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)"


@pytest.mark.parametrize(
    ("text", "code", "name", "reason"),
    [
        (NOT_FOUND, 60, "UNKNOWN_TABLE", "No table."),
        (
            "Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify. (READONLY) "
            "(version 26.9.2.1). (READONLY)",
            164,
            "READONLY",
            "Cannot modify.",
        ),
        (
            "Streaming insert finish failed: Code: 117. DB::Exception: Unknown field: z: "
            "(at row 1)\n: While executing JSON. (INCORRECT_DATA) (version 26.9.2.1)",
            117,
            "INCORRECT_DATA",
            "Unknown field: z: (at row 1)\n: While executing JSON.",
        ),
        (
            "Code: 107. DB::ErrnoException: Cannot open file x, errno: 2. (FILE_DOESNT_EXIST)",
            107,
            "FILE_DOESNT_EXIST",
            "Cannot open file x, errno: 2.",
        ),
        ("something else", 1002, "UNKNOWN_EXCEPTION", "something else"),
    ],
)
def test_the_engines_text_becomes_code_name_and_reason(
    text: str, code: int, name: str, reason: str
) -> None:
    error = ClickHouseError.from_engine(text)
    assert (error.code, error.name, error.reason) == (code, name, reason)


def test_the_body_is_clickhouses_line() -> None:
    assert ClickHouseError.from_engine(NOT_FOUND).body("26.9") == (
        "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE) (version 26.9 (embedded))\n"
    )
