# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection qlikops.sense: it may change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests >= 2.28
options:
  host:
    description:
      - Node whose Repository service (QRS) is asked which proxy services and virtual proxies there are, usually the
        central node. Write it as its certificate does, without a scheme or port. An IPv6 address may stand in brackets.
      - If not given, the value of the environment variable E(QLIK_SENSE_HOST) is used.
    type: str
    required: true
  qrs_port:
    description:
      - Port of the Repository service, from 1 to 65535.
      - If not given, the value of the environment variable E(QLIK_SENSE_QRS_PORT) is used.
    type: int
    default: 4242
  qps_port:
    description:
      - Port of the API of every proxy service. Without it each one is asked on the port that QRS names for it
        (C(settings.restListenPort), 4243 unless changed).
      - From 1 to 65535.
    type: int
  qrs_virtual_proxy:
    description:
      - Prefix of a virtual proxy to reach QRS through, where its own port is closed. Set O(qrs_port) to the users' port
        then, usually 443.
      - That virtual proxy must take the user from a header named C(X-Qlik-User). Each run opens one session of
        O(api_user) over it, does not list that one, and logs out at its end. A user may have five sessions at most, so
        more runs at once need more users.
      - The users' port may have a certificate of another authority. O(ca_path) is then a file with the certificates of
        both, one after the other.
      - The proxy services themselves are always asked on their own port.
      - V(.) and V(..) as parts of the prefix, V(?), V(#), backslashes and control characters are refused.
    type: str
  client_cert:
    description:
      - Path of the client certificate in PEM format, C(client.pem) of the certificates exported from the QMC, on the
        host that runs the module. The file begins with the client's own certificate.
      - If not given, the value of the environment variable E(QLIK_SENSE_CLIENT_CERT) is used.
    type: path
    required: true
  client_key:
    description:
      - Path of the key to O(client_cert) in PEM format, C(client_key.pem) of the same export.
      - If not given, the value of the environment variable E(QLIK_SENSE_CLIENT_KEY) is used.
    type: path
    required: true
  client_key_password:
    description:
      - Password of O(client_key), where it was exported with one.
      - If not given, the value of the environment variable E(QLIK_SENSE_CLIENT_KEY_PASSWORD) is used.
    type: str
  ca_path:
    description:
      - Path of the certificate that has signed those of the nodes, C(root.pem) of the same export. Only it is trusted
        then; without it, the authorities that the system trusts are.
      - If not given, the value of the environment variable E(QLIK_SENSE_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether the certificates of the nodes are checked. V(false) gives a warning in every result.
      - If not given, the value of the environment variable E(QLIK_SENSE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  api_user:
    description:
      - User that QRS and the proxy services are asked as, written V(DIRECTORY\\id). QRS shows only what this user may
        read.
      - If not given, the value of the environment variable E(QLIK_SENSE_API_USER) is used.
    type: str
    default: INTERNAL\sa_api
  host_map:
    description:
      - Addresses to connect to, by the host names of nodes as QRS knows them, for nodes whose names are not known where
        the module runs.
      - The certificate is still checked against the node's own name.
    type: dict
    default: {}
  use_proxy:
    description:
      - Whether E(HTTPS_PROXY) and E(NO_PROXY) of the environment are honoured.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds one request may wait for the connection, and for the whole answer. From 1 to 3600.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated when the connection broke or the answer was 502, 503 or 504. Only what is safe
        to repeat is; a request that creates something is not, unless it never reached the node. A time-out is not
        followed by another try.
      - The pauses that a service asks for with C(Retry-After), also with 429, are kept. Over the whole run they last at
        most O(timeout) times one more than O(retries) for each service.
      - From 0 to 10.
    type: int
    default: 2
  max_parallel:
    description:
      - The most requests under way at once, over the whole site. Each keeps a connection open, so a site of one proxy
        service sees that many.
      - From 1 to 256.
    type: int
    default: 16
"""

    # For plugins, which ansible-core lets read their environment by this. What is no text they read as the modules do.
    PLUGINS = r"""
options:
  host:
    env:
      - name: QLIK_SENSE_HOST
  client_cert:
    env:
      - name: QLIK_SENSE_CLIENT_CERT
  client_key:
    env:
      - name: QLIK_SENSE_CLIENT_KEY
  client_key_password:
    env:
      - name: QLIK_SENSE_CLIENT_KEY_PASSWORD
  ca_path:
    env:
      - name: QLIK_SENSE_CA_PATH
  api_user:
    env:
      - name: QLIK_SENSE_API_USER
"""
