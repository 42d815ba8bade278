"""Elastic's Python client, set up as a user would, from a task in JSON in the environment."""

import json
import os
import sys

from elasticsearch import ApiError, Elasticsearch, TransportError


def task():
    """What to do: url, password, the authority's file and the certificate's name where TLS is to be checked, and what a script wants."""
    return json.loads(os.environ["TASK"])


def connect(task, **options):
    if task.get("authority"):
        options |= {"ca_certs": task["authority"], "ssl_assert_hostname": task["serverName"]}
    options.setdefault("basic_auth", ("elastic", task["password"]))
    return Elasticsearch(task["url"], **options)


def outcome(call):
    """What a user's `except` sees, or what the call gives."""
    try:
        result = call()
        return getattr(result, "body", result)
    except ApiError as error:
        return {"error": type(error).__name__, "status": error.status_code, "message": error.message, "body": error.body}
    except TransportError as error:
        return {"error": type(error).__name__}


def tell(outcomes):
    json.dump(outcomes, sys.stdout)
