"""Formulas that have no result: every one is an error, never another value."""

from typing import Final

FAILING: Final = (
    "ERROR()",
    "ERROR('why')",
    "'a'*1",
    "{Due}+1",
    "VALUE('none')",
    "LEFT('a',-1)",
    "REPT('a',1000000)",
    "REPT(REPT('a',90000),90000)",
    "SUBSTITUTE(REPT('a',90000),'a','bbb')",
    "REGEX_EXTRACT('a','b')",
    "REGEX_MATCH('a','(')",
    "REGEX_MATCH('a','(?=a)')",
    "DATETIME_PARSE(REPT('a',300),'dddd')",
    "IS_SAME('0001-01-02','0001-01-01','week')",
    "REGEX_MATCH('a','(?<!a)')",
    r"REGEX_MATCH('aa','(a)\\1')",
    "YEAR('soon')",
    "{Tags}*1",
    "ROUND(1,1/0)",
    "DATETIME_PARSE('Smarch 3','MMMM D')",
    "DATEADD('9999-12-31',1,'day')",
    "REPT('a',90000)&REPT('b',90000)",
    "REGEX_REPLACE(REPT('a',90000),'a','bb')",
    "DATEADD({Due},1,'fortnight')",
    "DATEADD({Due},1e20,'days')",
    "DATEADD({Due},100000,'years')",
    "DATETIME_PARSE('99/99/2026','DD/MM/YYYY')",
    "WEEKDAY({Due},'Friday')",
)
