import { resolve } from 'node:path'
import { loadConfiguration } from '../control/loading/load.ts'
import { ConfigError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { Terminal } from './command.ts'

/** What serve would run with; `config` is certgate.yml where absent. Throws ConfigError with every problem where it would not start. */
export async function loadSnapshot(config: string | undefined, terminal: Pick<Terminal, 'cwd'>): Promise<Snapshot> {
  const result = await loadConfiguration({ kind: 'file', file: resolve(terminal.cwd, config ?? 'certgate.yml') })
  if (!result.ok) throw new ConfigError(result.problems)
  return result.snapshot
}
