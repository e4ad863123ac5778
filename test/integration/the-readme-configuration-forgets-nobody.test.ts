/**
 * The README's "A database with a certificate lock" has neither `store` nor `admin`. Put in the place of what init wrote, it uses the registry
 * that is there: who was revoked stays so, and who is revoked while it runs is refused at once, by the socket beside the store.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { blocksOf, readDocument } from '../support/documents.ts'
import { HttpsClient } from '../support/https-client.ts'
import { run } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const blocks = blocksOf(readDocument('README.md'))
const block = (kind: string) => blocks.find((one) => one.kind === kind)?.text ?? assert.fail(kind)

test('with the configuration of the README, whoever was or is revoked is refused', async (t) => {
  const { path: folder } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const certgate = async (...words: string[]) => {
    const { code, text, stderr } = await run(join(CHECKOUT, 'bin/certgate'), words, { cwd: folder })
    assert.equal(code, 0, stderr)
    return text + stderr
  }
  await certgate('init', '--yes', '--name', 'localhost')
  for (const name of ['CLIENT1', 'frank']) await certgate('cert', 'generate', name, '--no-password')
  await certgate('cert', 'revoke', 'CLIENT1')
  const text = block('certgate.yml').replace('0.0.0.0:8443', '127.0.0.1:0').replace('http://127.0.0.1:9200', upstream.url)
  assert.doesNotMatch(text, /^(store|admin):/m)
  writeFileSync(join(folder, 'certgate.yml'), `${text}\nworkers: 1\n`)
  writeFileSync(join(folder, 'roles_mapping.yml'), block('roles_mapping.yml').replace('[CLIENT1]', '[CLIENT1, frank]'))
  assert.match(await certgate('check'), /is fine/)

  const program = await startProgram({ config: join(folder, 'certgate.yml') }, t)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const ask = async (name: string) => {
    const pair = { cert: read(`${name}/${name}.crt`), key: read(`${name}/${name}.key`) }
    const client = new HttpsClient(`https://localhost:${program.port}`, read('ca/ca.crt'), pair)
    t.after(() => client.close())
    return client.ask('/movies/1')
  }
  assert.match((await ask('CLIENT1')).text, /certificate_revoked/)
  assert.equal((await ask('frank')).status, 200)
  assert.equal(statSync(join(folder, 'admin.sock')).mode & 0o777, 0o600)
  assert.doesNotMatch(await certgate('cert', 'revoke', 'frank'), /restart|not running|stopped/)
  assert.match((await ask('frank')).text, /certificate_revoked/)
  assert.match(await certgate('cert', 'list'), /^admin +ClusterAdmin /m)
  assert.match(await certgate('audit', 'list'), /certificate\.revoke/)
  assert.equal(existsSync(join(folder, 'data')), false)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.db')),
    ['certgate.db'],
  )
})
