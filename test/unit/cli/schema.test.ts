import assert from 'node:assert/strict'
import { it } from 'node:test'
import { schemaCommand } from '../../../src/cli/schema.ts'
import { UsageError } from '../../../src/errors.ts'
import { testTerminal } from './terminal.ts'

it('certgate schema prints one JSON Schema, and takes no argument', async () => {
  const terminal = testTerminal()
  assert.equal(await schemaCommand.run([], terminal), 0)
  const schema = JSON.parse(terminal.stdout())
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
  assert.deepEqual(schema.required, ['listeners', 'upstreams', 'routes'])
  await assert.rejects(schemaCommand.run(['x'], terminal), UsageError)
})
