/** Each YAML block in our pages says what it is, and is accepted as that: whole configurations by themselves, fragments within one. */
import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { dump, load } from 'js-yaml'
import { initialize } from '../../../src/cli/initialize.ts'
import { parseInternalUsers } from '../../../src/config/internal-users.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { loadConfiguration } from '../../../src/control/loading/load.ts'
import { createAuthority, temporaryFolder } from '../../support/authority.ts'
import { blocksOf, readDocument } from '../../support/documents.ts'
import { fileLifetime } from '../../support/lifetime.ts'

const PAGES = [
  'README.md',
  'docs/configuration.md',
  'docs/operations.md',
  'docs/security.md',
  'docs/architecture.md',
  'examples/systemd/README.md',
]
const lifetime = fileLifetime()

const BASE = `
listeners:
  main: { address: "127.0.0.1:8443", tls: { certificate: { cert: server.crt, key: server.key }, client_ca: [ca/ca.crt] } }
upstreams:
  app: { targets: ["http://127.0.0.1:9200"] }
routes:
  - { path: /**, allow: [admin], upstream: app }
roles_mapping: roles_mapping.yml
`

/** Roles that examples allow. */
const MAPPING = 'admin: { users: [admin] }\nreadall: { users: [CLIENT1] }\nmetrics: { users: [prometheus] }\n'

describe('YAML in the documents', () => {
  const folder = temporaryFolder(lifetime).path

  before(async () => {
    const upstream = { name: 'app', target: 'http://127.0.0.1:9200' }
    await initialize({
      folder,
      names: ['gate.example'],
      cwd: folder,
      listen: '127.0.0.1:8443',
      telemetry: '127.0.0.1:9464',
      admin: '127.0.0.1:9443',
      upstream,
    })
    const place = (from: string, to: string) => copyFileSync(join(folder, from), join(folder, to))
    place('ca/ca.crt', 'db-ca.crt')
    place('clients/admin.pfx', 'server.pfx')
    place('clients/admin.pass', 'server.pass')
    writeFileSync(join(folder, 'roles_mapping.yml'), MAPPING)
    const authority = await createAuthority('revoker')
    for (const name of ['root.crl', 'issuing.crl']) writeFileSync(join(folder, name), authority.crl())
  })

  for (const page of PAGES) {
    for (const { language, kind, text, line } of blocksOf(readDocument(page))) {
      if (language !== 'yaml') continue
      it(`${page}:${line} ${kind}`, async () => {
        if (kind === 'roles_mapping.yml') parseRoleMapping(text, kind)
        else if (kind === 'internal_users.yml') parseInternalUsers(text, kind)
        else if (kind === 'certgate.yml') await accepted(folder, text)
        else if (kind === 'fragment') await accepted(folder, dump({ ...(load(BASE) as object), ...(load(text) as object) }))
        else assert.fail(`say after "yaml" what it is: certgate.yml, fragment, roles_mapping.yml or internal_users.yml, not '${kind}'`)
      })
    }
  }
})

/** As `certgate check` judges it; warnings are no failure. */
async function accepted(folder: string, text: string): Promise<void> {
  const file = join(folder, 'example.yml')
  // systemd makes this folder (LogsDirectory); here it has to be one that is there.
  writeFileSync(file, text.replaceAll('/var/log/certgate/', `${folder}/`))
  const result = await loadConfiguration({ kind: 'file', file })
  const problems = result.ok ? [] : result.problems.filter(({ severity }) => severity === 'error')
  assert.deepEqual(
    problems.map(({ line, message, hint }) => `${line}: ${message} (${hint})`),
    [],
  )
}
