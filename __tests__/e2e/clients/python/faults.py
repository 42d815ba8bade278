"""Asks once, with the client's own retries. Prints what came of it."""

from connect import connect, outcome, task, tell

told = task()
client = connect(told, max_retries=3, retry_on_timeout=False, request_timeout=told.get("timeout", 10))
tell(outcome(lambda: client.info()))
