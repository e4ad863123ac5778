// With src/tls/openssl.cnf a TLS 1.3 handshake gives out one session ticket instead of two, and that one resumes.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createAuthority, temporaryFolder } from '../support/authority.ts'

const run = promisify(execFile)
const config = fileURLToPath(new URL('../../src/tls/openssl.cnf', import.meta.url))

const program = `
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:tls'
const [cert, key] = process.argv.slice(1).map((file) => readFileSync(file))
const server = createServer({ cert, key }, (socket) => socket.end('x'))
server.listen(0, '127.0.0.1', () => dial(undefined, (first) => dial(first.at(-1), (second, resumed) => {
  console.log(JSON.stringify({ tickets: first.length, resumed }))
  server.close()
})))
function dial(session, done) {
  const sessions = []
  const socket = connect({ port: server.address().port, host: '127.0.0.1', rejectUnauthorized: false, session, minVersion: 'TLSv1.3' })
  socket.on('session', (ticket) => sessions.push(ticket))
  socket.resume()
  let resumed = false
  socket.on('secureConnect', () => { resumed = socket.isSessionReused() })
  socket.on('close', () => done(sessions, resumed))
}
`

async function tickets(t: { after(callback: () => void): void }, flags: readonly string[]): Promise<unknown> {
  const folder = temporaryFolder(t)
  const issued = await (await createAuthority('root')).server()
  const files = [folder.write('server.crt', issued.certificate), folder.write('server.key', issued.key)]
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '--eval', program, ...files])
  return JSON.parse(stdout)
}

test('one ticket with the configuration file, two without', async (t) => {
  assert.deepEqual(await tickets(t, [`--openssl-config=${config}`]), { tickets: 1, resumed: true })
  assert.deepEqual(await tickets(t, []), { tickets: 2, resumed: true })
})
