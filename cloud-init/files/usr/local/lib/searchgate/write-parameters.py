"""Writes the answer of `aws ssm get-parameters` (standard input) to FOLDER, a file for each parameter, and prints the names that are missing.

Usage: write-parameters.py PREFIX FOLDER. Names are without PREFIX. The values are never printed.
"""

import json
import pathlib
import sys

prefix, folder = sys.argv[1], pathlib.Path(sys.argv[2])
answer = json.load(sys.stdin)
for parameter in answer["Parameters"]:
    file = folder / parameter["Name"][len(prefix):]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(parameter["Value"].rstrip("\n") + "\n")
for name in answer["InvalidParameters"]:
    print(name[len(prefix):])
