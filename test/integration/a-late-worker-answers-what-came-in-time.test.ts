/**
 * The promise: a request that was sent before its connection's time ran out is answered, also by a worker that was held up meanwhile. It
 * reads what has come before it looks who is late.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { childrenOf } from '../support/activation.ts'
import { get, startGateway } from '../support/gateway.ts'

test('a worker that was stopped', { skip: process.platform !== 'linux' && 'it looks into /proc' }, async (t) => {
  const gateway = await startGateway(t, { limits: '{ keepalive: 1s }' })
  const clients = await Promise.all(Array.from({ length: 8 }, () => gateway.connect()))
  const [worker = 0] = childrenOf(gateway.program.pid)
  await Promise.all(clients.map((client) => client.ask(get('/first'))))
  process.kill(worker, 'SIGSTOP')
  const answers = clients.map((client) => client.ask(get('/second')))
  // It is the fault itself: longer than a connection may be idle.
  await delay(2_000)
  process.kill(worker, 'SIGCONT')
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
})
