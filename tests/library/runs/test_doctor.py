from mixpipe.runs.doctor import check_machine


def test_the_machine_that_runs_the_tests_is_fit():
    checks = {check.name: check for check in check_machine()}
    assert checks["torch"].ok
    assert checks["fastapi < 0.151"].ok
    assert checks["torch"].line().startswith("ok")


def test_a_failed_check_says_what_to_do():
    failed = [check for check in check_machine() if not check.ok]
    assert all(check.remedy in check.line() and check.remedy for check in failed)
