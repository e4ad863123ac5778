/**
 * The dialects judge their own options, templates and names: like the expressions of identity and policy, config asks
 * their code rather than keep a second table that could disagree (gateway/headers imports only types from here).
 */
import * as z from 'zod'
import { conflicts } from '../../gateway/headers/conflicts.ts'
import { templateProblem } from '../../gateway/headers/custom.ts'
import { headerNameProblem, optionProblems, STYLE_OPTIONS } from '../../gateway/headers/options.ts'
import { parseNetwork } from '../address.ts'
import type { Path } from '../document.ts'
import type { Reader } from '../reader.ts'
import type { HeaderStyle, HeaderStyleSettings, IdentityHeaderSettings } from '../settings.ts'
import { FILE_PLACEHOLDER, InvalidValue, later, parsed, section, text, toggle, word } from '../shape.ts'

const STYLES = Object.keys(STYLE_OPTIONS) as HeaderStyle[]

/** Options reach the dialects as text: `chain: false` is `false`, a list is joined by commas. */
const option = z.union([z.string(), z.boolean(), z.array(z.string())], { error: 'expected text, true, false or a list' }).transform(String)

function optionsOf(style: HeaderStyle) {
  const rules = STYLE_OPTIONS[style]
  return section(
    Object.fromEntries(
      Object.entries(rules).map(([name, rule]) => [
        name,
        option
          .optional()
          .describe(rule.default === undefined ? 'no default' : `default: ${rule.default === '' ? 'not sent' : rule.default}`),
      ]),
    ),
  )
}

const withOptions = section({
  ...(Object.fromEntries(STYLES.map((style) => [style, optionsOf(style).optional()])) as Record<
    HeaderStyle,
    z.ZodOptional<ReturnType<typeof optionsOf>>
  >),
  jwt: later('signed assertions'),
}).superRefine((value, context) => {
  if (Object.keys(value).length === 1) return
  context.addIssue({
    code: 'custom',
    message: 'expected one style with its options',
    params: { hint: 'begin each style with its own `-`' },
  })
})

const style = z.union([word(STYLES, ['jwt']), withOptions], { error: `expected a style: ${STYLES.join(', ')}` })

const template = parsed(z.string(), (value) => {
  const problem = templateProblem(value)
  if (problem !== null) throw new InvalidValue(`this template ${problem}`)
  return value
})

const customName = parsed(z.string(), (value) => {
  const problem = headerNameProblem(value)
  if (problem !== null) throw new InvalidValue(problem)
  return value
})

const rest = {
  custom: z
    .record(customName, template)
    .optional()
    .describe('header name -> template with {name} {dn} {roles} {backend_roles} {fingerprint} {issuer} {serial} {email} {san:TYPE}'),
  forwarded: toggle().prefault(false).describe('also send RFC 7239 Forwarded'),
  trusted_hops: z
    .array(parsed(text('a peer'), parseNetwork))
    .optional()
    .describe('peers (IP or CIDR) whose X-Forwarded-For is appended to'),
}

export const identityHeadersSchema = section({
  styles: z.array(style).prefault(['plain']).describe('dialects that the upstream reads'),
  ...rest,
})

/** The list of styles is read one by one, so that every problem in it is found. */
const withoutStyles = section({ styles: z.array(z.unknown()).optional(), ...rest })

const AT: Path = ['identity_headers']

/** What applies without an `identity_headers` block. */
export const DEFAULT_IDENTITY_HEADERS: IdentityHeaderSettings = {
  styles: [{ style: 'plain', options: {} }],
  custom: new Map(),
  forwarded: false,
  trustedHops: [],
}

export function readIdentityHeaders(reader: Reader): IdentityHeaderSettings {
  const before = reader.problems.length
  const input = reader.parse(withoutStyles, AT)
  const styles = [...readStyles(reader)]
  if (input === undefined) return DEFAULT_IDENTITY_HEADERS
  const settings: IdentityHeaderSettings = {
    styles: reader.has([...AT, 'styles']) ? styles : DEFAULT_IDENTITY_HEADERS.styles,
    custom: new Map(Object.entries(input.custom ?? {})),
    forwarded: input.forwarded,
    trustedHops: input.trusted_hops ?? [],
  }
  if (reader.problems.length === before) checkConflicts(reader, settings)
  return settings
}

function* readStyles(reader: Reader): Generator<HeaderStyleSettings> {
  const seen = new Set<HeaderStyle>()
  for (let index = 0; index < reader.count([...AT, 'styles']); index++) {
    const path = [...AT, 'styles', index]
    const input = reader.require(style, path)
    if (input === undefined) continue
    const settings = toStyle(input)
    if (seen.has(settings.style)) reader.problem(path, `the style \`${settings.style}\` is listed twice`)
    seen.add(settings.style)
    checkStyle(reader, settings, path)
    yield settings
  }
}

function toStyle(input: z.output<typeof style>): HeaderStyleSettings {
  if (typeof input === 'string') return { style: input, options: {} }
  for (const name of STYLES) {
    const options = input[name]
    if (options !== undefined)
      return {
        style: name,
        options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Record<string, string>,
      }
  }
  throw new Error('a style without a name passed its schema')
}

function checkStyle(reader: Reader, { style, options }: HeaderStyleSettings, path: Path): void {
  for (const [name, value] of Object.entries(options)) {
    for (const problem of optionProblems(style, { [name]: value })) reader.problem([...path, style, name], problem)
  }
  if (style === 'couchdb' && options.secret === undefined) {
    reader.problem(path, 'without a secret anybody who reaches CouchDB directly can name a user', {
      severity: 'warning',
      hint: `write { couchdb: { secret: ${FILE_PLACEHOLDER} } }, the same as [chttpd_auth] secret`,
    })
  }
}

function checkConflicts(reader: Reader, settings: IdentityHeaderSettings): void {
  for (const { name, first, second } of conflicts(settings)) {
    const index = settings.styles.findIndex(({ style }) => style === second)
    const path = index >= 0 ? [...AT, 'styles', index] : [...AT, 'custom', name]
    reader.problem(path, `\`${first}\` and \`${second}\` write ${name} differently`, {
      at: 'key',
      hint: 'the upstream could not tell which it got; rename it in one of them, or set it to "" there',
    })
  }
}
