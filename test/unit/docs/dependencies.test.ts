/** Each package that runs in the process has been decided on: a section with its licence and version, and none that is gone. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../../support/checkout.ts'
import { readDocument } from '../../support/documents.ts'

interface Manifest {
  readonly version: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}

const manifestOf = (...path: string[]): Manifest => JSON.parse(readFileSync(join(CHECKOUT, ...path, 'package.json'), 'utf8'))

const sections = new Map(
  readDocument('docs/adr/0005-dependencies.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
)

test('each runtime dependency has a section, and each section a dependency', () => {
  const names = [...sections.keys()].filter((name) => name !== 'The runtime')
  assert.deepEqual(names.sort(), Object.keys(manifestOf().dependencies).sort())
})

for (const [name, version] of Object.entries(manifestOf().dependencies)) {
  test(`${name} is as described`, () => {
    const section = (sections.get(name) ?? '').replace(/\s+/g, ' ')
    const installed = manifestOf('node_modules', name)
    const licence = installed.license.replace(/^\(|\)$/g, '')
    assert.ok(section.includes(`Licence ${licence}`), `its licence is ${licence}`)
    assert.ok(section.includes(version), `its version is ${version}`)
    assert.equal(installed.version, version)
    assert.deepEqual(
      Object.keys(installed.scripts ?? {}).filter((script) => /^(pre|post)?install$/.test(script)),
      [],
      'it has no install script',
    )
  })
}
