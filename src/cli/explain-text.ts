import type { Explanation, RoleLine } from '../admin/explain/explanation.ts'
import { revocationTexts } from '../admin/explain/revocation.ts'
import { printable } from '../gateway/refusal/refusal.ts'
import type { styles } from './style.ts'

type Styles = ReturnType<typeof styles>
type Row = readonly [label: string, text: string]

/** Long values (whole certificates) are cut on a screen; --json has all of them. */
const MAX_VALUE = 160
/** Of one step; --json has all of them. */
const MAX_LINES = 8

/** The answer for people: the verdict first, then everything it rests on, one fact a line. */
export function explanationText(explanation: Explanation, style: Styles): string {
  const { allowed, request, identity, roles, notes } = explanation
  const rows: Row[] = [
    ['request', `${request.method} ${request.path ?? '(no path)'} on ${request.listener}, Host ${request.host}, from ${request.address}`],
    ...certificateRows(explanation),
    ...revocationRows(explanation),
    ['identity', identity === null ? 'nobody' : `${identity.name}, by ${identity.domain}`],
    ...(identity === null ? [] : [['backend roles', list(identity.backend_roles)] as const]),
    ...rightsRows(explanation),
    ...(roles.length === 0
      ? [['roles', 'none'] as const]
      : roles.map((role, index) => [index === 0 ? 'roles' : '', roleText(role, roles)] as const)),
    ...routeRows(explanation),
    ...databaseRows(explanation),
    ...forwardedRows(explanation),
    ...stepRows(explanation),
    ...notes.map((note) => ['note', note] as const),
  ]
  const verdict = `${allowed ? style.bold(style.green('allowed')) : style.bold(style.red('denied'))}: ${verdictText(explanation)}`
  return `${[verdict, '', ...rows.map(([label, text]) => `${style.dim(label.padEnd(15))}${shown(text)}`)].join('\n')}\n`
}

function verdictText({ allowed, identity, request, route, roles, databases, status, reason, detail }: Explanation): string {
  const who = identity === null ? 'a request without an identity' : `'${identity.name}'`
  if (!allowed) return shown(`${status} ${reason}: ${detail}`)
  const by = route?.allow.find((word) => roles.some(({ role }) => role === word)) ?? null
  const rule = databases.find(({ granted }) => granted)
  const why = rule === undefined ? `because the route allows ${route?.allow.join(', ')}` : `by the rule ${rule.rule}`
  return shown(`${who} may ${request.method} ${request.path}, ${by === null ? why : `by the role ${by}`}`)
}

function rightsRows({ identity }: Explanation): Row[] {
  if (identity === null || identity.clearance === null) return []
  const permissions = Object.entries(identity.permissions).map(([database, access]) => `${database}: ${access}`)
  return [['clearance', permissions.length === 0 ? identity.clearance : `${identity.clearance}; ${permissions.join(', ')}`]]
}

function databaseRows({ databases }: Explanation): Row[] {
  return databases.map(({ rule, granted, detail }, index) => [
    index === 0 ? 'databases' : '',
    `${rule} ${granted ? 'grants' : 'does not grant'}: ${detail}`,
  ])
}

function certificateRows({ certificate, steps }: Explanation): Row[] {
  if (certificate === null) return [['certificate', 'none']]
  const { subject, issuer, sha256, not_after, trusted, detail, not_checked } = certificate
  return [
    ['certificate', subject],
    ['', `issued by ${issuer}${not_after === null ? '' : `, valid until ${not_after}`}`],
    ...(sha256 === null ? [] : [['', `sha256 ${sha256}`] as const]),
    [
      'trust',
      !trusted ? `refused: ${detail}` : sha256 === null ? 'supposed' : steps.find(({ step }) => step === 'chain')?.summary || 'trusted',
    ],
    ['', `not checked: ${not_checked}`],
  ]
}

/** Nothing where it was refused before anybody asked. */
function revocationRows({ revocation, steps }: Explanation): Row[] {
  const isReached = steps.some(({ step, outcome }) => step === 'revocation' && outcome !== 'not_reached')
  if (revocation === null || !isReached) return []
  return revocationTexts(revocation).map((text, index) => [index === 0 ? 'revocation' : '', text])
}

/** `readall  roles_mapping.yml:12  users: CLIENT*` */
export function roleText({ role, by, pattern, file, line }: RoleLine, all: readonly RoleLine[]): string {
  const width = Math.max(...all.map((other) => other.role.length))
  return `${role.padEnd(width)}  ${file}:${line}  ${by}: ${pattern}`
}

function routeRows({ route }: Explanation): Row[] {
  if (route === null) return [['route', 'none']]
  const methods = route.methods.length === 0 ? 'any method' : route.methods.join(' ')
  const captures = Object.entries(route.captures).map(([name, value]) => ['', `{${name}} is ${value}`] as const)
  return [
    ['route', `${route.name}  ${route.file}:${route.line}`],
    ['', `${route.path}, ${methods}, allows ${list(route.allow)}`],
    ...captures,
  ]
}

/** `roles       passed       roles_mapping.yml:12  - CLIENT*`; what nobody looked at was not passed. */
function stepRows({ steps }: Explanation): Row[] {
  const words = steps.flatMap(({ step, outcome, checked, lines }) => {
    const told = outcome === 'passed' && !checked ? 'not checked' : outcome.replace('_', ' ')
    const head = `${step.padEnd(10)}  ${told.padEnd(11)}`
    const [first, ...others] = lines.slice(0, MAX_LINES).map(({ file, line, snippet }) => `${file}:${line}  ${snippet ?? ''}`)
    const more = lines.length > MAX_LINES ? [`and ${lines.length - MAX_LINES} more lines`] : []
    return [first === undefined ? head : `${head}  ${first}`, ...[...others, ...more].map((text) => `${' '.repeat(head.length)}  ${text}`)]
  })
  return words.map((text, index) => [index === 0 ? 'steps' : '', text.trimEnd()] as const)
}

function forwardedRows({ forwarded }: Explanation): Row[] {
  if (forwarded === null) return []
  const headers = forwarded.headers.map(({ name, value }, index) => [index === 0 ? 'headers' : '', `${name}: ${value}`] as const)
  return [['upstream', `${forwarded.upstream}  ${forwarded.targets.join(' ')}`], ['path', forwarded.path], ...headers]
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ')
}

/** Nothing that a certificate or a URL holds moves the cursor or hides text. */
function shown(text: string): string {
  const cut = text.length > MAX_VALUE * 2 ? `${text.slice(0, MAX_VALUE)}... (${text.length} characters)` : text
  return printable(cut)
}
