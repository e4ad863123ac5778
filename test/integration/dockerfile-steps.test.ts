/**
 * The Dockerfile's own steps, performed in empty folders, give an image that serves: not as root, with nothing to write to but /data,
 * without the tools that built it, and ended by SIGTERM.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import { temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { parseDockerfile, performSteps, type Stage, sentToBuilder } from '../support/dockerfile.ts'
import { HttpsClient } from '../support/https-client.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const instructions = parseDockerfile(readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8'))
const sent = sentToBuilder(readFileSync(join(CHECKOUT, '.dockerignore'), 'utf8'))
/** Stands in for the base image's PATH. */
const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`
const isRoot = process.getuid?.() === 0
const lifetime = fileLifetime()

describe('the image', () => {
  const folder = temporaryFolder(lifetime).path
  let image: Stage
  let skip: string | false = false

  before(() => {
    chmodSync(folder, 0o755)
    skip = whyNot()
    if (skip !== false) return
    assert.ok(sent !== null, '.dockerignore lets through only what it names')
    image = performSteps(instructions, { folder, context: CHECKOUT, path, sent }).at(-1) as Stage
    // Where the test is not root, the files are its own: take the right to write away, as the read-only root file system does.
    forEachEntry(join(image.root, 'app'), (entry) => chmodSync(entry, statSync(entry).mode & 0o555))
    lifetime.after(() => forEachEntry(join(image.root, 'app'), (entry) => chmodSync(entry, statSync(entry).mode | 0o200)))
  })

  it('is not root, writes to /data only and gets signals', (t) => {
    if (skip !== false) return t.skip(skip)
    assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/, 'a number other than 0, which Kubernetes can check')
    assert.deepEqual(image.volumes, ['/data'])
    assert.deepEqual(image.entrypoint, ['/app/bin/certgate'])
    assert.match(image.image, /^node:26(-|$)/)
    assert.doesNotMatch(image.image, /alpine/, 'prebuilt binaries are for glibc')
  })

  it('holds what runs and nothing that built it', (t) => {
    if (skip !== false) return t.skip(skip)
    const app = join(image.root, 'app')
    assert.deepEqual(readdirSync(app).sort(), ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json'])
    const manifest: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
    const has = (name: string) => existsSync(join(app, 'node_modules', name))
    assert.deepEqual(
      Object.keys(manifest.dependencies ?? {}).filter((name) => !has(name)),
      [],
    )
    assert.deepEqual([...Object.keys(manifest.devDependencies ?? {}), ...Object.keys(manifest.optionalDependencies ?? {})].filter(has), [])
    const bcrypt = readdirSync(join(app, 'node_modules/@node-rs')).filter((name) => name.startsWith('bcrypt-'))
    assert.ok(bcrypt.length > 0, 'the prebuilt binary of bcrypt is there')
  })

  it('sets up, serves a request, is healthy, and ends on SIGTERM', async (t) => {
    if (skip !== false) return t.skip(skip)
    const upstream = await RecordingUpstream.start(t)
    const before = listing(join(image.root, 'app'))
    const data = join(image.root, 'data')
    const init = run(image, [...image.entrypoint, 'init', '--dir', '/data', '--upstream', `http://127.0.0.1:${upstream.port}`])
    assert.equal(init.status, 0, init.stderr)
    const file = join(data, 'certgate.yml')
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('0.0.0.0:8443', '127.0.0.1:0')
        .replace(/127\.0\.0\.1:94(43|64)/g, '127.0.0.1:0'),
    )

    const [entry = '', ...args] = commandLine(image, [...image.entrypoint, ...image.command])
    const program = await startProgram({ entry, args, cwd: data, env: environment(image) }, t)
    const read = (name: string) => readFileSync(join(data, name))
    const credentials = { cert: read('clients/admin.crt'), key: read('clients/admin.key') }
    const client = new HttpsClient(`https://localhost:${program.port}`, read('ca/ca.crt'), credentials)
    t.after(() => client.close())
    const answer = await client.ask('/hello')
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(upstream.requests[0]?.values('x-forwarded-user'), ['admin'])

    if (isRoot) assert.match(readFileSync(`/proc/${program.pid}/status`, 'utf8'), /^Uid:\t1000\t1000\t1000\t1000$/m)
    const health = run(image, image.healthcheck)
    assert.equal(health.status, 0, health.stderr)

    assert.deepEqual(await program.stop(), { code: 0, signal: null })
    assert.equal(run(image, image.healthcheck).status, 1, 'without certgate it is not healthy')
    assert.deepEqual(listing(join(image.root, 'app')), before, 'nothing was written beside the program')
  })

  it('checks bcrypt passwords', (t) => {
    if (skip !== false) return t.skip(skip)
    const hash = run(image, [...image.entrypoint, 'users', 'hash'], 'correct horse\n')
    assert.equal(hash.status, 0, hash.stderr)
    assert.match(hash.stdout, /^\$2[aby]\$/)
  })
})

/** Runs a command as the image's user would in the image. */
function run(image: Stage, words: readonly string[], input = '') {
  const [command = '', ...args] = commandLine(image, words)
  return spawnSync(command, args, {
    cwd: join(image.root, image.workdir),
    env: environment(image) as NodeJS.ProcessEnv,
    input,
    encoding: 'utf8',
    timeout: 60_000,
  })
}

/** Paths of the image become those of the folder that stands in for it. */
function commandLine(image: Stage, words: readonly string[]): string[] {
  const mapped = words.map((word) => (/^\/(app|data)(\/|$)/.test(word) ? join(image.root, word) : word))
  const [user = '', group = ''] = image.user.split(':')
  return isRoot ? ['setpriv', '--reuid', user, '--regid', group, '--clear-groups', '--no-new-privs', ...mapped] : mapped
}

/** No folder to keep compiled code in, as on a read-only root file system. */
function environment(image: Stage): Record<string, string | undefined> {
  return { ...image.env, PATH: path, HOME: '/nonexistent', XDG_CACHE_HOME: undefined, NODE_COMPILE_CACHE: undefined }
}

function whyNot(): string | false {
  const without = isRoot ? absent('setpriv') : false
  if (without !== false) return without
  const ping = spawnSync('npm', ['view', 'js-yaml', 'version'], { env: { ...process.env, PATH: path }, timeout: 30_000 })
  return ping.status === 0 ? false : 'the package registry cannot be reached'
}

function forEachEntry(folder: string, act: (entry: string) => void): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name)
    if (entry.isSymbolicLink()) continue
    if (entry.isDirectory()) forEachEntry(file, act)
    act(file)
  }
  act(folder)
}

function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}
