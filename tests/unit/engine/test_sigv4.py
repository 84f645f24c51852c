"""Signatures against the examples that AWS publishes."""

from datetime import UTC, datetime

import pytest

from batmon.engine.automations.sigv4 import EMPTY_SHA256, encoded_path, encoded_query, signed_headers

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Examples: Signature Calculations"
S3 = {
    "access_key": "AKIAIOSFODNN7EXAMPLE",
    "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "region": "us-east-1",
    "now": datetime(2013, 5, 24, tzinfo=UTC),
}
HOST = "examplebucket.s3.amazonaws.com"
WELCOME_SHA256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-test-suite.html
SUITE = {
    "access_key": "AKIDEXAMPLE",
    "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "region": "us-east-1",
    "service": "service",
    "now": datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
}


def signature(*args, **keys):
    return signed_headers(*args, **keys)["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("method", "path", "query", "payload", "headers", "expected"),
    [
        (
            "GET", "/test.txt", [], EMPTY_SHA256, {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT", "/test$file.text", [], WELCOME_SHA256,
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET", "/", [("lifecycle", "")], EMPTY_SHA256, {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET", "/", [("max-keys", "2"), ("prefix", "J")], EMPTY_SHA256, {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)  # fmt: skip
def test_the_examples_of_s3(method, path, query, payload, headers, expected):  # noqa: PLR0917 - pytest names them
    assert signature(method, HOST, path, query, payload, headers=headers, **S3) == expected


@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [
        ("GET", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", [("Param2", "value2"), ("Param1", "value1")],
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)  # fmt: skip
def test_the_examples_of_the_suite(method, query, expected):
    assert signature(method, "example.amazonaws.com", "/", query, EMPTY_SHA256, **SUITE) == expected


def test_the_secret_is_not_in_what_is_sent():
    sent = str(signed_headers("GET", HOST, "/", [], EMPTY_SHA256, **S3))
    assert S3["secret_key"] not in sent
    assert S3["access_key"] in sent


def test_names_are_encoded_as_s3_does():
    assert encoded_path("/bucket/백업/a b+c~d.sql") == "/bucket/%EB%B0%B1%EC%97%85/a%20b%2Bc~d.sql"
    assert encoded_query([("b", "x/y"), ("a", "~1 2")]) == "a=~1%202&b=x%2Fy"
