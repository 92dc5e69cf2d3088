# ILETI=https://izin.ornek.com.tr  ILETI_KEY=ilt_…
import json
import os
from datetime import UTC, datetime
from urllib.request import Request, urlopen


def api(method, path, body=None, **headers):
    request = Request(
        os.environ["ILETI"] + "/api/v1" + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["ILETI_KEY"],
                 "Content-Type": "application/json", **headers})
    with urlopen(request) as answer:
        return json.load(answer)


consents = [{"address": f"0599 213 42 {n:02}", "channel": "MESAJ", "status": "ONAY",
             "source": "HS_WEB", "consentDate": datetime.now(UTC).isoformat()}
            for n in range(10)]
done = api("POST", "/consents/batch", {"items": consents},
           **{"Idempotency-Key": "gece-2026-11-30-python"})
print(done["recorded"], "recorded")
for item in done["results"]:
    for error in item.get("errors", []):
        print(item["index"], error["field"], error["message"])

cursor, path = None, "/consents?limit=100"
while True:
    page = api("GET", path + (f"&cursor={cursor}" if cursor else ""))
    for consent in page["items"]:
        print(consent["record"], consent["address"], consent["status"], consent["iys"]["status"])
    cursor = page["next"]
    if cursor is None:
        break
