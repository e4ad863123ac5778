import { resolve } from 'node:path'
import type { Terminal } from './command.ts'

export const DEFAULT_CONFIG = 'certgate.yml'

/** For whoever works on one gateway from anywhere; a flag goes before it. */
const VARIABLE = 'CERTGATE_CONFIG'

/** The configuration that a command is about: `--config`, else CERTGATE_CONFIG, else the one in the current folder. */
export function configFile(config: string | undefined, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>): string {
  return resolve(cwd, config ?? (env[VARIABLE] || DEFAULT_CONFIG))
}
