import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askReload } from '../../src/control/administration/admin-client.ts'
import type { Gateway } from './gateway.ts'
import type { RawClient } from './raw-client.ts'
import type { RecordedRequest } from './recording-upstream.ts'

/** More often than it takes: a head is read twice, recognised from the third time on, and settled from the fourth. */
export const TIMES = 6

/** A recorded head but for the id that each request has of its own. */
export const withoutId = ({ head }: RecordedRequest): string => head.replace(/^X-Request-Id: [0-9a-f]{28}\r\n/m, '')

/** Sends the same bytes so often, each after the answer to the last; what reached the upstream, which has to be the same each time. */
export async function repeat(gateway: Gateway, client: RawClient, text: string, times = TIMES): Promise<readonly RecordedRequest[]> {
  const { upstream } = gateway
  upstream.reset()
  for (let i = 1; i <= times; i++) {
    assert.equal((await client.ask(text)).status, 200, `time ${i}`)
    assert.equal(upstream.requests.length, i)
    assert.equal(withoutId(upstream.requests[i - 1]), withoutId(upstream.requests[0]), `time ${i}`)
  }
  return [...upstream.requests]
}

/** Writes one of the configured files and waits until it is in force, whoever noticed it first. */
export async function reload(gateway: Gateway, file: string, text: string): Promise<void> {
  writeFileSync(join(gateway.folder, file), text)
  const { outcome, message } = await askReload(join(gateway.folder, 'admin.sock'), false)
  assert.notEqual(outcome, 'failed', message)
}

/** Changes a part of the configuration that has to be there. */
export async function reconfigure(gateway: Gateway, from: string, to: string): Promise<void> {
  const text = readFileSync(gateway.configFile, 'utf8')
  assert.ok(text.includes(from), from)
  await reload(gateway, 'certgate.yml', text.replace(from, to))
}

/** The value of a metric, by a pattern that captures it; 0 where it is not there. */
export async function metricOf(gateway: Gateway, pattern: RegExp): Promise<number> {
  const [telemetry] = await gateway.program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  const text = await (await fetch(`${telemetry}/metrics`)).text()
  return Number(pattern.exec(text)?.[1] ?? 0)
}
