import { isIP } from 'node:net'
import type * as z from 'zod'
import { parseBlock } from '../../policy/address.ts'
import { parseNetwork } from '../address.ts'
import type { Reader } from '../reader.ts'
import type { RevocationSettings } from '../settings.ts'
import { InvalidValue, list, parsed, section, text } from '../shape.ts'
import { duration, size } from '../units.ts'

const HOST_GLOB = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i
const NUMERIC = /^[\d.]+$/

const MIB = 1024 ** 2

function network(value: string): string {
  try {
    parseBlock(parseNetwork(value))
  } catch (error) {
    // Half of the addresses that are IPv4 inside IPv6 are no block of either.
    throw error instanceof InvalidValue ? error : new InvalidValue(error instanceof Error ? error.message : String(error))
  }
  return value
}

/** `public`, an address, a block of addresses, or a host name in which `*.` stands for one label. */
const destination = parsed(text('a host or network'), (value) => {
  if (value.includes('/') || isIP(value) !== 0) return network(value)
  if (!HOST_GLOB.test(value) || NUMERIC.test(value))
    throw new InvalidValue(`\`${value}\` is neither public, a network nor a host name`, 'e.g. public, 10.0.0.0/8 or *.pki.example')
  return value.toLowerCase()
})

export const revocationSchema = section({
  fetch_allow: list(destination, 'name at least one, or leave `fetch_allow` out')
    .prefault(['public'])
    .describe('where the URLs in certificates may lead: public, networks, host names; what is not named here is never connected to'),
  timeout: duration().prefault('5s').describe('for one answer, name look-up included; a first request waits no longer for it'),
  max_bytes: size({ min: 1024, max: 256 * MIB })
    .prefault('20MiB')
    .describe('largest revocation list that is read'),
  refresh: duration().prefault('1h').describe('statuses in use are asked for anew at least this often'),
  stale_grace: duration()
    .prefault('1h')
    .describe('how long a status still counts past its end while nothing newer can be had; 0: not at all'),
})

/** The settings without a `revocation` block. */
export const DEFAULT_REVOCATION: RevocationSettings = toSettings(revocationSchema.parse({}))

export function readRevocation(reader: Reader): RevocationSettings {
  const input = reader.parse(revocationSchema, ['revocation'])
  if (input === undefined) return DEFAULT_REVOCATION
  for (const key of ['timeout', 'refresh'] as const) {
    if (input[key] < 100) reader.problem(['revocation', key], `\`${key}\` is at least 100ms`)
  }
  if (input.timeout > 60_000) reader.problem(['revocation', 'timeout'], '`timeout` is at most 60s', { hint: 'clients wait for it' })
  return toSettings(input)
}

function toSettings(input: z.output<typeof revocationSchema>): RevocationSettings {
  return {
    fetchAllow: input.fetch_allow,
    timeout: input.timeout,
    maxBytes: input.max_bytes,
    refresh: input.refresh,
    staleGrace: input.stale_grace,
  }
}
