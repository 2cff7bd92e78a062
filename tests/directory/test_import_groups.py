"""What `manage.py import_schools` stores of trusts and federations."""

from pathlib import Path

import pytest

from tests.directory.gias_files import row, written
from tests.directory.test_import_schools import HARTLEPOOL, numbers, run, school

pytestmark = pytest.mark.django_db

OF_TRUST = {"trust_flag": "Supported by a multi-academy trust", "trust_code": "2044", "trust": "Fell Trust"}
OF_FEDERATION = {"federation_code": "71", "federation": "Dale Federation"}


def test_a_trust_stays_where_a_file_says_nothing_and_goes_where_it_says_that_there_is_none(tmp_path: Path) -> None:
    run(written(tmp_path, row(**OF_TRUST, **OF_FEDERATION)))
    run(written(tmp_path, row()))
    run(written(tmp_path, row(trust_code="2044", federation_code="71")))  # a file without the names takes none away
    assert [(group.kind, group.code, group.name) for group in school().groups] == [
        ("trust", "2044", "Fell Trust"),
        ("federation", "71", "Dale Federation"),
    ]
    assert numbers(run(written(tmp_path, row(trust_code="31", federation_flag="Not under a federation")))) == (0, 1, 0, 0, 0, 0)
    # The name belongs to its code: the old one's is gone, too.
    assert [(group.kind, group.code, group.name) for group in school().groups] == [("trust", "31", "Trust 31")]


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_federation_that_has_ended_has_ended_in_whatever_order_the_files_come(is_turned: bool, tmp_path: Path) -> None:
    of_years = [
        ("2024-04-22", written(tmp_path, row(**HARTLEPOOL, **OF_FEDERATION), name="older.csv")),
        ("2025-04-22", written(tmp_path, row(**HARTLEPOOL, federation_flag="Not under a federation"), name="newer.csv")),
    ]
    for day, path in of_years[::-1] if is_turned else of_years:
        run(path, "--day", day)
    assert (school().federation_code, school().federation, school().groups) == ("0", "", [])
