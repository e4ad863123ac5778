import { allowedProcessors } from '../../../bench/lab/machine.ts'
import { buildLoad } from '../../../bench/load/build.ts'
import { Generator } from '../../../bench/load/generator.ts'
import type { LoadResult } from '../../../bench/load/result.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { absent } from '../../support/outside-program.ts'
import type { FaultGateway } from './gateway.ts'
import { type FaultContext, Skipped } from './types.ts'

/** Compiled once for all faults of a run. */
let binary: string | null = null

/** The bench's load generator, as alice, for rates and numbers of connections that no script reaches beside a gateway. */
export function startGenerator({ t }: Pick<FaultContext, 't'>, gateway: FaultGateway, connections: number): Generator {
  const missing = absent('gcc', 'taskset')
  if (missing !== false) throw new Skipped(missing)
  binary ??= buildLoad(programFolder())
  const { write } = temporaryFolder(t)
  const files = { clientCertificate: write('alice.crt', gateway.alice.chain), clientKey: write('alice.key', gateway.alice.key) }
  return new Generator(binary, allowedProcessors().at(-1) ?? 0, files, connections)
}

function programFolder(): string {
  const { path, remove } = temporaryFolder()
  process.once('exit', remove)
  return path
}

/** Its counts as those of a fault: an error is a request that was lost, and so is any answer but 200. */
export function countsOf({ completed, errors, not200 }: LoadResult) {
  return { sent: completed + errors, answered: completed - not200, refused: 0, lost: errors + not200 }
}
