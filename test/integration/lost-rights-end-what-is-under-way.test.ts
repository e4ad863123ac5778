/** Rights are those of the moment in which an answer is given, not of the moment in which a request began. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { openStore } from '../../src/store/store.ts'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { CLI } from '../support/registry-store.ts'

/** A connection to the admin address by hand: the end of what came so far, and the promise of what is waited for. */
async function open({ adminPort, ca }: AdministeredGateway, { cert, key }: Client) {
  const socket = connect({ host: '127.0.0.1', port: adminPort, servername: 'localhost', ca, cert, key })
  let seen = ''
  const looks: (() => void)[] = []
  const look = () => {
    for (const one of looks) one()
  }
  let isOver = false
  socket.on('data', (part) => {
    seen = `${seen}${part}`.slice(-65_536)
    look()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isOver = true
    look()
  })
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve))
  const until = (what: RegExp | 'over') =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        if (what === 'over' ? isOver : what.test(seen)) resolve(seen)
        else if (isOver) reject(new Error(`it ended before ${what}: ${seen.slice(0, 500)}`))
      }
      looks.push(check)
      check()
    })
  return { socket, until }
}

test('a request whose body comes slowly is answered by the rights that are left when it is there', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const operator = await gateway.make('operator', 'Operator')
  const { socket, until } = await open(gateway, operator)
  socket.write('GET /api/v1/certificates HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
  // The head was read, and who asks was looked at.
  await until(/100 Continue/)
  socket.write(' ')
  const lowered = await gateway.local(`PATCH /api/v1/certificates/${operator.fingerprint}`, { clearance: 'ValidUser' })
  assert.equal(lowered.status, 200)
  socket.write(' ')
  assert.match(await until(/\r\n\r\n\{.*\}/s), /HTTP\/1\.1 403 [\s\S]*clearance_too_low/)
  socket.destroy()
})

test('a long export that is read slowly is broken off, and does not pass for whole', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const operator = await gateway.make('operator', 'Operator')
  const store = openStore(join(gateway.folder, 'certgate.db'))
  const filler = 'x'.repeat(10_000)
  store.write(() => {
    for (let i = 0; i < 2_000; i++) store.audit.append({ action: 'test.filler', target: null, details: { filler } }, CLI)
  })
  store.close()
  const { socket, until } = await open(gateway, operator)
  socket.write('GET /api/v1/audit/export HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(/test\.filler/)
  socket.pause()
  const lowered = await gateway.local(`PATCH /api/v1/certificates/${operator.fingerprint}`, { clearance: 'ValidUser' })
  assert.equal(lowered.status, 200)
  socket.resume()
  assert.doesNotMatch(await until('over'), /\r\n0\r\n\r\n$/)
})
