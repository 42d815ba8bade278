"""A conversation with Elasticsearch: bulks, searches, scrolls, points in time and errors. Prints what came of each."""

from connect import connect, outcome, task, tell
from elasticsearch import helpers

told = task()
index = told["index"]
client = connect(told, http_compress=True)
names = ["Zürich", "Łódź", "東京", "São Paulo", "🏙 Emoji"]
actions = [
    {"_index": index, "_id": f"id/{number}", "name": names[number % 5], "number": number if number != 77 else "no number"}
    for number in range(1000)
]


def scan():
    found = helpers.scan(client, index=index, size=150, query={"sort": ["number"]}, preserve_order=True)
    return [hit["_source"]["number"] for hit in found]


def pages():
    pit = client.open_point_in_time(index=index, keep_alive="1m")["id"]
    numbers, after = [], None
    while True:
        page = client.search(pit={"id": pit}, size=400, sort=[{"number": "asc"}], search_after=after)["hits"]["hits"]
        if not page:
            return {"numbers": len(numbers), "sorted": numbers == sorted(numbers), "closed": client.close_point_in_time(id=pit).body}
        numbers += [hit["_source"]["number"] for hit in page]
        after = page[-1]["sort"]


def bulk():
    done, failed = helpers.bulk(client, actions, chunk_size=300, raise_on_error=False, refresh=True)
    return {"done": done, "failed": [each["index"]["error"]["type"] for each in failed]}


tell(
    {
        "create": outcome(lambda: client.indices.create(index=index, mappings={"properties": {"number": {"type": "long"}, "name": {"type": "keyword"}}})),
        "bulk": outcome(bulk),
        "count": outcome(lambda: client.count(index=index, q="name:Zürich AND number:[10 TO 500]")),
        "get": outcome(lambda: client.get(index=index, id="id/2")),
        "exists": [bool(client.exists(index=index, id=each)) for each in ("id/2", "none")],
        "search": outcome(lambda: client.search(index=index, query={"term": {"name": "東京"}}, size=3, sort="number", filter_path="hits")),
        "msearch": outcome(lambda: client.msearch(searches=[{"index": index}, {"query": {"term": {"name": "🏙 Emoji"}}, "size": 1}], filter_path="responses.hits")),
        "cat": outcome(lambda: str(client.cat.count(index=index, h="count"))),
        "scan": outcome(scan),
        "pages": outcome(pages),
        "not found": outcome(lambda: client.get(index=index, id="none")),
        "no index": outcome(lambda: client.search(index=f"none-{index}")),
        "conflict": outcome(lambda: client.create(index=index, id="id/2", document={})),
        "bad request": outcome(lambda: client.search(index=index, query={"matsch": {}})),
        "wrong password": outcome(lambda: client.options(basic_auth=("elastic", "wrong")).info()),
    }
)
