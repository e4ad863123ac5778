import { type RoleEntry, readRoleEntry } from '../../config/role-entry.ts'
import { patchRoles } from '../../config/role-patch.ts'
import { canonicalJson, type Json } from '../../store/canonical-json.ts'
import { json, warningHeader } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { isRecord } from '../is-record.ts'
import type { ChangedRole } from '../mapping/changed-roles.ts'
import { checkPreconditions, isKnown, tagOf } from '../mapping/entity-tag.ts'
import type { MappingState, MappingStore } from '../mapping/mapping-store.ts'
import { mayDo, mayRead, refuse } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import { parseStrictJson } from '../strict-json.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { editorRefusal, entryBody, GRANTING_KEYS, invalid, message, NotFound, Reserved } from './bodies.ts'

/** Each reads the whole role again. */
const MOST_OPERATIONS = 1_000

type Roles = ReadonlyMap<string, RoleEntry>
type Changes = ReadonlyMap<string, RoleEntry | null>

/** `/api/rolesmapping`, with the statuses and bodies of OpenSearch security; ETag and If-Match are ours. */
export class RolesMapping {
  readonly #context: AdministrationContext
  readonly #mappings: MappingStore

  constructor(context: AdministrationContext, mappings: MappingStore) {
    this.#context = context
    this.#mappings = mappings
  }

  routes(prefix: string): RouteEntry[] {
    const all = `${prefix}/api/rolesmapping`
    const one = `${all}/{name}`
    const unsupported = () => message(501, 'Method POST not supported for this action.')
    return [
      { method: 'GET', path: all, answer: (request) => this.#list(request) },
      { method: 'PATCH', path: all, answer: (request) => this.#patchAll(request) },
      { method: 'POST', path: all, answer: unsupported },
      { method: 'GET', path: one, answer: (request, parameters) => this.#get(request, nameOf(parameters)) },
      { method: 'PUT', path: one, answer: (request, parameters) => this.#put(request, nameOf(parameters)) },
      { method: 'PATCH', path: one, answer: (request, parameters) => this.#patchOne(request, nameOf(parameters)) },
      { method: 'DELETE', path: one, answer: (request, parameters) => this.#delete(request, nameOf(parameters)) },
      { method: 'POST', path: one, answer: unsupported },
    ]
  }

  #list(request: ApiRequest): ApiResponse {
    mayRead(request.caller)
    const { roles, tag } = this.#mappings.read()
    return shown(request, [...roles], tag)
  }

  #get(request: ApiRequest, name: string): ApiResponse {
    mayRead(request.caller)
    const entry = this.#mappings.read().roles.get(name)
    if (entry === undefined) return editorRefusal(new NotFound(name))
    return shown(request, [[name, entry]], tagOfRole(entry))
  }

  async #put(request: ApiRequest, name: string): Promise<ApiResponse> {
    this.#mayWrite(request, name)
    const body = parsed(request)
    if ('refused' in body) return body.refused
    const { value } = body
    if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
      return invalid('Request body required for this action.')
    }
    const keys = isRecord(value) ? Object.keys(value) : []
    if (!GRANTING_KEYS.some((key) => keys.includes(key))) return unspecified(keys)
    return this.#edit(
      request,
      (roles) => {
        const entry = readRoleEntry(value)
        checkPreconditions(request, tagOfRole(roles.get(name)))
        return new Map([[name, entry]])
      },
      (before) => (before.has(name) ? [200, `'${name}' updated.`] : [201, `'${name}' created.`]),
      name,
    )
  }

  async #patchOne(request: ApiRequest, name: string): Promise<ApiResponse> {
    this.#mayWrite(request, name)
    return this.#patch(request, name)
  }

