import type { TestContext } from 'node:test'
import { type Authority, createAuthority, type Issued, temporaryFolder } from '../../support/authority.ts'

export interface ExplainedGateway {
  readonly cwd: string
  readonly authority: Authority
  /** Writes the certificates that a client would send, and returns the file's name. */
  issue(name: string, issued: Issued, above?: readonly Issued[]): string
  write(name: string, content: string): void
}

/** bcrypt of nothing anybody knows: explain never needs the password. */
const HASH = '$2y$04$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

const MAPPING = `readall:
  users:
    - CLIENT1
    - 'al*'
admin:
  users:
    - 'CN=root,OU=ops,O=Acme'
  backend_roles: [ops]
local:
  hosts: [10.0.0.0/8]
`

const config = (more: string): string => `listeners:
  main:
    address: 127.0.0.1:8443
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: OPTIONAL
      client_ca: [ca.crt]
${more.includes('\nauth:') ? '' : 'auth:\n  domains:\n    certificates:\n      order: 1\n      http_authenticator:\n        type: clientcert\n        config: { username_attribute: cn }\n'}
roles_mapping: roles_mapping.yml
internal_users: internal_users.yml
upstreams:
  search:
    targets: ["http://127.0.0.1:9200"]
routes:
  - name: open
    path: /status
    allow: [anonymous]
    upstream: search
  - name: read movies
    path: /movies/{kind}/**
    methods: [GET, HEAD]
    allow: [readall, admin]
    upstream: search
  - name: rest
    path: /**
    allow: [admin]
    upstream: search
${more}`

/** A folder with certgate.yml, its mapping, its users and its authority. `more` is added to the configuration. */
export async function explainedGateway(t: TestContext, more = ''): Promise<ExplainedGateway> {
  const folder = temporaryFolder(t)
  const authority = await createAuthority('CN=Test CA,O=Acme')
  const server = await authority.server(['localhost'])
  folder.write('ca.crt', authority.certificate)
  folder.write('server.crt', server.chain)
  folder.write('server.key', server.key)
  folder.write('certgate.yml', config(more))
  folder.write('roles_mapping.yml', MAPPING)
  folder.write('internal_users.yml', `carol:\n  hash: "${HASH}"\n  backend_roles: [ops]\n`)
  return {
    cwd: folder.path,
    authority,
    issue(name, issued, above = []) {
      folder.write(name, [issued, ...above].map(({ certificate }) => certificate).join(''))
      return name
    },
    write: (name, content) => void folder.write(name, content),
  }
}
