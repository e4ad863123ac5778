// The bench's load generator is C: whatever it does not count as a failure would make a broken proxy look fast.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { allowedProcessors } from '../../bench/lab/machine.ts'
import { createPki } from '../../bench/lab/pki.ts'
import { isInstalled } from '../../bench/lab/tools.ts'
import { buildLoad } from '../../bench/load/build.ts'
import { type Duration, Generator } from '../../bench/load/generator.ts'
import type { LoadResult } from '../../bench/load/result.ts'
import { absent } from '../support/outside-program.ts'

const headers = process.env.CERTGATE_TEST_REQUIRE_PROGRAMS === '1' || isInstalled('openssl/ssl.h')
const skip = absent('gcc', 'taskset') || (headers ? false : 'libssl-dev is not installed')

const folder = mkdtempSync(join(tmpdir(), 'certgate-load-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** However long a slow machine takes for them. */
const someAnswers: Duration = { seconds: 30, warmUp: 0, stopAfter: 20 }
/** Where no answer counts only time ends the run; what is under way then is still awaited. */
const moment: Duration = { seconds: 0.2, warmUp: 0 }

/** Loads a TLS server that answers every request with these pieces, each in a record of its own. */
async function load(t: TestContext, pieces: readonly string[], duration: Duration): Promise<LoadResult> {
  const { files, server } = await createPki(folder)
  const answer = (socket: TLSSocket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      for (const piece of pieces) socket.write(piece)
    })
  }
  const listener = createServer(server, answer)
  t.after(() => listener.close())
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const generator = new Generator(buildLoad(folder), allowedProcessors()[0] ?? 0, files, 2)
  return generator.run(port, [], { mode: 'keep-alive', path: '/' }, duration)
}

const good = {
  'a body by length, in pieces': ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r', '\nab', 'cde'],
  'an empty body': ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  'a chunked body, cut within its end': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0', '\r', '\n\r\n'],
}

for (const [name, pieces] of Object.entries(good)) {
  test(`${name} is one answer`, { skip }, async (t) => {
    const { requests, errors, not200 } = await load(t, pieces, someAnswers)
    assert.ok(requests > 0)
    assert.deepEqual({ errors, not200 }, { errors: 0, not200: 0 })
  })
}

const broken = {
  'a body longer than its length': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc'],
  'a body without framing': ['HTTP/1.1 200 OK\r\n\r\nabc'],
}

for (const [name, pieces] of Object.entries(broken)) {
  test(`${name} is an error and no answer`, { skip }, async (t) => {
    const { requests, errors } = await load(t, pieces, moment)
    assert.ok(errors > 0)
    assert.equal(requests, 0)
  })
}

test('an answer other than 200 is counted as such', { skip }, async (t) => {
  const { completed, not200, errors } = await load(t, ['HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'], someAnswers)
  assert.ok(completed > 0)
  assert.deepEqual({ not200, errors }, { not200: completed, errors: 0 })
})
