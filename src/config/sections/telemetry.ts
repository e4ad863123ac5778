import * as z from 'zod'
import { address } from '../address.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { TelemetrySettings } from '../settings.ts'
import { InvalidValue, parsed, section, word } from '../shape.ts'
import { nearest } from '../suggest.ts'
import { parsePeriod, period } from '../units.ts'

const accessLog = parsed(z.union([z.boolean(), z.string()], { error: 'expected on, off or a file' }), (value) => {
  if (value === true || value === 'on') return 'on'
  if (value === false || value === 'off') return 'off'
  if (value.trim() === '' || /[\u0000-\u001f]/.test(value)) throw new InvalidValue('expected on, off or a file')
  // A file of such a name would be made at once, and nothing be logged where it is looked for.
  const near = /^[A-Za-z]+$/.test(value) ? nearest(value, ['on', 'off', 'true', 'false', 'stdout']) : undefined
  if (near !== undefined)
    throw new InvalidValue('expected on, off or a file', `on is standard output; a file of this name is written ./${value}`)
  return { file: value }
})

const EXPIRY_WARNING = '14d'
/** Milliseconds. */
export const DEFAULT_EXPIRY_WARNING = parsePeriod(EXPIRY_WARNING)

export const telemetrySchema = section({
  address: address().optional().describe('HOST:PORT of /metrics, /healthz and /readyz; absent: not opened'),
  access_log: accessLog.prefault('on').describe('on: standard output, off, or a file (JSON lines, opened anew on reload)'),
  log: section({
    level: word(['debug', 'info', 'warn', 'error']).prefault('info'),
    format: word(['auto', 'json', 'pretty']).prefault('auto').describe('auto: pretty on a terminal, JSON otherwise'),
  }).prefault({}),
  expiry_warning: period(0, '0s')
    .prefault(EXPIRY_WARNING)
    .describe('certificates and revocation lists that end within it are warned of in the log'),
})

export function readTelemetry(reader: Reader, paths: Paths): TelemetrySettings {
  const input = reader.require(telemetrySchema.prefault({}), ['telemetry'])
  if (input === undefined) {
    return { address: null, accessLog: 'on', log: { level: 'info', format: 'auto' }, expiryWarning: DEFAULT_EXPIRY_WARNING }
  }
  const accessLog = typeof input.access_log === 'string' ? input.access_log : { file: paths.absolute(input.access_log.file) }
  return { address: input.address ?? null, accessLog, log: input.log, expiryWarning: input.expiry_warning }
}
