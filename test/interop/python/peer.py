"""The AWS Encryption SDK for Python with keys of AWS KMS, one call after another.

A line on standard input is an operation (encrypt, decrypt), the ARN of a key, bytes and pairs of a context; the
answer is a line of "ok", bytes and pairs, or of "error" and what went wrong. Fields are divided by tabs, bytes are
base64, and pairs are "name:value", each base64, divided by commas.
"""
import logging
import sys
from base64 import b64decode, b64encode

import aws_encryption_sdk
from aws_encryption_sdk.key_providers.kms import (
    MRKAwareStrictAwsKmsMasterKeyProvider,
    StrictAwsKmsMasterKeyProvider,
)

# What goes wrong is told in the answer.
logging.disable()

client = aws_encryption_sdk.EncryptionSDKClient()


def decode_pairs(text):
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    return {b64decode(name).decode(): b64decode(value).decode() for name, value in pairs}


def encode_pairs(pairs):
    encode = lambda text: b64encode(text.encode()).decode()
    return ",".join(f"{encode(name)}:{encode(value)}" for name, value in pairs.items())


def answer(operation, key, data, pairs):
    replicated = ":key/mrk-" in key
    keys = (MRKAwareStrictAwsKmsMasterKeyProvider if replicated else StrictAwsKmsMasterKeyProvider)(key_ids=[key])
    if operation == "encrypt":
        result, header = client.encrypt(
            source=b64decode(data), key_provider=keys, encryption_context=decode_pairs(pairs)
        )
    else:
        result, header = client.decrypt(source=b64decode(data), key_provider=keys)
    return f"ok\t{b64encode(result).decode()}\t{encode_pairs(header.encryption_context)}"


for line in sys.stdin:
    try:
        said = answer(*line.rstrip("\n").split("\t"))
    except Exception as error:
        said = "error\t" + " ".join(f"{type(error).__name__}: {error}".split())
    print(said, flush=True)
