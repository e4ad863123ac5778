import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { copyExample, exampleNames } from '../support/example.ts'
import { run } from '../support/outside-program.ts'

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

for (const name of exampleNames()) {
  test(`examples/${name}: its README issues with certgate, into the registry of the authority that init made`, async (t) => {
    const example = await copyExample(t, name)
    const lines = [...example.read('README.md').matchAll(/\.\.\/\.\.\/bin\/certgate (cert generate [^\n`]*)/g)].map(
      ([, words = '']) => words,
    )
    assert.ok(lines.length > 0)
    const certgate = (words: string) => run(entry, words.split(' '), { cwd: example.folder })
    for (const words of lines) {
      const { code, stderr } = await certgate(words)
      assert.equal(code, 0, stderr)
      const [, , client = ''] = words.split(' ')
      assert.equal(statSync(example.path(`data/clients/${client}.key`)).mode & 0o777, 0o600)
      assert.match((await certgate('cert list')).text, new RegExp(`^${client} .* valid `, 'm'))
    }
    assert.match((await certgate('cert list')).text, /^admin +ClusterAdmin /m)
  })
}

test('who is revoked while an example runs is refused at once, and stays so', async (t) => {
  const example = await copyExample(t, 'legacy-app')
  const bob = await example.issue('bob')
  const gateway = await example.serve()
  // The application is not there.
  assert.equal((await gateway.client(bob).ask('/')).status, 502)
  const revoked = await run(entry, ['cert', 'revoke', 'bob'], { cwd: example.folder })
  assert.equal(revoked.code, 0, revoked.stderr)
  assert.match((await gateway.client(bob).ask('/')).text, /certificate_revoked/)
})
