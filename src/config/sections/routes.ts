import * as z from 'zod'
import type { AllowWord, RouteSettings } from '../../policy/types.ts'
import type { Path } from '../document.ts'
import { capturesIn, routePath } from '../expressions.ts'
import type { Reader } from '../reader.ts'
import { InvalidValue, list, nameSchema, oneOrMore, parsed, section, text, word } from '../shape.ts'
import { nearest } from '../suggest.ts'
import { hostPattern } from './listeners.ts'
import { foldHeader, headerName } from './upstreams.ts'

const ERROR_SHAPES = ['problem', 'raven', 'opensearch'] as const

const method = parsed(text('a method'), (value) => {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(value)) throw new InvalidValue('expected a method such as `GET`')
  if (value !== value.toUpperCase()) throw new InvalidValue('methods are upper case', `write ${value.toUpperCase()}`)
  if (value === 'CONNECT') throw new InvalidValue('CONNECT is never forwarded')
  return value
})

const CAPTURE = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/

const capture = parsed(z.unknown().meta({ type: 'string' }), (value) => {
  const name = typeof value === 'string' ? CAPTURE.exec(value)?.[1] : undefined
  if (name !== undefined) return name
  throw new InvalidValue('expected a capture of the path', 'name it in quotes: database: "{db}"')
})

const databaseRule = section({
  database: capture.describe('the {name} of the path that is the database'),
  access: word(['auto', 'read', 'write', 'admin'])
    .prefault('auto')
    .describe('what is needed on it; auto: Read for GET, HEAD and OPTIONS, ReadWrite for all else'),
}).describe('whoever has that access to the database, e.g. { database: "{db}", access: auto }')

const allowed = z.union([text('a role'), databaseRule], { error: 'expected a role, `authenticated`, `anonymous` or a database rule' })

const route = section({
  name: text('a name').optional().describe('shown in logs, metrics and explain; absent: the path'),
  listener: oneOrMore(nameSchema, 'name a listener, or leave `listener` out for all').optional(),
  host: oneOrMore(hostPattern, 'name a host, or leave `host` out for all').optional().describe('exact or *.x'),
  path: routePath().describe('* within a segment, {name} one segment, ** at the end: /movies/**'),
  methods: list(method, 'name a method, or leave `methods` out for all')
    .optional()
    .describe('part of the match: other methods go on to the next route'),
  allow: list(allowed, 'an empty list allows nobody').describe('any one grants: a role, authenticated, anonymous, or a database rule'),
  upstream: nameSchema,
  upgrade: list(
    parsed(text('a protocol'), (value) => {
      if (!/^[a-zA-Z0-9][a-zA-Z0-9._/-]*$/.test(value)) throw new InvalidValue('expected a protocol such as `websocket`')
      return value.toLowerCase()
    }),
    'name a protocol, or leave `upgrade` out for none',
  )
    .optional()
    .describe('protocols that may be switched to, e.g. websocket'),
  path_policy: section({
    encoded_slash: word(['refuse', 'keep']).prefault('refuse'),
    semicolon: word(['refuse', 'keep']).prefault('refuse'),
    double_slash: word(['merge', 'keep']).prefault('merge'),
  }).optional(),
  cross_site: word(['refuse', 'allow']).prefault('refuse').describe('browser requests that another site caused'),
  errors: word(ERROR_SHAPES).optional().describe('shape of refusals; absent: as `errors` at the top'),
  strip: list(headerName, 'name at least one header, or leave `strip` out')
    .optional()
    .describe('request headers removed before forwarding'),
})

export const routesSchema = list(route, 'no route: everybody would be refused everything')

/** Names that routes may refer to: those written, even where what stands under them is wrong, so that one mistake is told once. */
export interface Known {
  readonly listeners: readonly string[]
  readonly upstreams: readonly string[]
}

