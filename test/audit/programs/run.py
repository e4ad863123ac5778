"""
Hostile TLS clients. With --list: the cases of all themes, as JSON. Else with the file that describes the gateway: each line on the standard
input is the number of a case, and each line on the standard output what came of it.
"""

import json
import sys

from bent.suite import CASES, World
from themes import (  # noqa: F401, as each registers its cases
    after_the_handshake,
    certificate,
    certificate_contents,
    certificate_verify,
    finished,
    hello,
    interleaving,
    key_shares,
    order,
    records,
    sessions,
    signatures,
    tickets_of_tls13,
    versions_and_suites,
)

if sys.argv[1:] == ["--list"]:
    print(json.dumps([case.told() for case in CASES]))
else:
    world = World(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(CASES[int(line)].run(world)), flush=True)
