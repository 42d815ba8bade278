"""A search and a write while the host wakes: with the client's defaults, or with the patience that docs/sleep.md tells."""

from connect import connect, outcome, task, tell

given = task()
patience = {"request_timeout": 60, "max_retries": 20, "retry_on_timeout": True} if given["patient"] else {}
client = connect(given, **patience)


def search():
    hits = client.search(index=given["index"], query={"ids": {"values": ["1"]}})["hits"]["hits"]
    return {"found": hits[0]["_source"]["title"]}


told = {"search": outcome(search)}
if given["patient"]:
    told["index"] = outcome(lambda: client.index(index=given["index"], id="4", document={"title": "Pippi"}))
tell(told)
