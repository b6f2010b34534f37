from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.peers import authority
from wscli.config import TlsOptions
from wscli.errors import UsageError
from wscli.net.context import make_context

PASSWORD = "open sesame"


@pytest.fixture
def identity(tmp_path: Path) -> dict[str, str]:
    """Files: a certificate and its key, the key encrypted, another key, both in one, and wrong ones."""
    leaf, other = authority().issue_cert("client@example.com"), authority().issue_cert("other@example.com")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    contents = {
        "cert": leaf.cert_chain_pems[0].bytes(),
        "key": leaf.private_key_pem.bytes(),
        "encrypted": encrypted,
        "other": other.private_key_pem.bytes(),
        "both": leaf.private_key_and_cert_chain_pem.bytes(),
        "ca": authority().cert_pem.bytes(),
        "empty": b"",
        "text": b"hello\n",
        "damaged": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in [*contents, "missing"]}


def fails(options: TlsOptions, key_password: Callable[[], str] | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        make_context(options, key_password)
    return caught.value


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "there is no file"),
        ("empty", "is empty"),
        ("text", "no certificate in PEM form"),
        ("key", "no certificate in PEM form"),
        ("damaged", "cannot be read"),
    ],
)
@pytest.mark.parametrize("option", ["cacert", "cert"])
def test_a_file_that_is_no_certificate_is_named(
    option: str, name: str, reason: str, identity: dict[str, str]
) -> None:
    path = identity[name]
    options = TlsOptions(cacert=path) if option == "cacert" else TlsOptions(cert=path, key=identity["key"])
    failure = fails(options)
    assert f"--{option}" in failure.message
    assert identity[name] in failure.message
    assert reason in failure.message


def test_a_directory_is_trusted_without_hashed_names(tmp_path: Path) -> None:
    for number in range(2):
        trustme.CA(organization_name=f"root {number}").cert_pem.write_to_path(str(tmp_path / f"{number}.pem"))
    (tmp_path / "README").write_text("not a certificate")
    assert make_context(TlsOptions(cacert=str(tmp_path))).cert_store_stats()["x509"] == 2


def test_a_directory_without_certificates_is_a_usage_error(tmp_path: Path) -> None:
    assert "--cacert" in fails(TlsOptions(cacert=str(tmp_path))).message


def test_a_key_of_another_certificate_is_named(identity: dict[str, str]) -> None:
    failure = fails(TlsOptions(cert=identity["cert"], key=identity["other"]))
    assert "does not belong" in failure.message
    assert identity["other"] in failure.message


def test_a_certificate_without_any_key_says_which_option_is_missing(identity: dict[str, str]) -> None:
    failure = fails(TlsOptions(cert=identity["cert"]))
    assert "no private key" in failure.message
    assert "--key" in failure.hint


def test_a_key_without_a_certificate_is_a_usage_error(identity: dict[str, str]) -> None:
    assert "--cert" in fails(TlsOptions(key=identity["key"])).message


@pytest.mark.parametrize("name", ["text", "missing", "empty", "cert"])
def test_a_file_that_is_no_key_is_named(name: str, identity: dict[str, str]) -> None:
    failure = fails(TlsOptions(cert=identity["cert"], key=identity[name]))
    assert "--key" in failure.message
    assert identity[name] in failure.message


def test_certificate_and_key_may_be_one_file(identity: dict[str, str]) -> None:
    make_context(TlsOptions(cert=identity["both"]))


def test_the_password_of_an_encrypted_key_is_asked_for(identity: dict[str, str]) -> None:
    answers = iter([PASSWORD])
    make_context(TlsOptions(cert=identity["cert"], key=identity["encrypted"]), lambda: next(answers))
    assert list(answers) == []


def test_no_password_is_asked_for_a_plain_key(identity: dict[str, str]) -> None:
    def never() -> str:
        raise RuntimeError

    make_context(TlsOptions(cert=identity["cert"], key=identity["key"]), never)


def test_a_wrong_password_is_said_and_not_shown(identity: dict[str, str]) -> None:
    failure = fails(TlsOptions(cert=identity["cert"], key=identity["encrypted"]), lambda: "s3cret guess")
    assert "password" in failure.message
    assert "s3cret" not in failure.message + failure.hint


def test_an_encrypted_key_without_a_way_to_ask_never_prompts(identity: dict[str, str]) -> None:
    failure = fails(TlsOptions(cert=identity["cert"], key=identity["encrypted"]))
    assert "encrypted" in failure.message


@pytest.mark.parametrize("minimum", ["1.0", "1.1", "1.2", "1.3"])
def test_the_minimum_version_is_set(minimum: str) -> None:
    context = make_context(TlsOptions(minimum=minimum))
    assert context.minimum_version.name == "TLSv" + minimum.replace(".0", "").replace(".", "_")


def test_an_unknown_version_is_a_usage_error() -> None:
    assert "--tls-min" in fails(TlsOptions(minimum="2")).message


def test_a_private_authority_need_not_be_strict() -> None:
    context = make_context(TlsOptions())
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_key_log_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no" / "such"))
    assert "SSLKEYLOGFILE" in fails(TlsOptions()).message


def test_whoever_trusts_anybody_reads_no_certificates_and_keeps_the_key_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    context = make_context(TlsOptions(insecure=True))
    assert context.cert_store_stats()["x509_ca"] == 0
    assert context.keylog_filename == str(tmp_path / "keys.log")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
    with pytest.raises(UsageError, match="SSLKEYLOGFILE"):
        make_context(TlsOptions(insecure=True))


def test_the_systems_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = make_context(TlsOptions(servername="a"))
    assert make_context(TlsOptions(servername="b")) is first
    insecure = make_context(TlsOptions(insecure=True))
    assert (insecure.verify_mode, first.verify_mode) == (ssl.CERT_NONE, ssl.CERT_REQUIRED)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert make_context(TlsOptions()) is not first


def test_the_users_own_files_are_read_each_time(identity: dict[str, str]) -> None:
    options = TlsOptions(cert=identity["both"])
    assert make_context(options) is not make_context(options)
