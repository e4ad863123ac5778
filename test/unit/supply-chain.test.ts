/** Whoever installs certgate can tell what is in it: pinned packages, a bill of materials that names each, provenance when it is published. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { load } from 'js-yaml'
import { CHECKOUT } from '../support/checkout.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly files: readonly string[]
  readonly publishConfig: { readonly provenance: boolean; readonly access: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

interface Component {
  readonly 'bom-ref': string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses?: readonly unknown[]
}

interface Bom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Workflow {
  readonly permissions: unknown
  readonly jobs: Readonly<Record<string, { readonly permissions?: unknown; readonly steps: readonly Step[] }>>
}

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly run?: string
}

interface Locked {
  readonly version: string
  readonly dev?: boolean
}

const parse = (name: string) => JSON.parse(readFileSync(join(CHECKOUT, name), 'utf8'))
const manifest: Manifest = parse('package.json')
const lock: { packages: Readonly<Record<string, Locked>> } = parse('package-lock.json')

test('every dependency is pinned to one version', () => {
  const all = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies }
  for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+$/, name)
})

test('publishing says where the package was built, and nothing runs where it is installed', () => {
  assert.deepEqual(manifest.publishConfig, { access: 'public', provenance: true })
  assert.deepEqual(
    Object.keys(manifest.scripts).filter((script) => /^(pre|post)?(install|prepare)$/.test(script)),
    [],
  )
})

test('the package is made of what is named, and of neither tests nor continuous integration', () => {
  for (const name of manifest.files) assert.doesNotMatch(name, /^(\.|\*|test|bench|src|data|node_modules)/)
})

test('workflows run actions of one commit each, with no right that they do not need, and keep no token', () => {
  const folder = join(CHECKOUT, '.github', 'workflows')
  const files = readdirSync(folder)
  assert.deepEqual(files.sort(), ['release.yml', 'test.yml'])
  for (const file of files) {
    const workflow = load(readFileSync(join(folder, file), 'utf8')) as Workflow
    assert.deepEqual(workflow.permissions, { contents: 'read' }, file)
    for (const { steps, permissions = {} } of Object.values(workflow.jobs)) {
      if (file !== 'release.yml') assert.deepEqual(permissions, {}, file)
      for (const { uses, with: given, run } of steps) {
        assert.ok(uses === undefined || /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses), `${file}: ${uses}`)
        if (uses?.startsWith('actions/checkout@')) assert.equal(given?.['persist-credentials'], false, file)
        // What a branch or a tag is called must not become a command.
        assert.doesNotMatch(run ?? '', /\$\{\{/, file)
      }
    }
  }
})

describe('the bill of materials', () => {
  let bom: Bom
  before(() => {
    const out = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: CHECKOUT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    bom = JSON.parse(out)
  })

  test('is CycloneDX, and whole in itself', () => {
    assert.equal(bom.bomFormat, 'CycloneDX')
    assert.match(bom.specVersion, /^1\.\d$/)
    assert.match(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.equal(bom.metadata.component.purl, `pkg:npm/certgate@${manifest.version}`)
    const known = new Set([bom.metadata.component, ...bom.components].map((one) => one['bom-ref']))
    assert.equal(known.size, bom.components.length + 1)
    for (const { ref, dependsOn } of bom.dependencies) for (const name of [ref, ...dependsOn]) assert.ok(known.has(name), name)
  })

  test('tells of each part what it is, its licence, and the hash of what was installed', () => {
    for (const one of bom.components) {
      assert.match(one.purl, /^pkg:npm\/.+@\d/)
      assert.ok((one.licenses ?? []).length > 0, `${one.name} has no licence`)
      const [hash] = one.hashes ?? []
      assert.equal(hash?.alg, 'SHA-512', one.name)
      assert.match(hash?.content ?? '', /^[0-9a-f]{128}$/)
    }
  })

  test('names every package that runs, with its version, and none that only tests', () => {
    const told = new Set(bom.components.map(({ name, version }) => `${name}@${version}`))
    const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    for (const [name, version] of Object.entries(manifest.dependencies)) assert.ok(told.has(`${name}@${version}`), name)
    for (const [path, { version, dev }] of Object.entries(lock.packages)) {
      // What was not installed here is for another platform.
      if (path === '' || dev !== true) continue
      const runs = Object.entries(lock.packages).some(
        ([other, one]) => one.dev !== true && nameOf(other) === nameOf(path) && one.version === version,
      )
      if (!runs) assert.ok(!told.has(`${nameOf(path)}@${version}`), `${path} is for development`)
    }
  })
})
