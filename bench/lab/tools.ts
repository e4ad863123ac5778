import { spawnSync } from 'node:child_process'
import { BenchError } from './errors.ts'

/** Programs and headers outside of npm, and the Debian packages they come in. */
const PACKAGES = {
  taskset: 'util-linux',
  nginx: 'nginx',
  gcc: 'gcc',
  'openssl/ssl.h': 'libssl-dev',
  haproxy: 'haproxy',
  caddy: 'caddy',
} as const

/** Debian keeps servers where the PATH of a user does not reach: call before anything is looked up or started. */
export function extendPath(): void {
  process.env.PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin']
    .filter((part) => part !== undefined && part !== '')
    .join(':')
}

export type Tool = keyof typeof PACKAGES

/** Whether a program can be started at all; for the header, whether gcc finds it. */
export function isInstalled(tool: Tool | 'setpriv'): boolean {
  if (tool === 'openssl/ssl.h') {
    return (
      spawnSync('gcc', ['-E', '-x', 'c', '-'], { input: '#include <openssl/ssl.h>\n', stdio: ['pipe', 'ignore', 'ignore'] }).status === 0
    )
  }
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined
}

export function missingTools(tools: readonly Tool[]): Tool[] {
  return tools.filter((tool) => !isInstalled(tool))
}

/** Throws BenchError that names everything missing at once, and what to install. */
export function requireTools(tools: readonly Tool[]): void {
  const missing = missingTools(tools)
  if (missing.length > 0) throw new BenchError(`not installed: ${missing.join(', ')}`, installHint(missing))
}

export function installHint(tools: readonly Tool[]): string {
  return `apt-get install ${[...new Set(tools.map((tool) => PACKAGES[tool]))].join(' ')}`
}

/** What a program says when asked for its version, on either stream. */
export function versionOutput(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  return `${stdout ?? ''}${stderr ?? ''}`
}
