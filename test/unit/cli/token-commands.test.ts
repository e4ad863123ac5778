import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { servedGateway } from './served-gateway.ts'

it('token list says how many it does not show', async (t) => {
  const { run, store } = await servedGateway(t)
  const actor = { name: 'cli', fingerprint: null }
  const grant = { name: 'node', clearance: 'ValidUser', permissions: new Map(), lifetime: null } as const
  store.write(() => {
    for (let i = 0; i < 1_001; i++) store.tokens.create(grant, 3_600_000, actor)
  })
  const { stdout } = await run('token', 'list')
  assert.match(stdout, /^the newest 1000 of 1001; 'token remove ID' takes open ones back$/m)
  const [{ id = '' } = {}] = store.tokens.list().tokens
  await run('token', 'remove', id)
  assert.doesNotMatch((await run('token', 'list')).stdout, /the newest/)
})

it('token create gives the token alone to a pipe, and the rest beside', async (t) => {
  const { run, store } = await servedGateway(t)
  const { stdout, stderr } = await run('token', 'create', 'node', '--database', 'movies=Read')
  assert.match(stdout, /^cge_[\w-]+\n$/)
  assert.equal(store.tokens.check(stdout.trim()).name, 'node')
  assert.match(stderr, /^for +node \(ValidUser, movies=Read\)\nuntil +\S+\nid +\S+\n$/)
})

it('token create writes it to a new file of its owner, and what it cannot write is not good', async (t) => {
  const { run, store, cwd } = await servedGateway(t)
  const { stdout } = await run('token', 'create', 'node', '--out', 'folder/token')
  const file = join(cwd, 'folder/token')
  assert.equal(store.tokens.check(readFileSync(file, 'utf8').trim()).name, 'node')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.doesNotMatch(stdout, /cge_/)
  const again = await run('token', 'create', 'node', '--out', 'folder/token')
  assert.deepEqual([again.code, again.stdout], [1, ''])
  assert.match(again.stderr, /^certgate: folder\/token already exists$/m)
  assert.equal(store.tokens.list().total, 1)
})
