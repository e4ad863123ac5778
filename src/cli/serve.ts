import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { settingsFromFlags } from '../config/flags.ts'
import { runControl } from '../control/control.ts'
import type { ConfigurationSource } from '../control/loading/load.ts'
import { UsageError } from '../errors.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { configFile } from './config-file.ts'
import { cannotRead } from './named-file.ts'
import { certgateVersion } from './version.ts'

const quickFlags = {
  listen: { type: 'string' },
  upstream: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  pfx: { type: 'string' },
  'password-file': { type: 'string' },
  'client-ca': { type: 'string', multiple: true },
  crl: { type: 'string', multiple: true },
  'allow-cn': { type: 'string', multiple: true },
  'allow-dn': { type: 'string', multiple: true },
  'allow-ou': { type: 'string', multiple: true },
  'allow-all': { type: 'boolean' },
  telemetry: { type: 'string' },
} as const

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run the gateway',
  usage: `usage: certgate serve [--config FILE]
       certgate serve --listen ADDRESS --upstream URL --cert FILE --key FILE --client-ca FILE (--allow-cn NAME)...

Prints 'certgate: ready on https://ADDRESS' per listener once it accepts. SIGHUP, 'certgate reload' and every change of a file that
decides something take up a new configuration without cutting off anybody; one with problems changes nothing. SIGTERM lets what
runs finish (limits.drain), a second one more than 500 ms later does not.

  -c, --config FILE          default: certgate.yml

instead of a configuration:
      --listen ADDRESS       HOST:PORT
      --upstream URL         http://, https:// or unix:/path
      --cert FILE            server certificate and its chain, PEM
      --key FILE             its private key, PEM
      --pfx FILE             both in one PKCS#12 file
      --password-file FILE   holds the password of the key or the PFX file
      --client-ca FILE       CA whose client certificates are trusted, PEM; may be repeated
      --crl FILE             its revocation list; may be repeated
      --allow-cn NAME        common name that may pass, exact or a pattern; may be repeated
      --allow-dn DN          the same for whole DNs ('certgate dn FILE' prints one)
      --allow-ou UNIT        the same for organisational units
      --allow-all            every certificate under the CA may pass
      --telemetry ADDRESS    HOST:PORT of /metrics, /healthz and /readyz

examples:
  certgate serve
  certgate serve --config /etc/certgate/certgate.yml
  certgate serve --listen 0.0.0.0:8443 --upstream http://127.0.0.1:9100 --cert s.crt --key s.key --client-ca ca.crt --allow-cn prometheus
`,
  async run(args, terminal) {
    const source = sourceOf(args, terminal)
    return runControl({ source, version: certgateVersion(), out: (text) => terminal.out(text) })
  },
}

function sourceOf(args: readonly string[], terminal: Terminal): ConfigurationSource {
  const { flags } = parseArguments('serve', args, { config: { type: 'string', short: 'c' }, ...quickFlags })
  const { config, ...quick } = flags
  const given = Object.entries(quick).find(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false,
  )
  if (given === undefined) return { kind: 'file', file: configFile(config, terminal) }
  if (config !== undefined) throw new UsageError(`--config and --${given[0]} exclude each other`, 'write it into the configuration instead')
  return {
    kind: 'flags',
    config: settingsFromFlags({
      directory: terminal.cwd,
      listen: flags.listen,
      upstream: flags.upstream,
      cert: flags.cert,
      key: flags.key,
      pfx: flags.pfx,
      password: flags['password-file'] === undefined ? undefined : passwordFrom(flags['password-file'], terminal.cwd),
      clientCa: flags['client-ca'],
      crl: flags.crl,
      allowCn: flags['allow-cn'],
      allowDn: flags['allow-dn'],
      allowOu: flags['allow-ou'],
      allowAll: flags['allow-all'],
      telemetry: flags.telemetry,
    }),
  }
}

/** Its final line end is not part of it. A pipe is read too. */
function passwordFrom(name: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, name), 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw cannotRead(name, error)
  }
}
