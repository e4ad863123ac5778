import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { copyExample, exampleNames } from '../support/example.ts'
import { absent, run } from '../support/outside-program.ts'

// Every folder under examples/ holds a configuration that runs once `certgate init --dir data` has made certificates.

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

test('there is an example for each use that certgate is built for', () => {
  for (const name of ['clickhouse', 'influxdb', 'legacy-app', 'opensearch', 'prometheus']) assert.ok(exampleNames().includes(name), name)
})

for (const name of exampleNames()) {
  test(`examples/${name} has a README, and certgate check finds nothing wrong`, async (t) => {
    const example = await copyExample(t, name)
    assert.ok(existsSync(example.path('README.md')))
    const { code, text, stderr } = await run(entry, ['check', '--config', 'certgate.yml'], { cwd: example.folder })
    assert.equal(code, 0, text + stderr)
    assert.match(text, /^certgate\.yml is fine/)
    assert.equal(stderr, '')
  })
}

test('examples/issue makes client certificates, escapes nothing and overwrites nothing', { skip: absent('openssl') }, async (t) => {
  const example = await copyExample(t, 'legacy-app')
  const issue = (...args: string[]) => run('../issue', args, { cwd: example.folder })
  assert.deepEqual(await issue('alice').then(({ code, text }) => [code, text]), [
    0,
    'data/clients/alice.crt and data/clients/alice.key: CN=alice\n',
  ])
  assert.equal(statSync(example.path('data/clients/alice.key')).mode & 0o777, 0o600)
  const before = example.read('data/clients/alice.key')
  const again = await issue('alice')
  assert.deepEqual([again.code, example.read('data/clients/alice.key')], [1, before])
  assert.match(again.stderr, /exists already/)
  for (const name of ['', '-x', 'a/CN=admin', '../x', 'a b', 'Jürgen']) assert.equal((await issue(name)).code, 2)
  assert.equal((await issue()).code, 2)
  const { text } = await run(entry, ['dn', 'data/clients/alice.crt'], { cwd: example.folder })
  assert.match(text, /^cn +alice$/m)
})
