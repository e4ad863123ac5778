import { parseAddress } from '../config/address.ts'
import type { Address } from '../config/settings.ts'
import { InvalidValue } from '../config/shape.ts'
import { bind, formatAddress } from '../control/listening/sockets.ts'
import { CertgateError, UsageError } from '../errors.ts'

/** Where a new configuration listens. */
export const ADDRESS_FLAGS = { listen: { type: 'string' }, telemetry: { type: 'string' }, admin: { type: 'string' } } as const

export const ADDRESS_USAGE = `      --listen ADDRESS      HOST:PORT to write into a new configuration; default: 0.0.0.0:8443
      --telemetry ADDRESS   the same for metrics and health; default: 127.0.0.1:9464
      --admin ADDRESS       the same for administration; default: 127.0.0.1:9443,
                            or a free port where --listen takes one`

const NAMES = ['listen', 'telemetry', 'admin'] as const
type Name = (typeof NAMES)[number]

export type AddressFlags = Readonly<Record<Name, string | undefined>>
/** As they stand in a configuration. */
export type Addresses = Readonly<Record<Name, string>>

/** Throws UsageError. */
export function readAddresses(flags: AddressFlags): Addresses {
  const listen = addressOf('--listen: ', flags.listen ?? '0.0.0.0:8443')
  const telemetry = addressOf('--telemetry: ', flags.telemetry ?? '127.0.0.1:9464')
  const admin = addressOf('--admin: ', flags.admin ?? (listen.port === 0 ? '127.0.0.1:0' : '127.0.0.1:9443'))
  refuseShared(listen, telemetry, 'telemetry')
  refuseShared(listen, admin, 'administration')
  refuseShared(telemetry, admin, 'administration')
  return { listen: printed(listen), telemetry: printed(telemetry), admin: printed(admin) }
}

/** `serve` would refuse the configuration, and it would be written by then. */
function refuseShared(one: Address, other: Address, what: string): void {
  const everywhere = [one, other].some(({ host }) => host === '0.0.0.0' || host === '::')
  if (one.port === 0 || one.port !== other.port || (one.host !== other.host && !everywhere)) return
  throw new UsageError(`${printed(one)} takes the port of ${what} (${printed(other)})`, 'choose another')
}

/** Throws UsageError, which begins with `what`. */
export function addressOf(what: string, text: string): Address {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof InvalidValue) throw new UsageError(`${what}${error.message}`, error.hint)
    throw error
  }
}

/** To be called before anything is written: a port in use would otherwise be in the new configuration. Throws `address_unavailable`. */
export async function checkAllFree(addresses: Addresses, command: string): Promise<void> {
  const taken: { readonly error: CertgateError; readonly flag: string }[] = []
  for (const name of NAMES) {
    const { host, port } = parseAddress(addresses[name])
    const other = formatAddress(host, port < 60_000 ? port + 10 : port - 10)
    try {
      await checkFree({ host, port }, '')
    } catch (error) {
      if (!(error instanceof CertgateError)) throw error
      taken.push({ error, flag: `--${name} ${other}` })
    }
  }
  const [first] = taken
  if (first === undefined) return
  // All at once: else there would be as many rounds as ports.
  const message = taken.map(({ error }) => error.message).join('; ')
  const flags = taken.map(({ flag }) => flag).join(' ')
  const hint = `stop it, or choose ${taken.length === 1 ? 'another port' : 'other ports'}: ${command} ${flags}`
  throw new CertgateError(first.error.code, message, { hint, cause: first.error })
}

export async function checkFree({ host, port }: Address, hint: string): Promise<void> {
  try {
    const socket = await bind(host, port)
    socket.close()
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    throw new CertgateError(error.code, error.message, { hint, cause: error })
  }
}

const printed = ({ host, port }: Address): string => formatAddress(host, port)
