/** Where the registry, the socket and the authority are when nobody says so, and that a registry is never passed over for a new one. */
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { inspectConfig } from '../../../src/config/load.ts'
import { sealedBeside } from '../../../src/store/store-file.ts'
import { temporaryFolder } from '../../support/authority.ts'

const BASE = `
listeners: { main: { address: "127.0.0.1:8443", tls: { certificate: { cert: s.crt, key: s.key }, client_ca: [ca.crt] } } }
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /**, allow: [authenticated], upstream: app }]
`

/** A folder with these files, and what a configuration in it comes to. */
function folderWith(t: TestContext, ...files: string[]) {
  const { path, write } = temporaryFolder(t)
  for (const file of files) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    write(file, 'something')
  }
  const at = (file: string) => relative(path, file)
  const load = (rest = '') => {
    write('certgate.yml', BASE + rest)
    const { settings, problems } = inspectConfig(join(path, 'certgate.yml'))
    const { source } = settings.authority ?? {}
    return {
      store: at(settings.store?.file ?? ''),
      socket: at(settings.admin?.socket ?? ''),
      authority: source?.kind === 'folder' ? at(source.folder) : null,
      problems: problems.map(({ path: place, severity, message, hint }) => ({ place, severity, message, hint })),
    }
  }
  return { path, load }
}

const INIT = ['certgate.db', 'ca/issuing.crt']
const BELOW = ['data/certgate.db', 'data/ca/issuing.crt']

test('in the folder that init made, all is beside the configuration', (t) => {
  assert.deepEqual(folderWith(t, ...INIT).load(), { store: 'certgate.db', socket: 'admin.sock', authority: 'ca', problems: [] })
})

test('above it, all is in data, as it always was', (t) => {
  const below = { store: 'data/certgate.db', socket: 'data/admin.sock', problems: [] }
  assert.deepEqual(folderWith(t, ...BELOW).load(), { ...below, authority: 'data/ca' })
  assert.deepEqual(folderWith(t).load(), { ...below, authority: 'ca' })
  assert.deepEqual(folderWith(t, 'data/certgate.db', 'ca/issuing.crt').load(), { ...below, authority: 'ca' })
})

test('a store that is gone or emptied is still the one', (t) => {
  const { path, load } = folderWith(t, 'certgate.db.base')
  assert.equal(load().store, 'certgate.db')
  assert.equal(sealedBeside(join(path, 'certgate.db')), join(path, 'certgate.db.base'))
  const emptied = folderWith(t, 'certgate.db', 'data/certgate.db')
  truncateSync(join(emptied.path, 'certgate.db'))
  assert.deepEqual(emptied.load(), { store: 'data/certgate.db', socket: 'data/admin.sock', authority: 'ca', problems: [] })
})

test('of two registries none is taken until one is named', (t) => {
  const { load } = folderWith(t, ...INIT, ...BELOW)
  for (const rest of ['', 'store: { max_stale: 1m }\n']) {
    assert.deepEqual(load(rest).problems, [
      {
        place: 'store.sqlite',
        severity: 'error',
        message: 'there are two registries, certgate.db and data/certgate.db, and no `store` says which one counts',
        hint: "write `store: { sqlite: certgate.db }` or `store: { sqlite: data/certgate.db }`: the other's revocations do not count then",
      },
    ])
  }
  for (const file of ['certgate.db', 'data/certgate.db']) {
    const { store, socket, problems } = load(`store: { sqlite: ${file} }\n`)
    assert.deepEqual([store, socket], [file, join(dirname(file), 'admin.sock')])
    assert.deepEqual(
      problems.map(({ severity, message }) => [severity, message]),
      [
        [
          'warning',
          `the registry ${file === 'certgate.db' ? 'data/certgate.db' : 'certgate.db'} is there too, and nothing that it says counts`,
        ],
      ],
    )
  }
})

test('a new registry is not begun while one lies at a usual place', (t) => {
  for (const there of ['certgate.db', 'data/certgate.db', 'certgate.db.base']) {
    const name = there.replace('.base', '')
    const { load } = folderWith(t, there)
    assert.deepEqual(load('store: { sqlite: state/reg.db }\n').problems, [
      {
        place: 'store.sqlite',
        severity: 'error',
        message: `there is no registry yet, but there is one in ${name}: a new one would know of none of its revocations`,
        hint: `stop certgate and move that one (with its .base) here, or write \`sqlite: ${name}\`; to begin anew, rename it`,
      },
    ])
  }
  assert.deepEqual(folderWith(t).load('store: { sqlite: state/reg.db }\n').problems, [])
  assert.deepEqual(folderWith(t, 'state/reg.db').load('store: { sqlite: state/reg.db }\n').problems, [])
})

test('two names of one registry are one', (t) => {
  const { path, load } = folderWith(t, 'certgate.db')
  symlinkSync('.', join(path, 'data'))
  assert.deepEqual(load().problems, [])
  assert.deepEqual(load('store: { sqlite: data/certgate.db }\n').problems, [])
})

test('a socket beside a store far down has to be named', (t) => {
  const deep = `${'x'.repeat(100)}/reg.db`
  const [problem] = folderWith(t).load(`store: { sqlite: ${deep} }\n`).problems
  assert.match(`${problem?.message} ${problem?.hint}`, /at most 107 bytes .*name another in `admin: \{ socket: \.\.\. \}`/)
  assert.deepEqual(folderWith(t).load(`store: { sqlite: ${deep} }\nadmin: { socket: a.sock }\n`).problems, [])
})
