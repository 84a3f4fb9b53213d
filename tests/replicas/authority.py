"""A certificate authority that nobody knows, and its one certificate: made for a test, gone with its folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Who believes the certificate in the file `root` believes the one for `localhost` in the file `certificate`."""

    def __init__(self, folder: Path) -> None:
        self.root, self.certificate, self.key = folder / "root.pem", folder / "server.pem", folder / "server.key"
        authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a throw-away authority")])
        root = unsigned(name, name, authority_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        server = unsigned(x509.Name([]), name, server_key).add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True
        )
        for file, certificate in ((self.root, root), (self.certificate, server)):
            signed = certificate.sign(authority_key, hashes.SHA256())
            file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        self.key.touch(mode=0o600)
        self.key.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def believed(self) -> dict[str, str]:
        """What the SDKs' programs need in their environment to believe the certificate: Python's, and Node's."""
        return {"SSL_CERT_FILE": str(self.root), "NODE_EXTRA_CA_CERTS": str(self.root)}


def unsigned(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    """Good from a minute ago to a day from now."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
    )
