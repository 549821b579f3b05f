"""Pages escape what they are told and refuse a name that nobody gave."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from allocator.pages import templates


@pytest.mark.parametrize(
    "package", ["allocator.reports", "allocator.explanation", "allocator.comparison"]
)
def test_every_value_is_escaped_and_every_name_must_be_known(package: str) -> None:
    page = templates(package).from_string("<b>{{ name }}</b>")

    assert page.render(name="<i>&") == "<b>&lt;i&gt;&amp;</b>"
    with pytest.raises(UndefinedError):
        page.render()


def test_templates_with_other_filters_are_others() -> None:
    loud = templates("allocator.reports", shown=str.upper)

    assert loud.from_string("{{ name|shown }}").render(name="a") == "A"
    assert "shown" not in templates("allocator.reports").filters
