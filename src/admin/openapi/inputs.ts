import type { Schema } from './types.ts'
import { list, orNull, text, time, words } from './words.ts'

/** Values as requests may give them: what the handlers refuse with 400 is not described as if it were taken. */

/** In a class of characters: what no name may hold (`hasUnprintable`). */
const UNSEEN = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069'
const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f'

export const NAME: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  pattern: `^[^${UNSEEN}]*[^\\s${UNSEEN}][^${UNSEEN}]*$`,
  description: 'Characters that can be seen, without marks of writing direction',
}

/** Begins and ends with what is no space. */
export const DATABASE: Schema = {
  type: 'string',
  maxLength: 128,
  pattern: `^[^\\s/\\\\:${CONTROLS}]([^/\\\\:${CONTROLS}]*[^\\s/\\\\:${CONTROLS}])?$`,
  description: 'At most 128 bytes; two that differ in ASCII case alone are one',
}

/** Empty: none. */
export const PASSWORD: Schema = { type: 'string', maxLength: 1_023, pattern: `^[^${CONTROLS}]*$`, description: 'At most 1,023 bytes' }

/** Of which a million make a day. */
export const DAYS: Schema = { type: 'number', minimum: 0.000_01 }

export const MOMENT: Schema = { anyOf: [time, { type: 'string', format: 'date' }] }
export const DATE: Schema = { ...MOMENT, description: 'To come; without a zone it is in UTC' }

export const KEY_TYPE: Schema = words('ec', 'rsa', 'rsa4096', 'ed25519')
export const SANS: Schema = { ...list(text), maxItems: 100, description: 'Subject alternative names: dns:, ip:, uri: or email: and a name' }

/** What is taken for a list of a role: a blank item is not. */
export const ITEMS: Schema = list({ type: 'string', pattern: '\\S' })

export const METHOD: Schema = { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }
export const TARGET: Schema = { type: 'string', pattern: '^(/|\\*$|[Hh][Tt][Tt][Pp][Ss]?://)', description: 'A path or a whole URL' }
export const ADDRESS: Schema = {
  anyOf: [
    { type: 'string', format: 'ipv4' },
    { type: 'string', format: 'ipv6' },
  ],
}
export const DIGEST: Schema = { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' }
export const DESCRIPTION: Schema = orNull(text)
