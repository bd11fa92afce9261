"""Exit 0 when the app answers and runs without an error. For the image's HEALTHCHECK: standard library only.

Both bodies must be `ok`: Streamlit answers 200 with its own page for any path that it does not know.
"""

import os
import sys
from http.client import HTTPConnection

PORT = int(os.environ.get("STREAMLIT_SERVER_PORT", "8501"))
BASE = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")


def answers_ok(page: str) -> bool:
    """Whether the body of the page is `ok`."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=8)
    connection.request("GET", f"{'/' if BASE else ''}{BASE}/_stcore/{page}")
    return connection.getresponse().read() == b"ok"


if __name__ == "__main__":
    sys.exit(not (answers_ok("health") and answers_ok("script-health-check")))
