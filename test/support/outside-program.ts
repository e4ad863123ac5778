import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, chownSync, constants, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { temporaryFolder } from './authority.ts'
import { CHECKOUT } from './checkout.ts'
import { eventually } from './eventually.ts'
import type { Lifetime } from './lifetime.ts'

/** Debian keeps servers where the PATH of a user does not reach. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter((folder) => folder !== '')

/** Where a program is; null: it is not installed. */
export function locate(name: string): string | null {
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not here.
    }
  }
  return null
}

/** CI sets it: a program that .ci/install should have brought and did not is a failure there, not a skipped test. */
const required = process.env.CERTGATE_TEST_REQUIRE_PROGRAMS === '1'

/** For `skip:` of a test: which of the programs it needs are not installed; false: all are. */
export function absent(...names: readonly string[]): string | false {
  const missing = names.filter((name) => locate(name) === null)
  if (missing.length === 0 || required) return false
  return `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
}

/** Where .ci/install puts the Python packages that no release of Debian has. */
export const PYTHON_PACKAGES = join(CHECKOUT, 'test/audit/python')

const pythons = new Map<string, string | null>()

/** A Python that has this module: the one on the PATH, or the system's. What .ci/install brought counts. */
export function pythonWith(module: string): string | null {
  const known = pythons.get(module)
  if (known !== undefined) return known
  const env = { ...process.env, PYTHONPATH: PYTHON_PACKAGES }
  const found =
    [locate('python3'), '/usr/bin/python3'].find(
      (candidate) => candidate !== null && spawnSync(candidate, ['-c', `import ${module}`], { env }).status === 0,
    ) ?? null
  pythons.set(module, found)
  return found
}

/** For `skip:`, as `absent`. */
export function absentPython(module: string): string | false {
  return pythonWith(module) !== null || required ? false : `python3 with the module ${module} is not installed`
}

export interface OutsideOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Run it as `nobody` where the tests run as root. */
  readonly unprivileged?: boolean
}

export interface OutsideServer {
  readonly pid: number
  /** What it wrote on both streams so far. */
  readonly output: () => string
  stop(): Promise<void>
}

const NOBODY = 65534
const isRoot = process.getuid?.() === 0
const running = new Set<ChildProcess>()

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** With setpriv the system ends the program when the test process is gone, however that came about. */
function launch(command: string, args: readonly string[], unprivileged: boolean): [string, string[]] {
  const path = locate(command) ?? command
  const setpriv = process.platform === 'linux' ? locate('setpriv') : null
  if (setpriv === null) return [path, [...args]]
  const user = unprivileged && isRoot ? ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'] : []
  return [setpriv, [...user, '--pdeathsig', 'KILL', path, ...args]]
}

/** Starts a server and resolves once `ready` says so; rejects with all that it said if it ends before, or takes too long. */
export async function startOutside(
  t: Lifetime,
  command: string,
  args: readonly string[],
  options: OutsideOptions & { readonly ready: () => Promise<boolean>; readonly timeout?: number },
): Promise<OutsideServer> {
  const [file, list] = launch(command, args, options.unprivileged === true)
  const child = spawn(file, list, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1')
    })
  }
  let why: string | null = null
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      running.delete(child)
      why ??= reason
      resolve()
    }
    child.once('error', (error) => end(error.message))
    child.once('close', (code, signal) => end(`it ended with ${signal ?? code}`))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(timer)
  }
  t.after(stop)
  const readyOrEnded = async () => {
    if (why !== null) return true
    return options.ready()
  }
  try {
    await eventually(`${command} being ready`, readyOrEnded, options.timeout ?? 60_000)
  } catch (error) {
    why = String(error)
  }
  if (why !== null) throw new Error(`${command} did not start: ${why}; it said:\n${output.slice(-4_000)}`)
  return { pid: child.pid ?? 0, output: () => output, stop }
}

export interface Finished {
  readonly code: number | null
  readonly stdout: Buffer
  readonly text: string
  readonly stderr: string
}

/** Runs a program to its end; rejects when it takes longer than `timeout` (60 s). */
export function run(
  command: string,
  args: readonly string[],
  options: OutsideOptions & { readonly input?: string | Buffer; readonly timeout?: number } = {},
): Promise<Finished> {
  const [file, list] = launch(command, args, options.unprivileged === true)
  const { promise, resolve, reject } = Promise.withResolvers<Finished>()
  const child = spawn(file, list, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  // A program that ends without reading all of its input is judged by its exit code.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    reject(new Error(`${command} ${args.join(' ')} took too long; it said: ${Buffer.concat(err).toString()}`))
  }, options.timeout ?? 60_000)
  child.once('error', reject)
  child.once('close', (code) => {
    clearTimeout(timer)
    running.delete(child)
    const stdout = Buffer.concat(out)
    resolve({ code, stdout, text: stdout.toString(), stderr: Buffer.concat(err).toString() })
  })
  return promise
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** A folder that a server run with `unprivileged` may write to. */
export function unprivilegedFolder(t: Lifetime): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder(t)
  if (!isRoot) return folder
  chownSync(folder.path, NOBODY, NOBODY)
  return {
    ...folder,
    write(name, content) {
      const file = folder.write(name, content)
      chownSync(file, NOBODY, NOBODY)
      return file
    },
  }
}
