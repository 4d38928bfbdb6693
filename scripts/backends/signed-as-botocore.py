"""Reads signed requests, a JSON object a line, and prints for each whether AWS's own SDK for Python signs it the same way."""

import hashlib
import json
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, SignedHeaders=(\S+), Signature=(\w+)"
)

for line in sys.stdin:
    given = json.loads(line)
    headers = given["headers"]
    key, region, service, names, signature = AUTHORIZATION.fullmatch(headers["authorization"]).groups()
    auth = SigV4Auth(Credentials(key, given["secret"], headers.get("x-amz-security-token")), service, region)
    signed = {name: headers[name] for name in names.split(";")}
    request = AWSRequest(method="POST", url=given["url"], data=given["body"].encode("latin1"), headers=signed)
    # As botocore does before it signs; the canonical request would take the payload's hash from the header.
    request.context["timestamp"] = headers["x-amz-date"]
    body_hash = hashlib.sha256(given["body"].encode("latin1")).hexdigest()
    canonical = auth.canonical_request(request).rsplit("\n", 1)[0] + "\n" + body_hash
    expected = auth.signature(auth.string_to_sign(request, canonical), request)
    print("same" if expected == signature else f"other: {canonical!r}")
