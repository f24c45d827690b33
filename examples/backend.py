"""How a backend talks to pushrank: rank, confirm, send, report. Run it as `python examples/backend.py USER_ID`."""

import json
import os
import sys
import time
import uuid
from typing import Any
from urllib.request import Request, urlopen

URL, KEY = os.environ.get("PUSHRANK_URL", "http://127.0.0.1:3000"), os.environ["PUSHRANK_KEY"]


def post(path: str, body: dict[str, Any]) -> Any:
    """POST JSON and read JSON; an answer that refuses raises HTTPError."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    with urlopen(Request(URL + path, json.dumps(body).encode(), headers), timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def send(user_id: str, message_id: str) -> None:
    """Stand where your push provider is called."""
    print(f"push {message_id} to {user_id}")


user_id = sys.argv[1]
decision = post("/v1/rank", {"user_id": user_id, "slots": 2})
if decision["slate"]:
    # Just before handing over, and not before `send_at`: what comes back under `send` may go, nothing else.
    confirmed = post(f"/v1/decisions/{decision['decision_id']}/confirm", {})
    for stop in confirmed["stop"]:
        print(f"not {stop['message_id']}: {stop['code']} until {stop['until']}")
    for message_id in confirmed["send"]:
        send(user_id, message_id)
        sent = {"event_id": uuid.uuid4().hex, "type": "sent", "user_id": user_id, "message_id": message_id}
        sent |= {"decision_id": decision["decision_id"], "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        post("/v1/events", {"events": [sent]})
else:
    print(f"nothing to send: {decision['silence']}")
