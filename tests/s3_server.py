"""A small store that speaks S3: it checks each signature by the published algorithm, and keeps objects in memory.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import unquote

from aiohttp import web

ACCESS, SECRET, REGION = "AKIDTEST", "s3cr3t/with+signs", "ap-northeast-2"


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def expected_signature(request, payload_hash):
    """The signature that this request should carry, made from the raw request and the Authorization header's scope."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*"
        r"SignedHeaders=([\w;-]+),\s*Signature=(\w+)",
        request.headers["Authorization"],
    )
    access, day, region, names, signature = found.groups()
    assert (access, region) == (ACCESS, REGION)
    assert {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names.split(";"))
    path, _, query = request.raw_path.partition("?")
    ordered = "&".join(sorted(part if "=" in part else f"{part}=" for part in query.split("&"))) if query else ""
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    canonical = f"{request.method}\n{path}\n{ordered}\n{headers}\n{names}\n{payload_hash}"
    date = request.headers["x-amz-date"]
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return signature, _hmac(key, text).hex()


class Store:
    """Objects by (bucket, key); ``refuse`` is a list of statuses that the next requests are answered with."""

    def __init__(self):
        self.objects = {}
        self.uploads = {}
        self.refuse = []
        self.requests = []
        self.page = 1000

    async def handle(self, request):  # noqa: PLR0911, PLR0912 - one branch an operation
        body = await request.read()
        self.requests.append((request.method, request.raw_path, len(body)))
        if self.refuse:
            return self._error(self.refuse.pop(0), "SlowDown", "Reduce your request rate")
        digest = hashlib.sha256(body).hexdigest()
        if request.headers.get("x-amz-content-sha256") != digest:
            return self._error(400, "XAmzContentSHA256Mismatch", "the body is not what was signed")
        given, wanted = expected_signature(request, digest)
        if not hmac.compare_digest(given, wanted):
            return self._error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
        _, bucket, key = (*unquote(request.raw_path.partition("?")[0]).split("/", 2), "")[:3]
        if bucket != "backups":
            return self._error(404, "NoSuchBucket", "The specified bucket does not exist")
        query = request.query
        match request.method:
            case "GET" if query.get("list-type") == "2":
                return self._list(bucket, query)
            case "GET" | "HEAD":
                if (bucket, key) not in self.objects:
                    return self._error(404, "NoSuchKey", "The specified key does not exist.")
                return web.Response(body=self.objects[bucket, key][0])
            case "POST" if "uploads" in query:
                upload = f"up-{len(self.uploads)}"
                self.uploads[upload] = {}
                return web.Response(
                    text=f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
                )
            case "POST":
                return self._complete(bucket, key, query["uploadId"], body)
            case "PUT" if "partNumber" in query:
                tag = f'"{hashlib.md5(body).hexdigest()}"'  # noqa: S324 - S3's own
                self.uploads[query["uploadId"]][int(query["partNumber"])] = (tag, body)
                return web.Response(headers={"ETag": tag})
            case "PUT":
                self.objects[bucket, key] = (body, datetime.now(UTC))
                return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})  # noqa: S324
            case "DELETE":
                if "uploadId" in query:
                    self.uploads.pop(query["uploadId"], None)
                self.objects.pop((bucket, key), None) if "uploadId" not in query else None
                return web.Response(status=204)
        return self._error(405, "MethodNotAllowed", request.method)

    def _complete(self, bucket, key, upload, body):
        asked = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]+)</ETag>", body.decode())
        parts = self.uploads[upload]
        if [(n, tag.replace("&quot;", '"')) for n, tag in asked] != [(str(n), parts[n][0]) for n in sorted(parts)]:
            return self._error(400, "InvalidPart", "One or more of the specified parts could not be found")
        self.objects[bucket, key] = (b"".join(parts[n][1] for n in sorted(parts)), datetime.now(UTC))
        del self.uploads[upload]
        return web.Response(
            text='<?xml version="1.0"?><CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'
        )

    def _list(self, bucket, query):
        keys = sorted(key for b, key in self.objects if b == bucket and key.startswith(query.get("prefix", "")))
        begin = int(query.get("continuation-token", "0"))
        shown = keys[begin : begin + self.page]
        entries = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.objects[bucket, key][0])}</Size>"
            f"<LastModified>{self.objects[bucket, key][1]:%Y-%m-%dT%H:%M:%S.%f}Z</LastModified></Contents>"
            for key in shown
        )
        more = begin + self.page < len(keys)
        token = f"<NextContinuationToken>{begin + self.page}</NextContinuationToken>" if more else ""
        return web.Response(
            text=f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{entries}{token}</ListBucketResult>'
        )

    def _error(self, status, code, message):
        return web.Response(status=status, text=f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")

    @asynccontextmanager
    async def serving(self):
        """Its address."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        finally:
            await runner.cleanup()
