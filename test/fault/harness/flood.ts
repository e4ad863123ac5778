import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/authority.ts'
import { absent, run } from '../../support/outside-program.ts'
import type { FaultGateway } from './gateway.ts'
import { type FaultContext, Skipped } from './types.ts'

export interface Flooded {
  readonly asked: number
  readonly end: 'time' | 'closed'
}

export type Flood = (gateway: FaultGateway, kind: 'key-update' | 'renegotiate', seconds: number) => Promise<Flooded>

/** Compiles the flooding client; what it returns runs one against a gateway, with alice's certificate. */
export function buildFlood({ t }: Pick<FaultContext, 't'>): Flood {
  const missing = absent('gcc')
  if (missing !== false) throw new Skipped(missing)
  const { path, write } = temporaryFolder(t)
  const binary = join(path, 'flood')
  const source = join(import.meta.dirname, '../programs/flood.c')
  const { status, stderr } = spawnSync('gcc', ['-std=gnu17', '-O2', '-Wall', '-o', binary, source, '-lssl', '-lcrypto'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Skipped(`the flooding client does not compile: ${stderr}`)
  return async (gateway, kind, seconds) => {
    const [certificate, key] = [write('alice.crt', gateway.alice.chain), write('alice.key', gateway.alice.key)]
    const { code, text, stderr: said } = await run(binary, [`${gateway.port}`, certificate, key, kind, `${seconds}`])
    if (code !== 0) throw new Error(`the flooding client failed: ${said}`)
    return JSON.parse(text) as Flooded
  }
}
