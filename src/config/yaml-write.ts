import { ROLE_FIELDS, type RoleEntry, type RoleField } from './role-entry.ts'

/** Begins with a letter and holds nothing that YAML reads as anything but text, inside brackets too. */
const PLAIN = /^[A-Za-z](?:[A-Za-z0-9_.@+/-]| (?=[A-Za-z0-9_.@+/-]))*$/

/** Text to some reader of YAML 1.1 or 1.2, and a switch or nothing to another. */
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** What JSON leaves as it is and YAML does not take, or not inside a line. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

/** A text as one line of YAML that reads as exactly this text. */
export function writeText(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text) ? text : asJson(text)
}

/** JSON that is YAML as well. */
function asJson(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A value in one line; a list in brackets. */
export function writeValue(value: RoleEntry[RoleField]): string {
  if (value === null) return '~'
  if (typeof value === 'string') return writeText(value)
  return typeof value === 'boolean' ? String(value) : `[${value.map(writeText).join(', ')}]`
}

/** A field in lines of its own, a list with one value a line; no line for an empty one. */
export function writeField(field: RoleField, value: RoleEntry[RoleField], indent: string): string[] {
  if (value === null || value === false) return []
  if (typeof value === 'string' || value === true) return [`${indent}${field}: ${writeValue(value)}`]
  return value.length === 0 ? [] : [`${indent}${field}:`, ...value.map((item) => `${indent}  - ${writeText(item)}`)]
}

/** A role in lines of its own. */
export function writeRole(name: string, entry: RoleEntry, indent: string): string[] {
  const fields = ROLE_FIELDS.flatMap((field) => writeField(field, entry[field], `${indent}  `))
  return fields.length === 0 ? [`${indent}${writeText(name)}: {}`] : [`${indent}${writeText(name)}:`, ...fields]
}

/** What of a role is not empty. */
function filled(entry: RoleEntry): (readonly [RoleField, NonNullable<RoleEntry[RoleField]>])[] {
  return ROLE_FIELDS.flatMap((field) => {
    const value = entry[field]
    const isEmpty = value === null || value === false || (Array.isArray(value) && value.length === 0)
    return isEmpty ? [] : [[field, value] as const]
  })
}

/** A role's value in braces. */
export function writeBraces(entry: RoleEntry): string {
  const fields = filled(entry).map(([field, value]) => `${field}: ${writeValue(value)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** All of a file in braces, as JSON: what was before the roles, and a line for each of them. */
export function writeObject(meta: unknown, roles: Iterable<readonly [string, RoleEntry]>, indent: string): string {
  const lines = [
    ...(meta === undefined ? [] : [`"_meta": ${asJson(meta)}`]),
    ...[...roles].map(([name, entry]) => `${asJson(name)}: ${asJson(Object.fromEntries(filled(entry)))}`),
  ]
  return lines.length === 0 ? '{}' : `{\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}}`
}
