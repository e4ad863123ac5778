import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
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