export function readRoutes(reader: Reader, known: Known): RouteSettings[] {
  reader.require(list(z.unknown(), 'no route: everybody would be refused everything'), ['routes'])
  const routes: RouteSettings[] = []
  const names = new Map<string, number>()
  for (let index = 0; index < reader.count(['routes']); index++) {
    const path = ['routes', index]
    checkReferences(reader, path, known)
    const input = reader.require(route, path)
    if (input === undefined) continue
    const settings = toRoute(input, reader.document.locate(path).line, index)
    const earlier = names.get(settings.name)
    if (earlier !== undefined) {
      const hint = `the other is on line ${earlier}; give one a \`name\` of its own`
      reader.problem([...path, input.name === undefined ? 'path' : 'name'], `two routes are named \`${settings.name}\``, { hint })
    }
    names.set(settings.name, earlier ?? settings.line)
    checkDatabaseRules(reader, path, settings)
    routes.push(settings)
  }
  return routes
}

function toRoute(input: z.output<typeof route>, line: number, index: number): RouteSettings {
  return {
    name: input.name ?? input.path,
    listeners: input.listener ?? [],
    hosts: (input.host ?? []).map((host) => host.toLowerCase()),
    path: input.path,
    methods: input.methods ?? [],
    allow: input.allow.map(allowWord),
    upstream: input.upstream,
    upgrade: input.upgrade ?? [],
    pathPolicy: {
      encodedSlash: input.path_policy?.encoded_slash ?? 'refuse',
      semicolon: input.path_policy?.semicolon ?? 'refuse',
      doubleSlash: input.path_policy?.double_slash ?? 'merge',
    },
    crossSite: input.cross_site,
    errors: input.errors ?? null,
    strip: (input.strip ?? []).map(foldHeader),
    line,
    index,
  }
}

function allowWord(value: z.output<typeof allowed>): AllowWord {
  if (typeof value !== 'string') return { kind: 'database', capture: value.database, access: value.access }
  if (value === 'authenticated' || value === 'anonymous') return { kind: value }
  return { kind: 'role', role: value }
}

/** A rule about a capture that the path has not would grant nobody anything; of two about one, the stricter would mean nothing. */
function checkDatabaseRules(reader: Reader, path: Path, { path: pattern, allow }: RouteSettings): void {
  const captures = capturesIn(pattern)
  const seen = new Set<string>()
  for (const [index, word] of allow.entries()) {
    if (word.kind !== 'database') continue
    const { capture: name } = word
    const here = [...path, 'allow', index]
    if (seen.has(name)) {
      reader.problem(here, `there are two rules for {${name}}`, { hint: 'any one grants, so keep the one that asks for less' })
    } else if (!captures.includes(name)) {
      const known = captures.map((one) => `{${one}}`).join(', ')
      const hint = captures.length === 0 ? 'a path with one: /databases/{db}/**' : `there is: ${known}`
      reader.problem([...here, 'database'], `there is no {${name}} in the path ${pattern}`, { hint })
    }
    seen.add(name)
  }
}

/** Names are looked up as written, so that a route with another mistake in it still tells of this one. */
function checkReferences(reader: Reader, path: Path, known: Known): void {
  for (const [kind, names] of [
    ['upstream', known.upstreams],
    ['listener', known.listeners],
  ] as const) {
    // That the whole section is missing is told once.
    if (kind === 'upstream' && !reader.has(['upstreams'])) continue
    const node = reader.document.node([...path, kind])
    const items = node?.kind === 'sequence' ? node.items : [node]
    for (const [index, item] of items.entries()) {
      if (item?.kind !== 'scalar' || typeof item.value !== 'string' || names.includes(item.value)) continue
      undefinedName(reader, node === item ? [...path, kind] : [...path, kind, index], kind, item.value, names)
    }
  }
}

function undefinedName(reader: Reader, path: Path, kind: string, name: string, known: readonly string[]): void {
  const meant = nearest(name, known)
  const hint =
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : known.length > 0
        ? `defined are: ${known.join(', ')}`
        : `define it under \`${kind}s\``
  reader.problem(path, `there is no ${kind} \`${name}\``, { hint })
}
