import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { refuseIfRunning } from '../control/already-running.ts'
import { runControl } from '../control/control.ts'
import { CertgateError, InputError } from '../errors.ts'
import { ADDRESS_FLAGS, ADDRESS_USAGE, type AddressFlags, checkAllFree, readAddresses } from './addresses.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { type DemoUpstream, startDemoUpstream } from './demo-upstream.ts'
import { serverNames } from './host-names.ts'
import { summary } from './init-summary.ts'
import { initialize } from './initialize.ts'
import { programName } from './program-name.ts'
import { shortPath } from './short-path.ts'
import { guide, guidedTo, leadsToDemo } from './start-guide.ts'
import { certgateVersion } from './version.ts'

const demoName = 'demo'

export const startCommand: Command = {
  name: 'start',
  summary: 'set up in data/ if needed, then serve in front of a small demo service',
  usage: `usage: certgate start [--dir DIR] [--listen ADDRESS] [--telemetry ADDRESS] [--admin ADDRESS]

The first time it makes what 'certgate init' makes; later it serves what is there. In front of a demo service that shows
the headers it receives, until upstreams.demo is no longer in the configuration. Prints a curl line that works.

      --dir DIR             where the configuration is or will be; default: data
${ADDRESS_USAGE}

examples:
  certgate start
  npm start -- --listen 127.0.0.1:8444
`,
  async run(args, terminal) {
    const { flags } = parseArguments('start', args, {
      dir: { type: 'string' },
      ...ADDRESS_FLAGS,
    })
    const folder = resolve(terminal.cwd, flags.dir ?? 'data')
    const file = join(folder, 'certgate.yml')
    const demo = existsSync(file) ? await resume(file, flags, terminal) : await setUp(folder, flags, terminal)
    try {
      return await runControl({
        source: { kind: 'file', file },
        version: certgateVersion(),
        out: (text) => terminal.out(text),
        started(gateway) {
          const settings = gateway.inForce?.snapshot.settings
          const isDemo = demo !== null && settings !== undefined && leadsToDemo(settings, demoName)
          const guided = guidedTo(gateway, isDemo ? 'demo' : 'unknown')
          if (guided !== null) terminal.out(guide(folder, guided, terminal))
        },
      })
    } finally {
      demo?.close()
    }
  },
}

/** Nothing is written before it is clear that it can be served: a port in use would otherwise be in the new configuration. */
async function setUp(folder: string, flags: AddressFlags, terminal: Terminal): Promise<DemoUpstream> {
  const addresses = readAddresses(flags)
  const start = terminal.env.npm_lifecycle_event === 'start' ? 'npm start --' : `${programName(terminal)} start`
  await checkAllFree(addresses, start)
  const demo = await startDemoUpstream()
  try {
    const names = serverNames([])
    const made = await initialize({
      folder,
      names,
      cwd: terminal.cwd,
      ...addresses,
      upstream: { name: demoName, target: `http://127.0.0.1:${demo.port}` },
    })
    terminal.out(`${summary(folder, names, made, terminal)}\n`)
    return demo
  } catch (error) {
    demo.close()
    throw error
  }
}

/** What was set up earlier is served as it is; null where its configuration no longer has the demo service. */
async function resume(file: string, flags: AddressFlags, terminal: Terminal): Promise<DemoUpstream | null> {
  const name = shortPath(file, terminal.cwd)
  const surplus = (['listen', 'telemetry', 'admin'] as const).find((flag) => flags[flag] !== undefined)
  if (surplus !== undefined)
    throw new InputError(`--${surplus} is for a new configuration, and ${name} exists`, { hint: 'change the address there' })
  const { settings } = loadConfig(file, { env: terminal.env })
  // Else the port of its demo service would seem to be what is in the way.
  await refuseIfRunning(settings)
  const [target] = settings.upstreams.get(demoName)?.targets ?? []
  if (target?.kind !== 'tcp' || target.tls || target.host !== '127.0.0.1') return null
  try {
    return await startDemoUpstream(target.port)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    const why = code === 'EADDRINUSE' ? 'another program already listens there' : code
    throw new CertgateError('address_unavailable', `cannot start the demo service on 127.0.0.1:${target.port}: ${why}`, {
      cause,
      hint: `change upstreams.demo in ${name}`,
    })
  }
}
