"""Encrypted connections: certificates are checked, and the deadline holds inside the encryption too."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import UnavailableError
from gateway.http import Timeouts

from .conftest import answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def encrypted(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrap(script):
        def run(connection):
            with context.wrap_socket(connection.dup(), server_side=True) as wrapped:
                script(wrapped)

        return run

    return wrap


@pytest.fixture
def trusted(monkeypatch, certificate):
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))


def test_certificate_when_not_trusted_is_refused_and_not_tried_again(make_client, serve, encrypted):
    client = make_client(serve(encrypted(answer())).url.replace("http:", "https:"))
    with pytest.raises(UnavailableError, match=r"the certificate is not valid \(self-signed certificate"):
        client.request("GET", "x")
    assert client.calls == 1


def test_certificate_when_trusted_is_accepted(make_client, serve, encrypted, trusted):
    server = serve(encrypted(answer()))
    client = make_client(server.url.replace("http:", "https:"))
    assert [client.request("GET", "x").json() for _ in range(2)] == [{"ok": True}] * 2
    assert server.connections == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_answer_when_it_trickles_encrypted_is_cut_at_the_deadline(
    make_client, serve, encrypted, trusted, head
):
    server = serve(encrypted(answer()))
    server.scripts.insert(0, encrypted(server.trickle(head)))
    client = make_client(server.url.replace("http:", "https:"), timeouts=Timeouts(1, 1, 0.3))
    with pytest.raises(UnavailableError, match=r"no whole answer within 0.3 seconds"):
        client.request("GET", "x")
    assert client.request("GET", "x").json() == {"ok": True}


def test_handshake_when_it_trickles_is_cut_at_the_connect_timeout(make_client, serve):
    server = serve(answer())
    server.scripts.insert(0, lambda connection: _drip(server, connection))
    client = make_client(server.url.replace("http:", "https:"), timeouts=Timeouts(0.2, 5, 5), tries=1)
    with pytest.raises(UnavailableError, match="no answer in time"):
        client.request("GET", "x")


def _drip(server, connection):
    connection.sendall(b"\x16\x03\x03\x40\x00")
    while not server.stop.wait(0.02):
        connection.sendall(b"\x00")
