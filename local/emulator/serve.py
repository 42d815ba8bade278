"""Serves the emulated AWS (moto) on 127.0.0.1 until standard input ends, so that it never outlives who started it.

The first line on standard output is the port, chosen by the system. A number on standard input moves the account's clock on by so
many seconds; the time it then has is the answer on standard output.
"""

import datetime
import logging
import sys

import corrections  # noqa: F401
from freezegun import freeze_time
from moto.server import ThreadedMotoServer

# A line a request, which nobody reads: it would fill the pipe to whoever started this.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
for line in sys.stdin:
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(line))
    freeze_time(later, tick=True).start()
    print(datetime.datetime.now(datetime.timezone.utc).isoformat(), flush=True)
server.stop()