  async #patchAll(request: ApiRequest): Promise<ApiResponse> {
    this.#mayWrite(request, null)
    return this.#patch(request, undefined)
  }

  async #patch(request: ApiRequest, name: string | undefined): Promise<ApiResponse> {
    const body = parsed(request)
    if ('refused' in body) return body.refused
    const { value } = body
    if (!Array.isArray(value) || value.length === 0) return message(400, 'Wrong request body')
    if (value.length > MOST_OPERATIONS) return message(400, `A patch has at most ${MOST_OPERATIONS} operations`)
    return this.#edit(
      request,
      (roles, state) => {
        if (name !== undefined && !roles.has(name)) throw new NotFound(name)
        checkPreconditions(request, name === undefined ? state.tag : tagOfRole(roles.get(name)))
        return patchRoles(roles, value, name)
      },
      (_, isChanged) => [200, !isChanged ? 'No updates required' : name === undefined ? 'Resource updated.' : `'${name}' updated.`],
      name,
    )
  }

  async #delete(request: ApiRequest, name: string): Promise<ApiResponse> {
    this.#mayWrite(request, name)
    return this.#edit(
      request,
      (roles) => {
        const entry = roles.get(name)
        if (entry === undefined) throw new NotFound(name)
        checkPreconditions(request, tagOfRole(entry))
        return new Map([[name, null]])
      },
      () => [200, `'${name}' deleted.`],
      name,
    )
  }

  #mayWrite({ caller }: ApiRequest, name: string | null): void {
    mayDo(this.#context, caller, 'policy', { action: 'mapping.edit', target: name })
  }

  /** Edits, and puts what comes of it in OpenSearch's words. `told`: status and message of a success. */
  async #edit(
    request: ApiRequest,
    change: (roles: Roles, state: MappingState) => Changes,
    told: (before: Roles, isChanged: boolean) => readonly [number, string],
    name: string | undefined,
  ): Promise<ApiResponse> {
    try {
      const checked = (roles: Roles, state: MappingState): Changes => {
        const changes = change(roles, state)
        for (const role of changes.keys()) if (roles.get(role)?.reserved === true) throw new Reserved(role)
        return changes
      }
      const { before, after, changes } = await this.#mappings.edit(checked, request.caller)
      const [status, text] = told(before, changes.length > 0)
      const tag = name === undefined ? null : tagOfRole(after.get(name))
      return message(status, text, { ...(tag === null ? {} : { ETag: tag }), ...this.#warnings(changes, after) })
    } catch (error) {
      if (error instanceof Reserved) this.#auditReserved(request, error)
      return editorRefusal(error)
    }
  }

  #auditReserved({ caller }: ApiRequest, problem: Reserved): void {
    try {
      refuse(this.#context, caller, { action: 'mapping.edit', target: problem.role }, problem)
    } catch (error) {
      if (error !== problem) throw error
    }
  }

  /** A role that no route allows does nothing, and a route whose roles are gone lets nobody in: accepted, as the rest may come later, and told. */
  #warnings(changes: readonly ChangedRole[], present: Roles): Readonly<Record<string, string>> {
    const { settings } = this.#context.inForce()
    const allowed = settings.routes.map(({ name, allow }) => ({ name, words: allow }))
    const roleNames = (words: (typeof allowed)[number]['words']) => words.flatMap((word) => (word.kind === 'role' ? [word.role] : []))
    const used = new Set(allowed.flatMap(({ words }) => roleNames(words)))
    const unused = changes.filter(({ role, after }) => after !== null && !used.has(role)).map(({ role }) => role)
    const gone = new Set(changes.filter(({ after }) => after === null).map(({ role }) => role))
    const closed = allowed.filter(
      ({ words }) =>
        words.every((word) => word.kind === 'role' && !present.has(word.role)) && roleNames(words).some((role) => gone.has(role)),
    )
    return warningHeader([
      ...unused.slice(0, 1).map((role) => `no route allows the role '${headerText(role)}'`),
      ...closed.slice(0, 1).map(({ name }) => `nobody passes the route '${headerText(name)}' now: no role that it allows is left`),
    ])
  }
}

function nameOf(parameters: ReadonlyMap<string, string>): string {
  return parameters.get('name') ?? ''
}

function shown(request: ApiRequest, roles: readonly (readonly [string, RoleEntry])[], tag: string): ApiResponse {
  if (isKnown(request, tag)) return { status: 304, headers: { ETag: tag }, body: null }
  return json(200, Object.fromEntries(roles.map(([name, entry]) => [name, entryBody(entry)])), { ETag: tag })
}

function tagOfRole(entry: RoleEntry): string
function tagOfRole(entry: RoleEntry | undefined): string | null
function tagOfRole(entry: RoleEntry | undefined): string | null {
  return entry === undefined ? null : tagOf(canonicalJson(entry as unknown as Json))
}

/** JSON that names a member twice counts as unreadable, as there. */
function parsed({ body }: ApiRequest): { readonly value: unknown } | { readonly refused: ApiResponse } {
  if (body.length === 0) return { refused: invalid('Request body required for this action.') }
  try {
    return { value: parseStrictJson(body) }
  } catch (error) {
    if (!(error instanceof AdminProblem)) throw error
    return { refused: invalid('Could not parse content of request.') }
  }
}

function unspecified(keys: readonly string[]): ApiResponse {
  const unknown = keys.filter((key) => !['issuers', 'reserved', 'hidden', 'description'].includes(key))
  return invalid('Invalid configuration', {
    ...(unknown.length === 0 ? {} : { invalid_keys: { keys: unknown.join(',') } }),
    specify_one_of: { keys: GRANTING_KEYS.join(',') },
  })
}

/** What a quoted string of a header takes. */
function headerText(text: string): string {
  return encodeURIComponent(text.toWellFormed().slice(0, 200)).replaceAll('%20', ' ')
}
