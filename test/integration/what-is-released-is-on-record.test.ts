// The promise: a certificate that anybody got is in the registry and in the audit log, whenever the process was killed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAdministeredGateway } from '../support/administered-gateway.ts'

test('a process that is killed while it issues has recorded all that it gave out', async (t) => {
  const gateway = await startAdministeredGateway(t)
  for (let round = 0; round < 3; round++) {
    const released: string[] = []
    const enough = Promise.withResolvers<void>()
    const client = async (number: number) => {
      for (let count = 0; ; count++) {
        const name = `client-${round}-${number}-${count}`
        const answer = await gateway.local('POST /api/v1/certificates', { name, clearance: 'ValidUser', format: 'json' })
        assert.equal(answer.status, 201)
        released.push(JSON.parse(answer.body.toString()).certificate.fingerprint)
        if (released.length >= 10) enough.resolve()
      }
    }
    // Each ends when the process does.
    const clients = [1, 2, 3, 4].map((number) => client(number).catch(() => {}))
    await enough.promise
    await gateway.program.kill()
    await Promise.all(clients)
    await gateway.restart()
    for (const fingerprint of released) {
      const answer = await gateway.local(`GET /api/v1/certificates/${fingerprint}`)
      assert.equal(answer.status, 200, fingerprint)
      const { history } = JSON.parse(answer.body.toString())
      assert.deepEqual(
        history.map(({ action }: { action: string }) => action),
        ['certificate.add'],
      )
    }
  }
})
