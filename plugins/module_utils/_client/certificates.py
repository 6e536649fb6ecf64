# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of certificates and keys: what OpenSSL makes of them, and what is wrong where it refuses them."""

from __future__ import annotations

import re
import ssl
import tempfile

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption

PEM_BEGINS = "-----BEGIN "
PEM_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# Something follows before the line ends; a carriage return alone ends none for OpenSSL.
PEM_WITHOUT_LINES = re.compile(r"-----BEGIN [^-\n]+-----[^\S\n]*\S")
WEAK = ("ca md too weak", "ee key too small", "ca key too small")
STRONGER = (
    "with keys of at least 2048 bits and signatures with SHA-256. Only as a last resort lower the security level of"
    " OpenSSL on the host that runs the module."
)


def verifying_context(ca_path: str | None) -> ssl.SSLContext:
    if ca_path:
        _require_readable("ca_path", ca_path)
    try:
        context = ssl.create_default_context(cafile=ca_path or None)
    except ssl.SSLError as error:
        raise _spoilt_file("ca_path", ca_path or "") or BadOption(
            "ca_path",
            f"{ca_path} holds no certificate in PEM format ({_openssl_words(error)}).",
            "Give root.pem of the certificates exported from the QMC in PEM format.",
        ) from error
    # Qlik's root certificate has no key usage, which Python 3.13 and later refuse by default
    # (V: qlik-api 3.3). Chain and host name are still checked.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def load_client_certificate(context: ssl.SSLContext, certificate: str, key: str, password: str) -> None:
    _require_readable("client_cert", certificate)
    _require_readable("client_key", key)
    try:
        # Always with a password function: without one OpenSSL would ask on the terminal and wait for ever.
        context.load_cert_chain(certificate, key, password=lambda: password)
    except (ssl.SSLError, ValueError) as error:
        raise _client_certificate_problem(certificate, key, password, error) from error


def _client_certificate_problem(certificate: str, key: str, password: str, error: Exception) -> BadOption:
    words = _openssl_words(error)
    weakness = words.replace("_", " ").lower()
    if weakness in WEAK:
        return BadOption(
            "client_cert",
            f"{certificate} holds a certificate that is too weak for OpenSSL here ({weakness}).",
            f"Let the QMC create certificates {STRONGER} Then export them again.",
        )
    if not _is_certificate(certificate):
        return _spoilt_file("client_cert", certificate) or BadOption(
            "client_cert",
            f"{certificate} holds no certificate in PEM format.",
            "Export it from the QMC in PEM format; a client.pfx can't be used.",
        )
    if "MISMATCH" in words:
        return _mismatch(certificate, key, password)
    return _spoilt_file("client_key", key) or _client_key_problem(key, password, words)


def _mismatch(certificate: str, key: str, password: str) -> BadOption:
    if any(_fits_key(signer, key, password) for signer in certificates_in(certificate)[1:]):
        return BadOption(
            "client_cert",
            f"{certificate} begins with a certificate other than that of {key}.",
            "The file must begin with the client's own certificate; those that signed it follow.",
        )
    return BadOption(
        "client_key",
        f"{key} is not the key of {certificate}.",
        "Give client.pem and client_key.pem of the same export.",
    )


def _fits_key(certificate: str, key: str, password: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # whether it is weak is not asked here
        with tempfile.NamedTemporaryFile("w", encoding="latin-1", suffix=".pem") as file:
            file.write(f"{certificate}\n")
            file.flush()
            context.load_cert_chain(file.name, key, password=lambda: password)
    except OSError:  # ssl.SSLError is one, too
        return False
    return True


def _client_key_problem(key: str, password: str, words: str) -> BadOption:
    encrypted = "ENCRYPTED" in _text_of(key)
    if encrypted and not password:
        return BadOption(
            "client_key",
            f"{key} is encrypted.",
            "Give its password in client_key_password or QLIK_SENSE_CLIENT_KEY_PASSWORD.",
        )
    if encrypted:
        return BadOption("client_key_password", f"{key} can't be opened with that password ({words}).")
    return BadOption(
        "client_key",
        f"{key} holds no key in PEM format ({words}).",
        "Export it from the QMC in PEM format; a client.pfx can't be used.",
    )


def _spoilt_file(option: str, path: str) -> BadOption | None:
    """What is wrong with a file that OpenSSL could not read, where it was once PEM. Tells nothing of its content."""
    text = _text_of(path)
    if not text.strip():
        return BadOption(option, f"{path} is empty.", "Export it from the QMC in PEM format again.")
    if any(PEM_BEGINS.encode(encoding).decode("latin-1") in text for encoding in ("utf-16-le", "utf-16-be")):
        return BadOption(option, f"{path} is written in UTF-16.", "Save it as UTF-8 or ASCII.")
    if PEM_WITHOUT_LINES.search(text):
        return BadOption(
            option,
            f"{path} has lost its line breaks.",
            "Keep the lines as the QMC exports them; fields of forms may join the lines that are pasted into them.",
        )
    return None


def certificates_in(path: str) -> list[str]:
    return PEM_CERTIFICATE.findall(_text_of(path).replace("\r\n", "\n"))


def _text_of(path: str) -> str:
    with open(path, "rb") as stream:
        return stream.read().decode("latin-1")


def _is_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _require_readable(option: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise BadOption(
            option,
            f"{path} can't be read: {error.strerror}.",
            "The file must be on the host that runs the module, and readable by the user that runs it.",
        ) from error


def _openssl_words(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)
