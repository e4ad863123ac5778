export const DEFAULT_ADMINISTRATOR = 'admin'

/** The three files a person edits, as `init` first writes them. */
export interface InitialConfig {
  readonly listen: string
  readonly telemetry: string
  readonly admin: string
  /** Of the server certificate. */
  readonly names?: readonly string[]
  /** Name of the upstream in the file, and its target. */
  readonly upstream: { readonly name: string; readonly target: string }
}

/** Double quotes of YAML are JSON's; `${` would start an interpolation (configuration, section 4). */
function quoted(text: string): string {
  return JSON.stringify(text.replaceAll('${', () => '$${'))
}

export function initialConfig({ listen, telemetry, admin, names = [], upstream }: InitialConfig): string {
  const wildcard = names.find((name) => name.startsWith('*.'))
  return `# What certgate serves, whom it trusts and what it lets through. Relative paths are relative to this file.
# After a change: certgate check, then certgate reload (or just wait: a valid change is taken up by itself).

listeners:
  main:
    address: ${listen}
    tls:
      # The leaf and its issuing certificate. A PFX works too: { pfx: server.pfx, password: "\${file:server.pass}" }
      certificate:
        cert: server.crt
        key: server.key
      # REQUIRE: no certificate is answered with 401. OPTIONAL: it may be absent. NONE: none is asked for.
      clientauth_mode: REQUIRE
      # A client certificate counts if one of these authorities stands above it. Never the system's roots.
      client_ca:
        - ca/ca.crt

# Who somebody is: the common name of the certificate. Without username_attribute it is the whole DN.
auth:
  domains:
    clientcert_auth_domain:
      order: 1
      http_authenticator:
        type: clientcert
        config:
          username_attribute: cn
        challenge: false
      authentication_backend:
        type: noop

# Which roles they have.
roles_mapping: roles_mapping.yml
internal_users: internal_users.yml

upstreams:
  ${upstream.name}:
    targets:
      - ${quoted(upstream.target)}

# What they may do: the first route that matches decides, and what matches none is refused.
routes:
  - name: everything
    path: /**
    allow:
      - admin
    upstream: ${upstream.name}

# What the upstream sees of them. Copies and look-alikes that a client sends are removed.
identity_headers:
  styles:
    - plain

# Who has which certificate, and the audit log. The authority that signs them is in ca/.
store:
  sqlite: certgate.db

# Where administrators manage certificates and roles, with a client certificate of clearance Operator or above. The commands of
# this machine work through the socket.
admin:
  address: ${admin}
  socket: admin.sock
  # allow: whoever has server.key may make an administrator there, as a way back in. deny: where that key is also kept elsewhere.
  server_certificate: allow${wildcard === undefined ? '' : hostsComment(wildcard)}

# /metrics, /healthz and /readyz
telemetry:
  address: ${telemetry}
  access_log: on
`
}

/** A wildcard covers names that are somebody else's, so that each by which browsers come has to be named. */
function hostsComment(wildcard: string): string {
  return `
  # Names by which browsers may come here: ${wildcard} in the certificate stands for none of them. localhost and IP addresses always may.
  # hosts:
  #   - ${wildcard.replace('*', 'admin')}`
}

/** `administrator`: a name that stands for itself in the mapping, see `administratorName`. */
export function initialRolesMapping(administrator: string): string {
  return `# Role -> who has it, in the format of OpenSearch and Open Distro.
# A user is named by what the certificate says (certgate dn FILE prints it); * and /regex/ work too.
_meta:
  type: rolesmapping
  config_version: 2

admin:
  users:
    - ${administrator === DEFAULT_ADMINISTRATOR ? administrator : JSON.stringify(administrator)}
`
}

export const initialInternalUsers = `# Users with passwords, for an auth domain of type basic. None are needed for certificates.
# certgate users hash makes a hash:
#
# alice:
#   hash: "$2y$12$..."
#   backend_roles:
#     - staff
_meta:
  type: internalusers
  config_version: 2
`
