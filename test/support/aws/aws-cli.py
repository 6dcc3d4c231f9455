"""The AWS CLI as a process that runs one command after another: to start it costs more than the commands do.

A command is a line of JSON on standard input, a list of words; what came of it is a line of JSON on standard output.
"""
import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

driver = create_clidriver()
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exit_code = driver.main(json.loads(line))
        except SystemExit as ended:
            exit_code = ended.code
    print(json.dumps({"exit": exit_code, "out": out.getvalue(), "err": err.getvalue()}), flush=True)
