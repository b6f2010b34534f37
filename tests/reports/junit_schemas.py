"""The rules of the two published JUnit schemas as tables: Jenkins' and Ant's.

They are facts of `junit-10.xsd` (jenkinsci/xunit-plugin) and `JUnit.xsd` (windyroad/JUnit-Schema), written
down by hand; neither file is in this repository. lxml and xmlschema, given those, accept the reports of
`test_reports.py`, too.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

ANYTHING = re.compile(r".*", re.DOTALL)
# xs:token with a length of at least one, after white space was collapsed.
SOME = re.compile(r".*\S.*", re.DOTALL)
INTEGER = re.compile(r"\s*[+-]?\d{1,10}\s*")
DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*")
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Rule:
    """What an element may have; `children` is a regex over their tags, each with a space behind it."""

    required: dict[str, re.Pattern[str]] = field(default_factory=dict)
    optional: dict[str, re.Pattern[str]] = field(default_factory=dict)
    children: str = ""
    text: bool = False


def _texts(*names: str) -> dict[str, re.Pattern[str]]:
    return dict.fromkeys(names, ANYTHING)


_OUTCOME = Rule(optional=_texts("type", "message"), text=True)
JENKINS = {
    "testsuites": Rule(
        optional=_texts("name", "tests", "failures", "errors") | {"time": SUREFIRE_TIME},
        children="(testsuite )*",
    ),
    "testsuite": Rule(
        required=_texts("name", "tests", "failures", "errors"),
        optional=_texts("group", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url")
        | {"time": SUREFIRE_TIME},
        children="((testsuite|properties|testcase|system-out|system-err) )*",
    ),
    "properties": Rule(children="(property )*"),
    "property": Rule(required=_texts("name", "value")),
    "testcase": Rule(
        required=_texts("name"),
        optional=_texts("time", "classname", "group"),
        children="((skipped|error|failure|(rerun|flaky)(Failure|Error)|system-out|system-err) )*",
    ),
    "failure": _OUTCOME,
    "error": _OUTCOME,
    "skipped": _OUTCOME,
    "system-out": Rule(text=True),
    "system-err": Rule(text=True),
}
ANT = {
    "testsuites": Rule(children="(testsuite )*"),
    "testsuite": Rule(
        required={
            "name": SOME,
            "timestamp": DATE_TIME,
            "hostname": SOME,
            "tests": INTEGER,
            "failures": INTEGER,
            "errors": INTEGER,
            "time": DECIMAL,
            # Of a suite inside `testsuites`:
            "package": ANYTHING,
            "id": INTEGER,
        },
        optional={"skipped": INTEGER},
        children="properties (testcase )*system-out system-err ",
    ),
    "properties": Rule(children="(property )*"),
    "property": Rule(required={"name": SOME, "value": ANYTHING}),
    "testcase": Rule(
        required={"name": ANYTHING, "classname": ANYTHING, "time": DECIMAL},
        children="((skipped|error|failure) )?",
    ),
    "failure": Rule(required=_texts("type"), optional=_texts("message"), text=True),
    "error": Rule(required=_texts("type"), optional=_texts("message"), text=True),
    # Any type: what is in it is nobody's business.
    "skipped": _OUTCOME,
    "system-out": Rule(text=True),
    "system-err": Rule(text=True),
}


def faults(element: ET.Element, rules: dict[str, Rule]) -> list[str]:
    """What in `element` and below it breaks the rules."""
    rule = rules.get(element.tag)
    if rule is None:
        return [f"<{element.tag}> is not known"]
    found = [f"<{element.tag}> has no {name}" for name in rule.required.keys() - element.attrib.keys()]
    allowed = rule.required | rule.optional
    for name, value in element.attrib.items():
        if name not in allowed:
            found.append(f"<{element.tag}> may not have {name}")
        elif not allowed[name].fullmatch(value):
            found.append(f"<{element.tag}> has {name}={value!r}")
    tags = "".join(f"{child.tag} " for child in element)
    if not re.fullmatch(rule.children, tags):
        found.append(f"<{element.tag}> holds {tags!r}")
    texts = [element.text, *(child.tail for child in element)]
    if not rule.text and any(text and text.strip() for text in texts):
        found.append(f"<{element.tag}> holds text")
    return found + [fault for child in element for fault in faults(child, rules)]
